#pragma once

#include <algorithm>
#include <iterator>
#include <span>

/// Tables of characters.
namespace netaio::chat {

/// Characters that follow each other, both ends among them.
struct PointRange {
    char32_t first;
    char32_t last;
};

/// Whether one of these has it, which are in order and apart.
inline bool is_in(std::span<const PointRange> ranges, char32_t point) noexcept {
    const auto after = std::ranges::upper_bound(ranges, point, {}, &PointRange::first);
    return after != ranges.begin() && point <= std::prev(after)->last;
}

}  // namespace netaio::chat
