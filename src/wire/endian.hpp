#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <netaio/bytes.hpp>

/// Big-endian integers, and bytes, at unaligned places.
namespace netaio::wire {

/// The bytes of a number in big-endian order, and back. Compilers make one instruction of it, and
/// of neighbouring single bytes slow vectors.
constexpr std::uint32_t big_endian(std::uint32_t value) noexcept {
    if constexpr (std::endian::native == std::endian::big) {
        return value;
    }
    return value >> 24 | (value >> 8 & 0xff00) | (value << 8 & 0xff0000) | value << 24;
}

inline std::uint16_t get_u16(const char* at) noexcept {
    const auto* b = reinterpret_cast<const unsigned char*>(at);
    return static_cast<std::uint16_t>(b[0] << 8 | b[1]);
}

inline std::uint32_t get_u32(const char* at) noexcept {
    std::uint32_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return big_endian(value);
}

inline std::uint64_t get_u64(const char* at) noexcept {
    return std::uint64_t(get_u32(at)) << 32 | get_u32(at + 4);
}

inline char* put_u16(char* at, std::uint16_t value) noexcept {
    at[0] = static_cast<char>(value >> 8);
    at[1] = static_cast<char>(value);
    return at + 2;
}

inline char* put_u32(char* at, std::uint32_t value) noexcept {
    value = big_endian(value);
    std::memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

inline char* put_u64(char* at, std::uint64_t value) noexcept {
    return put_u32(put_u32(at, static_cast<std::uint32_t>(value >> 32)),
                   static_cast<std::uint32_t>(value));
}

/// Of a std::string_view, std::ranges::copy makes a loop over single bytes with g++ 12.
inline char* put_bytes(char* at, ByteView bytes) noexcept {
    if (!bytes.empty()) {
        std::memcpy(at, bytes.data(), bytes.size());
    }
    return at + bytes.size();
}

}  // namespace netaio::wire
