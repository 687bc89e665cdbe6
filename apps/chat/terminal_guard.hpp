#pragma once

#include <string>

namespace netaio::chat_app {

/// Has the terminal given back where the program ends by a signal that nothing else takes: sends it
/// these bytes, and sets it to the modes that it had when this was made. There is one at a time.
class TerminalGuard {
public:
    TerminalGuard();
    ~TerminalGuard();
    TerminalGuard(const TerminalGuard&) = delete;
    TerminalGuard& operator=(const TerminalGuard&) = delete;

    /// What gives it back; until this is known, nothing is sent. Throws std::length_error when it
    /// is over 256 bytes.
    void set_farewell(const std::string& bytes);
};

}  // namespace netaio::chat_app
