#pragma once

#include <chrono>
#include <cmath>
#include <netaio/never.hpp>

#include "values.hpp"

namespace netaio::app {

/// What durations on the command line may be: seconds, up to a year.
inline CLI::Validator duration_range() {
    return decimal_number(0, 31536000);
}

/// Seconds, rounded up, so that nothing above zero becomes zero.
inline std::chrono::milliseconds to_milliseconds(double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
}

/// A limit that 0 takes away.
inline std::chrono::milliseconds to_limit(double seconds) {
    return seconds > 0 ? to_milliseconds(seconds) : never;
}

}  // namespace netaio::app
