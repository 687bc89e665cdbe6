#pragma once

#include <chrono>
#include <map>
#include <netaio/address.hpp>
#include <netaio/bytes.hpp>
#include <netaio/environment.hpp>
#include <string>
#include <vector>

#include "renewals.hpp"

namespace netaio::core {

/// What REQUEST_URI asks a peer for others of an app id by (protocol.md §9).
std::string peers_uri(ByteView app_id);
/// The content of such a question: room for what is told.
std::string peers_question();

/// Which peers of one app id are asked for others, what is told to those who ask, and which
/// addresses that were told of are tried and kept (protocol.md §9). Says what and when; whoever
/// owns it sends. Only those count as peers here whom an auth plugin vouched for. Bounded; not
/// thread-safe.
class PeerExchange {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// Addresses told in one answer.
    static constexpr std::size_t told_max = 16;
    /// Peers that are asked, and told of.
    static constexpr std::size_t peers_max = 1024;
    /// Between two questions at least; else they come as often as advertisements.
    static constexpr std::chrono::milliseconds questions_apart = std::chrono::seconds(1);
    /// Between the first tries of two addresses at least.
    static constexpr std::chrono::milliseconds tries_apart = std::chrono::milliseconds(250);
    /// Addresses whose first try waits for its time; more are passed over.
    static constexpr int waiting_max = 256;
    /// How often an address is tried that never answered, and one that did.
    static constexpr unsigned tries_max = 4;
    static constexpr unsigned tries_again_max = 16;
    /// How long it is not tried then, whoever tells of it.
    static constexpr std::chrono::milliseconds rests_for = std::chrono::minutes(5);

    /// Keeps as many addresses that were told of, whether they answered or not.
    PeerExchange(std::size_t kept_max, std::chrono::milliseconds every)
        : kept_max_(kept_max), every_(every), kept_(kept_max) {}

    /// A peer is there, as it said itself. Whether next() may be sooner for that.
    bool heard(const Address& at, TimePoint now, Random& random);
    /// Nobody is there any more.
    void vacated(const Address& at);

    /// The answer to a question with so much content: peers but for that which asks, from one of
    /// them on by chance.
    std::string tell(const Address& asks, std::size_t room, Random& random) const;
    /// Reads an answer, and has those tried for which `is_new` says yes. Whether there are any.
    template <class IsNew>
    bool told(const Address& by, ByteView answer, TimePoint now, const IsNew& is_new) {
        bool any = false;
        for (const Address& at : read(by, answer)) {
            any = (!peers_.contains(at) && is_new(at) && keep(at, by, now)) || any;
        }
        return any;
    }
    /// It tells nobody of others, and is not asked again until it is heard anew.
    void tells_nothing(const Address& at);

    /// Whom to ask now, if anybody.
    std::optional<Address> ask(TimePoint now, Random& random);
    /// Where to say now that this node is there.
    std::vector<Address> introduce(TimePoint now, const Backoff& backoff, Random& random);
    /// When either is due next.
    std::optional<TimePoint> next() const;
    /// Addresses that were told of and are kept.
    std::size_t kept() const noexcept { return kept_.size(); }

private:
    enum class Asked { never, before, in_vain };
    struct Kept {
        Address by = {};  // who told of it, till it answers
        unsigned tries = 0;
        bool answered = false;
        bool rests = false;
    };

    static std::vector<Address> read(const Address& by, ByteView answer);
    bool keep(const Address& at, const Address& by, TimePoint now);
    void count_answered(Kept& kept);
    void drop(const Address& at);

    std::size_t kept_max_;
    std::chrono::milliseconds every_;
    std::map<Address, Asked> peers_;
    Address asked_last_ = {};
    TimePoint asked_at_ = TimePoint() - questions_apart;
    TimePoint ask_at_ = TimePoint::max();
    Renewals<Address, Kept> kept_;
    std::map<Address, std::size_t> unanswered_;  // of kept ones, by who told of them
    TimePoint try_at_ = {};                      // the first try of the next
};

}  // namespace netaio::core
