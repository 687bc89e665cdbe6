#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <netaio/environment.hpp>
#include <netaio/timer.hpp>

#include "lifetime.hpp"
#include "link.hpp"

namespace netaio::chat_app {

/// How often a Carrier tries, and how much at once.
struct CarrierOptions {
    Environment environment = {};
    /// The pause after a parcel was brought or was not; twice as long each further time.
    std::chrono::milliseconds pause = std::chrono::seconds(1);
    std::chrono::milliseconds pause_max = std::chrono::minutes(1);
    /// How often a receiver on the network who does not say that they have it, or is not reached,
    /// is tried before a relay is to keep it as well.
    unsigned near_attempts = 3;
    /// When a relay that keeps a parcel is given it again, should it have lost it.
    std::chrono::seconds kept_for = std::chrono::hours(6);
    /// How often it looks what there is to do without being woken.
    std::chrono::milliseconds look_every = std::chrono::seconds(5);
    /// How soon it looks again at most, however often it is woken: it asks for all parcels then.
    std::chrono::milliseconds rest{20};
    /// Parcels that are on their way at once, to one person and in all.
    std::size_t at_once_to_one = 4;
    std::size_t at_once = 32;
};

/// Carries what a chat has to say: to those who are near at once, for others to a relay, again and
/// again with growing pauses until the chat has it no more, which is when the receiver said that
/// they have it. What is for one person goes out in the order of the parcels: each when those
/// before it were brought once. To be used on the executor alone. What it is given must outlive it.
class Carrier {
public:
    /// Either link may be null. `near` reaches people themselves, `far` keeps things for them.
    Carrier(const boost::asio::any_io_executor& executor, ChatCalls chat, Link* near, Link* far,
            CarrierOptions options = {});

    /// Looks soon what there is to do: to be called at the start, when something was said, and when
    /// a link has changed. Costs little.
    void wake();

private:
    using TimePoint = std::chrono::steady_clock::time_point;

    // What was done so far about a parcel, or somebody's prekeys.
    struct Attempts {
        bool on_the_way = false;
        bool was_brought = false;  // at least once, by either link
        TimePoint next = {};       // when to try again
        unsigned pauses = 0;
        unsigned near = 0;          // since the receiver is there
        TimePoint kept_until = {};  // at the relay
        bool was_near = false;      // when it was looked at last, as the next
        bool was_far = false;
    };

    void look();
    void carry_parcels();
    void ask_bundles();
    // Which links there are for it when it is due; null for none.
    struct Choice {
        Link* near;
        Link* far;
    };
    bool hopes_for_near(const chat::PublicKey& whom, const Attempts& attempts) const;
    Choice due(const chat::PublicKey& whom, Attempts& attempts);
    void carry(const chat::Parcel& parcel, Attempts& attempts, Link& link);
    void ask_bundle(const chat::PublicKey& whom, Attempts& attempts, Link& link);
    void ended(Attempts& attempts, const Link& link, bool done);
    void look_in(std::chrono::steady_clock::duration time);
    TimePoint now() const { return options_.environment.clock->steady_now(); }

    ChatCalls chat_;
    Link* near_;
    Link* far_;
    CarrierOptions options_;
    std::map<std::uint64_t, Attempts> parcels_;
    std::map<chat::PublicKey, Attempts> bundles_;
    std::map<chat::PublicKey, std::size_t> on_the_way_;  // parcels to each
    std::size_t on_the_way_in_all_ = 0;
    std::map<chat::PublicKey, unsigned> in_vain_;  // attempts at who is near, since one went well
    bool is_woken_ = false;
    TimePoint looked_at_ = {};  // when it did last
    TimePoint look_at_ = {};    // when it is to
    Timer timer_;
    Lifetime lifetime_;
};

}  // namespace netaio::chat_app
