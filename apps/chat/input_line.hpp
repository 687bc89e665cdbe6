#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace netaio::chat_app {

/// The line that is being typed, and those before it. The cursor moves over what is drawn as one,
/// such as a letter with its marks. Text is UTF-8; a line end that was pasted is part of it.
class InputLine {
public:
    /// The most bytes that a line can have.
    static constexpr std::size_t size_max = 8'192;
    /// The most lines that are remembered.
    static constexpr std::size_t history_max = 200;

    const std::string& text() const noexcept { return text_; }
    /// In bytes of the text.
    std::size_t cursor() const noexcept { return cursor_; }

    /// Inserts at the cursor, but no control characters and what is not UTF-8; a tab becomes a
    /// space. Whether there was place for it.
    bool insert(std::string_view text);
    /// Puts another text there, if there is place for it; the cursor goes to where a letter begins.
    void replace(std::string_view text, std::size_t cursor);

    void left();
    void right();
    void home();
    void end();
    /// Erases before the cursor.
    void backspace();
    /// Erases behind it.
    void erase();
    void erase_to_start();
    void erase_to_end();
    /// Erases the word before the cursor.
    void erase_word();

    /// The line before, of those that were typed, or the one after; what was typed last comes again
    /// after them.
    void older();
    void newer();

    /// Gives the line away and begins a new one; remembers it.
    std::string take();

    /// What is seen of it.
    struct View {
        std::string text;    ///< it can be shown
        std::size_t cursor;  ///< the cell of the cursor
    };

    /// The part around the cursor that fits into so many cells, which are one at least. The cursor
    /// is in one of them.
    View view(std::size_t width) const;

private:
    std::size_t before_cursor() const;
    std::size_t after_cursor() const;
    void recall(std::size_t place);

    std::string text_;
    std::size_t cursor_ = 0;
    std::deque<std::string> history_;
    // What is shown of the history; its size where that is the line being typed.
    std::size_t recalled_ = 0;
    std::string draft_;
};

}  // namespace netaio::chat_app
