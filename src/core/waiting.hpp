#pragma once

#include <algorithm>
#include <chrono>

/// How long things wait: users may say the longest time there is for "as good as for ever", which
/// added to the time it is, or counted finer, would be over at once.
namespace netaio::core {

/// Nothing waits longer than that.
inline constexpr std::chrono::milliseconds longest_wait = std::chrono::hours(24 * 365 * 100);

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

}  // namespace netaio::core
