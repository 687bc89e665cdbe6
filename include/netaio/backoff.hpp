#pragma once

#include <chrono>

namespace netaio {

/// How long to pause before one tries again: exponential backoff with jitter.
struct Backoff {
    /// The first pause.
    std::chrono::milliseconds delay = std::chrono::milliseconds(200);
    /// What each further pause is multiplied with; 1 keeps it.
    double factor = 2.0;
    /// The longest pause.
    std::chrono::milliseconds delay_max = std::chrono::seconds(30);
    /// The part of a pause, 0 to 1, that is random, so that clients do not come back all at once.
    double jitter = 0.5;

    bool operator==(const Backoff&) const = default;
};

}  // namespace netaio
