#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace netaio::chat_app {

/// What a piece of text is, by which a screen knows how to draw it.
enum class Style {
    plain,
    time,
    name,
    own_name,
    verified,   ///< the sign behind a name that it is theirs
    mark,       ///< how far one's own message has come
    mark_read,  ///< it was shown
    day,
    event,    ///< something that happened in a conversation
    remark,   ///< what the program says
    warning,  ///< what it warns of
    heading,
    entry,  ///< a person or a room of the list
    entry_away,
    entry_unread,
    entry_chosen,
    frame,
    status,
};
/// How many there are.
inline constexpr std::size_t style_count = static_cast<std::size_t>(Style::status) + 1;

/// Text that can be shown, of one style.
struct Span {
    std::string text;
    Style style = Style::plain;
};

/// What stands between the list and what was said.
constexpr std::string_view frame_line(bool utf8) noexcept {
    return utf8 ? "│ " : "| ";
}

/// A row of cells, from the left.
using Row = std::vector<Span>;

/// How many cells a row takes.
std::size_t width_of(const Row& row);

/// Makes a row so wide, by spaces of that style.
void fill(Row& row, std::size_t width, Style style);

/// Text that chat::shown() returned, in rows of so many cells, of which there is one at least:
/// where possible, a row ends with a word.
std::vector<std::string> wrapped(std::string_view text, std::size_t first_width, std::size_t width);

}  // namespace netaio::chat_app
