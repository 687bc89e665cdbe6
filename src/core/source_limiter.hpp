#pragma once

#include <algorithm>
#include <chrono>
#include <netaio/address.hpp>
#include <unordered_map>

namespace netaio::core {

/// The host of an address, with port 0; of an IPv6 address its /64, unless that is a link's. All
/// names are of one host, this one.
Address host_of(const Address& source);

/// Says how much one source may be given that it did nothing to deserve (protocol.md §10.8):
/// a bucket of tokens for each host, which an IPv6 host can't widen by changing address within its
/// /64, but for those of a link, where whole networks are in one. Bounded: sources that find no
/// room get nothing. Not thread-safe.
class SourceLimiter {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// `per_second` tokens a second for each source, and as many at once, but at least one; none
    /// at a rate of 0. At most `sources_max` sources are remembered.
    SourceLimiter(double per_second, std::size_t sources_max)
        : per_second_(per_second),
          burst_(per_second > 0 ? std::max(per_second, 1.0) : 0),
          sources_max_(sources_max) {}

    /// Takes a token; false when there is none.
    bool allow(const Address& source, TimePoint now);
    /// What it has left, to be taken from; null when it finds no room. Until the next call.
    double* tokens(const Address& source, TimePoint now);
    /// What a source has at most.
    double burst() const noexcept { return burst_; }
    std::size_t size() const noexcept { return buckets_.size(); }

private:
    struct Bucket {
        double tokens;
        TimePoint at;
    };

    bool make_room(TimePoint now);
    double refilled(const Bucket& bucket, TimePoint now) const;

    double per_second_;
    double burst_;
    std::size_t sources_max_;
    TimePoint swept_at_ = {};
    std::unordered_map<Address, Bucket> buckets_;
};

}  // namespace netaio::core
