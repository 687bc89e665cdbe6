#include "latencies.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace netaio::app {

// The first buckets hold one number each; then every doubling is divided into as many steps.
std::size_t Latencies::bucket_of(std::uint64_t time) noexcept {
    if (time < steps) return time;
    const unsigned shift = static_cast<unsigned>(std::bit_width(time)) - 1 - precision_bits;
    return steps * (shift + 1) + ((time >> shift) - steps);
}

std::uint64_t Latencies::highest_in(std::size_t bucket) noexcept {
    if (bucket < steps) return bucket;
    const std::size_t shift = bucket / steps - 1;
    return ((steps + bucket % steps + 1) << shift) - 1;
}

void Latencies::add(Duration time) noexcept {
    time = std::max(time, Duration(0));
    ++counts_[bucket_of(static_cast<std::uint64_t>(time.count()))];
    ++count_;
    max_ = std::max(max_, time);
}

Latencies::Duration Latencies::quantile(double share) const noexcept {
    const auto rank =
        static_cast<std::uint64_t>(std::max(1.0, std::ceil(share * static_cast<double>(count_))));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
        seen += counts_[bucket];
        if (seen >= rank) {
            return std::min(Duration(static_cast<std::int64_t>(highest_in(bucket))), max_);
        }
    }
    return max_;
}

}  // namespace netaio::app
