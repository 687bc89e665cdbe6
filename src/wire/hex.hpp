#pragma once

#include <netaio/bytes.hpp>
#include <string>

namespace netaio::wire {

/// Bytes as lower-case hexadecimal digits.
inline std::string hex(ByteView bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char byte : std::string_view(bytes)) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

}  // namespace netaio::wire
