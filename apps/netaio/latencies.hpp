#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace netaio::app {

/// Counts times in bounded memory, however many there are; what it tells of them is at most 1 %
/// off.
class Latencies {
public:
    using Duration = std::chrono::nanoseconds;

    /// Negative times count as none.
    void add(Duration time) noexcept;
    std::uint64_t count() const noexcept { return count_; }
    Duration max() const noexcept { return max_; }
    /// The smallest time that at least `share` (0 to 1) of all do not exceed; none when there are
    /// none.
    Duration quantile(double share) const noexcept;

private:
    // Times are told apart by their seven highest bits.
    static constexpr unsigned precision_bits = 7;
    static constexpr std::size_t steps = std::size_t{1} << precision_bits;

    static std::size_t bucket_of(std::uint64_t time) noexcept;
    static std::uint64_t highest_in(std::size_t bucket) noexcept;

    std::array<std::uint64_t, steps * (65 - precision_bits)> counts_{};
    std::uint64_t count_ = 0;
    Duration max_{0};
};

}  // namespace netaio::app
