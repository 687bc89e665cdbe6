#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>

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

/// The same for each cause of lines by itself, so that who makes much of one kind hides nothing of
/// another. Thread-safe.
class LogBrakes {
public:
    explicit LogBrakes(std::uint64_t lines_per_second) : LogBrakes(lines_per_second, All()) {}

    LogBrake::Verdict next(std::string_view line, std::chrono::steady_clock::time_point now) {
        return brakes_[cause_of(line) % count].next(now);
    }

    /// What a line says but for whom and what it is about: words with digits or colons, and what is
    /// in quotes, are left out.
    static std::uint64_t cause_of(std::string_view line) noexcept;

private:
    // So many that causes seldom share one, and no more, as what is logged of strangers may differ
    // without end.
    static constexpr std::size_t count = 64;
    using All = std::make_index_sequence<count>;

    template <std::size_t... each>
    LogBrakes(std::uint64_t lines_per_second, std::index_sequence<each...>)
        : brakes_{((void)each, LogBrake(lines_per_second))...} {}

    std::array<LogBrake, count> brakes_;
};

}  // namespace netaio::app
