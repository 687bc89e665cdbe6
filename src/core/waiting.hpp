#pragma once

#include <algorithm>
#include <chrono>
#include <netaio/never.hpp>
#include <string_view>

/// How long things wait: `never`, the longest time there is, would be over at once if it were added
/// to the time it is, or counted finer.
namespace netaio::core {

/// Nothing waits longer than that.
inline constexpr std::chrono::milliseconds longest_wait = std::chrono::hours(24 * 365 * 100);

/// Whether it stands for a time that does not come.
constexpr bool is_never(std::chrono::milliseconds wait) noexcept {
    return wait >= longest_wait;
}

/// A time that can be reckoned with.
constexpr std::chrono::milliseconds bounded(std::chrono::milliseconds wait) noexcept {
    return std::clamp(wait, std::chrono::milliseconds(0), longest_wait);
}

/// The same for one that is multiplied.
constexpr std::chrono::milliseconds bounded(std::chrono::milliseconds wait,
                                            double factor) noexcept {
    const double product = static_cast<double>(bounded(wait).count()) * factor;
    if (!(product > 0)) {
        return std::chrono::milliseconds(0);
    }
    return product < static_cast<double>(longest_wait.count())
               ? std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(product))
               : longest_wait;
}

/// Throws std::invalid_argument for an option that must be above zero.
void require_time(std::chrono::milliseconds time, std::string_view option);

}  // namespace netaio::core
