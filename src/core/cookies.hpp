#pragma once

#include <chrono>
#include <netaio/address.hpp>
#include <netaio/environment.hpp>

#include "../crypto/mac.hpp"

namespace netaio::core {

/// What an address is asked to say again, so that it shows that it gets what is sent there, before
/// anything dear is done for it. Nothing is kept for any of them. Not thread-safe.
class Cookies {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// How long one is good for at least; at most for twice as long.
    static constexpr std::chrono::seconds good_for{60};

    crypto::Mac of(const Address& address, TimePoint now, Random& random);
    /// Whether a tag is what who got a cookie makes of these bytes.
    bool prove(const Address& address, const crypto::Mac& tag,
               std::initializer_list<ByteView> parts, TimePoint now) const;

private:
    using Key = std::array<char, 32>;

    Key now_{};
    Key before_{};
    TimePoint made_at_ = TimePoint::min();
    TimePoint before_at_ = TimePoint::min();
};

}  // namespace netaio::core
