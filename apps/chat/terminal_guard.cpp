#include "terminal_guard.hpp"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <stdexcept>

namespace netaio::chat_app {
namespace {

constexpr int ending_signals[] = {SIGSEGV, SIGBUS, SIGILL,  SIGFPE, SIGABRT,
                                  SIGQUIT, SIGHUP, SIGTERM, SIGINT};

// For the handler, which has nothing else to know them by.
termios modes_before;
bool has_modes = false;
char farewell[256];
std::atomic<std::size_t> farewell_size;

extern "C" void give_terminal_back(int signal) {
    const auto written = ::write(STDOUT_FILENO, farewell, farewell_size);
    static_cast<void>(written);
    if (has_modes) ::tcsetattr(STDIN_FILENO, TCSANOW, &modes_before);
    // The handler is in place once only: now it ends the program.
    ::raise(signal);
}

}  // namespace

TerminalGuard::TerminalGuard() {
    has_modes = ::tcgetattr(STDIN_FILENO, &modes_before) == 0;
    for (const int signal : ending_signals) {
        struct sigaction taken{};
        ::sigaction(signal, nullptr, &taken);
        if (taken.sa_handler != SIG_DFL) continue;
        struct sigaction action{};
        action.sa_handler = give_terminal_back;
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        ::sigaction(signal, &action, nullptr);
    }
}

TerminalGuard::~TerminalGuard() {
    farewell_size = 0;
    for (const int signal : ending_signals) {
        struct sigaction taken{};
        ::sigaction(signal, nullptr, &taken);
        if (taken.sa_handler == give_terminal_back) ::signal(signal, SIG_DFL);
    }
    has_modes = false;
}

void TerminalGuard::set_farewell(const std::string& bytes) {
    if (bytes.size() > sizeof farewell) throw std::length_error("the farewell is over 256 bytes");
    std::ranges::copy(bytes, farewell);
    farewell_size = bytes.size();
}

}  // namespace netaio::chat_app
