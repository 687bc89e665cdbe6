#include "command_line.hpp"

int main(int argc, char** argv) {
    return netaio::chat_app::run(argc, argv);
}
