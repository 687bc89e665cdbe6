#pragma once

#include <array>
#include <cstdint>
#include <netaio/tapescript/value.hpp>
#include <string_view>

namespace netaio::tapescript::machine {

/// Below this magnitude, the logarithm in double precision counts bytes right.
inline constexpr std::int64_t exactly_counted = (std::int64_t{1} << 48) - 1;

/// Room for a number of 64 bits.
using SmallBytes = std::array<char, sizeof(std::int64_t)>;

/// The number that up to eight bytes stand for; zero for none.
inline std::int64_t to_small(std::string_view bytes) noexcept {
    if (bytes.empty()) return 0;
    auto word = static_cast<std::uint64_t>(
        static_cast<std::int64_t>(static_cast<signed char>(bytes.front())));
    for (const char byte : bytes.substr(1)) {
        word = word << 8 | static_cast<unsigned char>(byte);
    }
    return static_cast<std::int64_t>(word);
}

/// The shortest bytes of a number of up to `exactly_counted`, in the room given.
inline std::string_view small_to_bytes(std::int64_t number, SmallBytes& bytes) noexcept {
    std::size_t start = bytes.size();
    do {
        bytes[--start] = static_cast<char>(number);
        number >>= 8;
    } while (start > 0 && number != static_cast<signed char>(bytes[start]) >> 7);
    return {bytes.data() + start, bytes.size() - start};
}

/// The nearest number in double precision, halfway to even; infinite when it is too large.
double to_double(const Integer& number);

}  // namespace netaio::tapescript::machine
