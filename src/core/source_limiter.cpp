#include "source_limiter.hpp"

namespace netaio::core {

Address host_of(const Address& source) {
    if (source.is_named()) {
        return {};
    }
    auto ip = source.ip();
    if (!source.is_v6()) {
        return Address(std::array<std::uint8_t, 4>{ip[0], ip[1], ip[2], ip[3]}, 0);
    }
    if (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) {
        return Address(ip, 0, source.scope());  // all of a link have the same first half
    }
    std::fill(ip.begin() + 8, ip.end(), std::uint8_t{0});
    return Address(ip, 0, source.scope());
}

bool SourceLimiter::allow(const Address& source, TimePoint now) {
    double* const left = tokens(source, now);
    if (!left || *left < 1) {
        return false;
    }
    *left -= 1;
    return true;
}

double* SourceLimiter::tokens(const Address& source, TimePoint now) {
    const Address host = host_of(source);
    auto found = buckets_.find(host);
    if (found == buckets_.end()) {
        if (buckets_.size() >= sources_max_ && !make_room(now)) {
            return nullptr;
        }
        found = buckets_.emplace(host, Bucket{burst_, now}).first;
    }
    Bucket& bucket = found->second;
    bucket.tokens = refilled(bucket, now);
    bucket.at = now;
    return &bucket.tokens;
}

// A full bucket says no more than none. Looking for them takes long enough to be done rarely.
bool SourceLimiter::make_room(TimePoint now) {
    if (now - swept_at_ < std::chrono::seconds(1)) {
        return false;
    }
    swept_at_ = now;
    std::erase_if(buckets_,
                  [&](const auto& entry) { return refilled(entry.second, now) >= burst_; });
    return buckets_.size() < sources_max_;
}

double SourceLimiter::refilled(const Bucket& bucket, TimePoint now) const {
    const double seconds = std::chrono::duration<double>(now - bucket.at).count();
    return std::min(burst_, bucket.tokens + seconds * per_second_);
}

}  // namespace netaio::core
