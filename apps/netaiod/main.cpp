#include "command_line.hpp"

int main(int argc, char** argv) {
    return netaio::daemon::run(argc, argv);
}
