#include "code_points.hpp"

#include <cstddef>

namespace netaio::chat {
namespace {

// By its first byte; 0 where nothing begins with it.
std::size_t sequence_size(unsigned first) noexcept {
    if (first < 0x80) return 1;
    if (first < 0xc2) return 0;
    if (first < 0xe0) return 2;
    if (first < 0xf0) return 3;
    return first < 0xf5 ? 4 : 0;
}

bool is_allowed(char32_t point, std::size_t size) noexcept {
    constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = point >= 0xd800 && point < 0xe000;
    return point >= least[size] && point <= 0x10ffff && !surrogate;
}

}  // namespace

std::optional<char32_t> take_code_point(ByteView& text) noexcept {
    const std::uint8_t* at = text.octets();
    const std::size_t size = sequence_size(*at);
    const bool whole = size > 0 && size <= text.size();
    // The first byte of a sequence of n > 1 bytes carries its low 7 - n bits.
    char32_t point = size == 1 ? *at : *at & (0x7fU >> size);
    bool valid = whole;
    for (std::size_t i = 1; valid && i < size; ++i) {
        valid = (at[i] & 0xc0) == 0x80;
        point = point << 6 | (at[i] & 0x3fU);
    }
    valid = valid && is_allowed(point, size);
    text.remove_prefix(valid ? size : 1);
    return valid ? std::optional(point) : std::nullopt;
}

void append_code_point(std::string& text, char32_t point) {
    const auto append = [&](char32_t byte) { text += static_cast<char>(byte); };
    if (point < 0x80) {
        append(point);
        return;
    }
    const unsigned further = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    append((0xf00U >> further & 0xffU) | point >> 6 * further);
    for (unsigned i = further; i-- > 0;) append(0x80 | (point >> 6 * i & 0x3f));
}

}  // namespace netaio::chat
