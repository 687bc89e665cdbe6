#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace netaio::tapescript {

// Bytes are std::string where they are owned and std::string_view where they are looked at; text
// is UTF-8 in the same types.

/// Bytes as lowercase hexadecimal digits.
std::string to_hex(std::string_view bytes);

/// The bytes that hexadecimal digits of either case stand for; none when the count is odd or
/// something else is among them.
std::optional<std::string> from_hex(std::string_view digits);

}  // namespace netaio::tapescript
