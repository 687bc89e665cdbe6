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

/// Bytes of which the middle is left out when there are more than so many.
std::string shortened(ByteView bytes, std::size_t size_max);

/// What is said to people on stderr, whatever was put into it: printable, and no longer than that
/// they read it.
std::string sentence(ByteView text);

}  // namespace netaio::app
