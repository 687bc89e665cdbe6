#include "tool.hpp"

int main(int argc, char** argv) {
    return netaio::app::run_tapescript_tool(argc, argv);
}
