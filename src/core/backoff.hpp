#pragma once

#include <algorithm>
#include <cmath>
#include <netaio/backoff.hpp>
#include <netaio/environment.hpp>
#include <stdexcept>
#include <string>

#include "waiting.hpp"

namespace netaio::core {

/// The longest that the pause with this number, from 1 on, may last.
inline std::chrono::milliseconds longest_pause(const Backoff& backoff, unsigned number) {
    const auto pause = bounded(backoff.delay, std::pow(backoff.factor, number - 1.0));
    return std::min(bounded(backoff.delay_max), pause);
}

/// How long it is to last.
inline std::chrono::milliseconds pause_of(const Backoff& backoff, unsigned number, Random& random) {
    constexpr std::uint32_t steps = 1'000'000;
    const double jitter = std::clamp(backoff.jitter, 0.0, 1.0);
    const double part = random.between(0, steps) / static_cast<double>(steps);
    return bounded(longest_pause(backoff, number), 1.0 - jitter * part);
}

/// That time, a tenth more or less.
inline std::chrono::milliseconds about(std::chrono::milliseconds interval, Random& random) {
    const auto tenth =
        static_cast<std::uint32_t>(std::clamp<std::int64_t>(interval.count() / 10, 0, 0x7fffffff));
    const auto spread = random.between(0, 2 * tenth);
    return bounded(interval) - std::chrono::milliseconds(tenth) + std::chrono::milliseconds(spread);
}

/// Throws std::invalid_argument for one that would be no end of trying.
inline void require_backoff(const Backoff& backoff, std::string_view option) {
    if (backoff.delay.count() <= 0 || backoff.delay_max.count() <= 0 || !(backoff.factor >= 1)) {
        throw std::invalid_argument(std::string(option) +
                                    " needs times above zero and a factor of 1 or more, or there "
                                    "would be no end of trying");
    }
}

}  // namespace netaio::core
