#pragma once

#include <netaio/bytes.hpp>
#include <string>

namespace netaio::app {

/// Whether these bytes are UTF-8 as Unicode defines it: no surrogates, no overlong forms.
bool is_utf8(ByteView bytes) noexcept;

/// Base64 with padding (RFC 4648).
std::string base64(ByteView bytes);

/// What to do with line ends in printable().
enum class Lines { escape, keep };

/// Bytes as text that is safe on a terminal and in a log: control characters, backslashes and
/// whatever is not UTF-8 are escaped as \n, \t, \\ or \xNN. With Lines::keep, line ends, tabs and
/// backslashes stay.
std::string printable(ByteView bytes, Lines lines = Lines::escape);

}  // namespace netaio::app
