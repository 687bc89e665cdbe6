#include "leading_zeros.hpp"

#include <bit>

#include "sha256.hpp"

namespace netaio::crypto {

unsigned leading_zero_bits(ByteView bytes) noexcept {
    unsigned bits = 0;
    for (const char byte : bytes) {
        const auto zeros =
            static_cast<unsigned>(std::countl_zero(static_cast<unsigned char>(byte)));
        bits += zeros;
        if (zeros < 8) break;
    }
    return bits;
}

std::optional<std::uint32_t> find_leading_zeros(std::initializer_list<ByteView> prefix,
                                                unsigned bits, std::uint32_t count) noexcept {
    CounterHash hashes(prefix);
    for (std::uint32_t counter = 0; counter < count; ++counter) {
        const auto words = hashes.next();
        unsigned zeros = 0;
        for (std::size_t i = 0; zeros == 32 * i && i < words.size(); ++i) {
            zeros += static_cast<unsigned>(std::countl_zero(words[i]));
        }
        if (zeros >= bits) return counter;
    }
    return std::nullopt;
}

}  // namespace netaio::crypto
