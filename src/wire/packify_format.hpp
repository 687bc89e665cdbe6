#pragma once

#include <cstdint>

/// The code byte of a packed value: a length category in the high two bits, a type in the others.
namespace netaio::wire {

enum class PackedType : std::uint8_t {
    none = 0,
    bytes = 1,
    bytearray = 2,
    str = 3,
    integer = 4,
    negative_integer = 5,
    boolean = 6,
    floating = 7,
    decimal = 8,
    list = 10,
    set = 11,
    tuple = 12,
    dict = 13,
    packable = 20,
};

constexpr PackedType type_of_code(std::uint8_t code) noexcept {
    return static_cast<PackedType>(code & 0x3f);
}

/// The bytes that a length takes in the category of a code: 0, 1, 2 or 4.
constexpr std::size_t width_of_code(std::uint8_t code) noexcept {
    return std::size_t{1} << (code >> 6) >> 1;
}

/// The bytes that the smallest category fit for a length takes: 1, 2 or 4; 0 when none is.
constexpr std::size_t width_for(std::uint64_t length) noexcept {
    return length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x100000000 ? 4 : 0;
}

/// The category bits for a width.
constexpr std::uint8_t category_of_width(std::size_t width) noexcept {
    return static_cast<std::uint8_t>((width == 4 ? 3 : width) << 6);
}

constexpr std::uint8_t code_of(PackedType type, std::size_t width) noexcept {
    return static_cast<std::uint8_t>(category_of_width(width) | static_cast<std::uint8_t>(type));
}

}  // namespace netaio::wire
