#pragma once

#include <array>
#include <string>
#include <string_view>

/// Public keys for X25519 that nobody's secret key leads to.
namespace netaio::test {

/// The number's 32 octets, little end first, of which the first is `low`, the last `high`, and all
/// others are `middle`.
inline std::string curve_point(char low, char middle, char high) {
    return std::string(1, low) + std::string(30, middle) + std::string(1, high);
}

/// Points of low order, with which everybody has the same shared key.
inline std::array<std::string, 5> low_order_points() {
    return {curve_point(0, 0, 0), curve_point(1, 0, 0),
            std::string("\xe0\xeb\x7a\x7c\x3b\x41\xb8\xae\x16\x56\xe3\xfa\xf1\x9f\xc4\x6a"
                        "\xda\x09\x8d\xeb\x9c\x32\xb1\xfd\x86\x62\x05\x16\x5f\x49\xb8\x00",
                        32),
            std::string("\x5f\x9c\x95\xbc\xa3\x50\x8c\x24\xb1\xd0\xb1\x55\x9c\x83\xef\x5b"
                        "\x04\x44\x5c\xc4\x58\x1c\x8e\x86\xd8\x22\x4e\xdd\xd0\x9f\x11\x57",
                        32),
            curve_point('\xec', '\xff', '\x7f')};
}

/// Numbers that are too large to be a key: 2^255 - 19 and above.
inline std::array<std::string, 5> non_canonical_points() {
    return {curve_point('\xed', '\xff', '\x7f'), curve_point('\xee', '\xff', '\x7f'),
            curve_point('\xff', '\xff', '\x7f'), curve_point('\x09', 0, '\x80'),
            curve_point('\xff', '\xff', '\xff')};
}

}  // namespace netaio::test
