#pragma once

#include <netaio/bytes.hpp>

namespace netaio::wire {

/// Whether the bytes are UTF-8 as Python's strict decoder has it: shortest forms only, nothing
/// above U+10FFFF, no surrogates.
bool is_utf8(ByteView text) noexcept;

/// Takes the first code point off text that is_utf8() and not empty.
char32_t next_code_point(ByteView& text) noexcept;

}  // namespace netaio::wire
