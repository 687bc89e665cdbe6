#include "utf8.hpp"

#include <cstdint>
#include <cstring>

namespace netaio::wire {
namespace {

// How a sequence goes on, by its first byte: its length, and what the second byte may be. All
// further bytes are 80..bf.
struct Sequence {
    std::size_t size;
    std::uint8_t second_min;
    std::uint8_t second_max;
};

constexpr Sequence sequence_of(std::uint8_t first) noexcept {
    if (first < 0x80) return {1, 0, 0};
    if (first < 0xc2) return {0, 0, 0};
    if (first < 0xe0) return {2, 0x80, 0xbf};
    if (first == 0xe0) return {3, 0xa0, 0xbf};
    if (first == 0xed) return {3, 0x80, 0x9f};
    if (first < 0xf0) return {3, 0x80, 0xbf};
    if (first == 0xf0) return {4, 0x90, 0xbf};
    if (first < 0xf4) return {4, 0x80, 0xbf};
    if (first == 0xf4) return {4, 0x80, 0x8f};
    return {0, 0, 0};
}

std::size_t ascii_prefix(const std::uint8_t* at, const std::uint8_t* end) noexcept {
    const auto* start = at;
    std::uint64_t eight;
    while (end - at >= 8) {
        std::memcpy(&eight, at, 8);
        if ((eight & 0x8080808080808080) != 0) break;
        at += 8;
    }
    while (at != end && *at < 0x80) ++at;
    return static_cast<std::size_t>(at - start);
}

}  // namespace

bool is_utf8(ByteView text) noexcept {
    const std::uint8_t* at = text.octets();
    const std::uint8_t* end = at + text.size();
    while ((at += ascii_prefix(at, end)) != end) {
        const Sequence sequence = sequence_of(*at);
        if (sequence.size == 0 || static_cast<std::size_t>(end - at) < sequence.size) return false;
        if (at[1] < sequence.second_min || at[1] > sequence.second_max) return false;
        for (std::size_t i = 2; i < sequence.size; ++i) {
            if ((at[i] & 0xc0) != 0x80) return false;
        }
        at += sequence.size;
    }
    return true;
}

char32_t next_code_point(ByteView& text) noexcept {
    const std::uint8_t* at = text.octets();
    const std::size_t size = sequence_of(*at).size;
    // The first byte of a sequence of n > 1 bytes carries its low 7 - n bits.
    char32_t point = size == 1 ? *at : *at & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        point = point << 6 | (at[i] & 0x3fU);
    }
    text.remove_prefix(size);
    return point;
}

}  // namespace netaio::wire
