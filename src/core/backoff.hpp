#pragma once

#include <algorithm>
#include <cmath>
#include <netaio/backoff.hpp>
#include <netaio/environment.hpp>

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

}  // namespace netaio::core
