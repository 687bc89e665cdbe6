#pragma once

#include <memory>
#include <optional>
#include <string>

namespace netaio::app {

/// Reads lines from standard input: with prompt, editing and history on a terminal, plainly
/// otherwise. The history lives as long as the program: it may hold what should not be kept.
class LineReader {
public:
    LineReader();
    ~LineReader();

    bool on_terminal() const noexcept { return on_terminal_; }
    /// The next line without its end; none at the end of the input.
    std::optional<std::string> read(const std::string& prompt);

private:
    struct Editor;
    std::unique_ptr<Editor> editor_;
    bool on_terminal_;
};

}  // namespace netaio::app
