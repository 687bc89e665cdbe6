#include "key_of.hpp"

#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <netaio/errc.hpp>
#include <optional>

#include "exit_code.hpp"

namespace netaio::chat_app {
namespace {

// Typed letters are not shown while it lives.
class Hidden {
public:
    Hidden() {
        ::tcgetattr(STDIN_FILENO, &before_);
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    ~Hidden() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
    Hidden(const Hidden&) = delete;
    Hidden& operator=(const Hidden&) = delete;

private:
    termios before_{};
};

// What was typed before the question is not taken as its answer.
Secret ask_for_passphrase(const std::string& question) {
    const Hidden hidden;
    std::cerr << question << ": " << std::flush;
    std::string line;
    const bool was_answered = !std::getline(std::cin, line).fail();
    std::cerr << '\n';
    if (!was_answered) {
        throw app::Failure(app::ExitCode::other, "no passphrase was typed");
    }
    return Secret(line);
}

// Twice, as a slip that nobody sees would lock the key for good.
Secret ask_for_new_passphrase() {
    for (;;) {
        const Secret first =
            ask_for_passphrase("a passphrase for the new key, or nothing for none");
        if (first.empty() || ask_for_passphrase("the same again").reveal() == first.reveal()) {
            return first;
        }
        std::cerr << "that is another one\n";
    }
}

// Nothing where none is named.
std::optional<Secret> passphrase_in(const std::string& file) {
    if (file.empty()) {
        return std::nullopt;
    }
    std::ifstream input(file);
    std::string line;
    if (!std::getline(input, line) || line.empty()) {
        throw app::Failure(
            app::ExitCode::usage,
            "the passphrase cannot be read from " + file + ": " +
                (input.is_open() ? "its first line is empty" : std::strerror(errno)));
    }
    return Secret(line);
}

bool is_there(const std::string& file) {
    return ::access(file.c_str(), F_OK) == 0;
}

}  // namespace

std::string default_folder() {
    const char* const data = std::getenv("XDG_DATA_HOME");
    const char* const home = std::getenv("HOME");
    if (data && *data == '/') {
        return std::string(data) + "/netaio-chat";
    }
    return std::string(home ? home : ".") + "/.local/share/netaio-chat";
}

void make_folder(const std::string& folder) {
    std::error_code error;
    const bool is_new = std::filesystem::create_directories(folder, error);
    if (!error && is_new) {
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    }
    if (error) {
        throw app::Failure(app::ExitCode::other,
                           "the folder " + folder + " cannot be made: " + error.message());
    }
}

chat::Identity identity_of(const std::string& file, const std::string& passphrase_file) {
    const bool may_ask = ::isatty(STDIN_FILENO) == 1;
    auto passphrase = passphrase_in(passphrase_file);
    if (is_there(file)) {
        if (!passphrase && chat::is_sealed_identity(file)) {
            if (!may_ask) {
                throw app::Failure(app::ExitCode::other,
                                   "the key in '" + file +
                                       "' is sealed: name the file of its passphrase by "
                                       "--passphrase-file, or start this on a terminal, which asks "
                                       "for it");
            }
            passphrase = ask_for_passphrase("passphrase of " + file);
        }
        return chat::load_identity(file, passphrase.value_or(Secret()));
    }
    if (!passphrase && may_ask) {
        passphrase = ask_for_new_passphrase();
    }
    const Environment environment;
    const auto identity = chat::Identity::make(*environment.random);
    chat::save_identity(file, identity, passphrase.value_or(Secret()), *environment.random);
    return identity;
}

}  // namespace netaio::chat_app
