#pragma once

#include <memory>
#include <optional>

#include "key_press.hpp"
#include "pages.hpp"

namespace netaio::chat_app {

/// The terminal while a page is on it. There is one at a time; where the program ends by a signal
/// that nothing else takes, the terminal is given back as well.
///
/// LC_CTYPE must be set before. It waits for nothing: whoever waits for standard input and for
/// SIGWINCH then reads until there is nothing more.
class Screen {
public:
    /// Takes the terminal of standard input and output. Throws app::Failure where there is none
    /// that can be used.
    Screen();
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    Cells size() const noexcept;
    /// Whether more than ASCII can be drawn.
    bool is_utf8() const noexcept;

    /// Draws what is other than before.
    void draw(const Page& page);
    /// The next key that was pressed; none when there is none now. Ctrl-Z suspends the program, and
    /// Ctrl-L has all drawn again.
    std::optional<KeyPress> read();
    void beep() noexcept;

private:
    class Terminal;
    std::unique_ptr<Terminal> terminal_;
};

}  // namespace netaio::chat_app
