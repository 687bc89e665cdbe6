#pragma once

#include <netaio/errc.hpp>
#include <netaio/message_type.hpp>
#include <stdexcept>
#include <string>

namespace netaio::app {

/// How the tool ends. Beside these, 64 + message type when the peer answered with an error type.
enum class ExitCode : int {
    done = 0,
    other = 1,
    usage = 2,
    cannot_connect = 3,
    timeout = 4,
    authentication = 5,
    malformed = 6,
    local_limit = 7,
    interrupted = 8,
};

/// What an exit code of 64 and above is counted from.
inline constexpr int answer_exit_base = 64;

/// Why a command ends without success: its exit code, and a sentence for people.
class Failure : public std::runtime_error {
public:
    Failure(ExitCode code, const std::string& text) : Failure(static_cast<int>(code), text) {}
    Failure(int code, const std::string& text) : std::runtime_error(text), code_(code) {}

    int code() const noexcept { return code_; }

private:
    int code_;
};

/// The exit code for an error of the library or the system.
ExitCode exit_code(const std::error_code& error) noexcept;
/// The exit code for the type of an answer.
int exit_code(MessageType answer) noexcept;

/// The table for --help.
std::string exit_code_help();

}  // namespace netaio::app
