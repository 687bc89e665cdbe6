#pragma once

#include <netaio/bytes.hpp>
#include <optional>
#include <string>

namespace netaio::chat {

/// Takes the first code point off text that is not empty: none, and one byte, where that is not
/// UTF-8 (shortest forms only, no surrogates, nothing above U+10FFFF).
std::optional<char32_t> take_code_point(ByteView& text) noexcept;

/// Appends a code point in UTF-8.
void append_code_point(std::string& text, char32_t point);

}  // namespace netaio::chat
