#pragma once

#include <array>
#include <cstddef>
#include <netaio/bytes.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace netaio::chat {

/// What others wrote, as one line that people can be shown: whatever a terminal would obey, or
/// people would not see, is spelled out. Control and format characters, what reverses the direction
/// of writing, what has no width, line ends, private characters and such as Unicode has none become
/// `<U+202E>`, bytes that are not UTF-8 `<0xFF>`; a tab becomes four spaces, and every other space
/// of one cell a plain one. A combining character stays when it has something to combine with, and
/// at most eight of them follow each other. U+200D between two emoji and U+FE0F after one stay, and
/// so do keycaps: they belong to how an emoji looks.
std::string shown(ByteView text);

/// The same for text of several lines, without their ends, `\n` or `\r\n`. At least one.
std::vector<std::string> shown_lines(ByteView text);

/// How many cells of a terminal such text takes, which shown() returned. Emoji that are joined to
/// one count each, as they take as much where a terminal does not join them: text is never wider
/// than what is said here, unless a terminal is set to show ambiguous characters wide.
std::size_t cells(std::string_view text);

/// What a terminal draws as one, or may: a letter with the marks upon it, emoji that are joined.
struct Cluster {
    std::string_view bytes;
    std::size_t cells;
};

/// Takes the first cluster off text that is not empty. cells() is the sum of theirs.
Cluster take_cluster(ByteView& text) noexcept;

/// Text that shown() returned, of no more cells than that. Where anything was left out, `…` ends
/// it; letters keep the marks upon them, and emoji what is joined to them.
std::string cut(std::string_view text, std::size_t width);

/// Text that shown() returned, with `_` in place of its last cluster unless that is of ASCII, a
/// letter, a digit or a picture in colour, and none that says that something is right or the same:
/// what ends it is not taken for a sign that stands behind it.
std::string without_sign_at_end(std::string text);

/// Whether people may take one name for the other: such as are the same but for capitals, accents,
/// what is not seen, or letters of Latin, Greek and Cyrillic that look alike. It rather says so of
/// two that can be told apart than not of two that cannot; to warn, not to forbid.
bool looks_like(ByteView one, ByteView other);

/// How a name looks, in two ways: of two names that looks_like() says yes to, one look at least is
/// the same in its place. To compare many names.
using NameLooks = std::array<std::string, 2>;
NameLooks looks_of(ByteView name);

}  // namespace netaio::chat
