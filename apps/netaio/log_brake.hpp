#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

namespace netaio::app {

/// Keeps strangers from filling a disk with what they make a server log: so many lines a second,
/// and later how many were left out. Thread-safe.
class LogBrake {
public:
    explicit LogBrake(std::uint64_t lines_per_second) : lines_per_second_(lines_per_second) {}

    struct Verdict {
        bool write;
        std::uint64_t left_out;  ///< lines before this one, to be told of now
    };
    Verdict next(std::chrono::steady_clock::time_point now);

private:
    const std::uint64_t lines_per_second_;
    std::mutex mutex_;
    std::chrono::steady_clock::time_point second_began_{};
    std::uint64_t lines_ = 0;  // in this second
    std::uint64_t left_out_ = 0;
};

}  // namespace netaio::app
