#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <netaio/environment.hpp>

#include "waiting.hpp"

namespace netaio::core {

/// Pauses that grow, for what is tried until it succeeds. Partly random, so that many do not come
/// back all at once.
struct Backoff {
    std::chrono::milliseconds first = std::chrono::seconds(1);
    double factor = 2;  ///< of each further pause
    std::chrono::milliseconds max = std::chrono::seconds(30);
    double jitter = 0.3;  ///< the part of a pause, 0 to 1, that is random

    /// The pause after an attempt, of which the first is number 0. Never none.
    std::chrono::milliseconds pause(unsigned attempt, Random& random) const {
        constexpr std::uint32_t steps = 1'000'000;
        const double part = random.between(0, steps) / static_cast<double>(steps);
        const auto whole = std::min(bounded(max), bounded(first, std::pow(factor, attempt)));
        return std::max(bounded(whole, 1.0 - std::clamp(jitter, 0.0, 1.0) * part),
                        std::chrono::milliseconds(1));
    }
};

/// That time, a tenth more or less.
inline std::chrono::milliseconds about(std::chrono::milliseconds interval, Random& random) {
    const auto tenth =
        static_cast<std::uint32_t>(std::clamp<std::int64_t>(interval.count() / 10, 0, 0x7fffffff));
    const auto spread = random.between(0, 2 * tenth);
    return bounded(interval) - std::chrono::milliseconds(tenth) + std::chrono::milliseconds(spread);
}

}  // namespace netaio::core
