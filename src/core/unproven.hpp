#pragma once

#include "source_limiter.hpp"

namespace netaio::core {

/// What may be sent to addresses that are perhaps forged: a budget of bytes a second for each host,
/// and one for all. Who answered a request is there, for some time, and costs none of it. The
/// second half of what all may have goes only to hosts that have half of their own left: a few that
/// take all they can leave enough for the many that take little. Bounded; not thread-safe.
class Unproven {
public:
    using TimePoint = SourceLimiter::TimePoint;

    /// How long after an answer an address is believed to be there.
    static constexpr std::chrono::minutes proof_lasts{30};
    /// How often warn() says yes at most.
    static constexpr std::chrono::seconds warn_every{10};

    /// Bytes a second for each host and in all, and as many at once. At most `sources_max` hosts
    /// and as many proven addresses are remembered; hosts that find no room share what one may
    /// have.
    Unproven(double host_bytes, double total_bytes, std::size_t sources_max)
        : hosts_(host_bytes, sources_max),
          others_(host_bytes, 1),
          total_(total_bytes, 1),
          proven_max_(sources_max) {}

    /// It answered a request.
    void proved(const Address& address, TimePoint now);
    /// Whether as many bytes may go there; they count if so, unless it is proven.
    bool allow(const Address& to, std::size_t bytes, TimePoint now);
    /// Whether something that was withheld is worth a warning, rather than one of many.
    bool warn(TimePoint now);

private:
    SourceLimiter hosts_;
    SourceLimiter others_;
    SourceLimiter total_;
    std::size_t proven_max_;
    TimePoint swept_at_ = {};
    TimePoint warned_at_ = {};
    std::unordered_map<Address, TimePoint> proven_;  // until when
};

}  // namespace netaio::core
