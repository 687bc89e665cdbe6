#pragma once

#include <cstdint>

/// Big-endian integers at unaligned places.
namespace netaio::wire {

inline std::uint16_t get_u16(const char* at) noexcept {
    const auto* b = reinterpret_cast<const unsigned char*>(at);
    return static_cast<std::uint16_t>(b[0] << 8 | b[1]);
}

inline std::uint32_t get_u32(const char* at) noexcept {
    return std::uint32_t{get_u16(at)} << 16 | get_u16(at + 2);
}

inline char* put_u16(char* at, std::uint16_t value) noexcept {
    at[0] = static_cast<char>(value >> 8);
    at[1] = static_cast<char>(value);
    return at + 2;
}

inline char* put_u32(char* at, std::uint32_t value) noexcept {
    return put_u16(put_u16(at, static_cast<std::uint16_t>(value >> 16)),
                   static_cast<std::uint16_t>(value));
}

}  // namespace netaio::wire
