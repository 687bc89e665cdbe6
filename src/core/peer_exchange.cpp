#include "peer_exchange.hpp"

#include <algorithm>
#include <netaio/packify.hpp>

namespace netaio::core {
namespace {

constexpr std::size_t question_size = 900;  // room for told_max addresses of any family

bool is_loopback(const Address& at) {
    return at.is_v6() ? at == Address(std::array<std::uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                                                   0, 0, 0, 0, 1},
                                      at.port())
                      : at.ip()[0] == 127;
}

bool is_link_local(const Address& at) {
    return at.is_v6() && at.ip()[0] == 0xfe && (at.ip()[1] & 0xc0) == 0x80;
}

bool is_multicast(const Address& at) {
    return at.is_v6() ? at.ip()[0] == 0xff : at.ip()[0] >= 224;
}

// Whether one node can be where another one says, as far as the two addresses tell: what is on a
// link or in a machine means nothing elsewhere.
bool means_the_same(const Address& at, const Address& there) {
    const Address unspecified = at.is_v6() ? Address(std::array<std::uint8_t, 16>{}, at.port())
                                           : Address(std::array<std::uint8_t, 4>{}, at.port());
    return !at.is_named() && at.port() != 0 && at != unspecified && !is_multicast(at) &&
           (!is_loopback(at) || is_loopback(there)) &&
           (!is_link_local(at) || (is_link_local(there) && at.scope() == there.scope()));
}

}  // namespace

std::string peers_uri(ByteView app_id) {
    return "netaio/peers/" + app_id.str();
}

std::string peers_question() {
    return *pack(Value(Bytes(std::string(question_size, '\0'))));
}

bool PeerExchange::heard(const Address& at, TimePoint now, Random& random) {
    if (Kept* const kept = kept_.find(at)) {
        count_answered(*kept);
        kept->tries = 0;
        kept->rests = false;
        kept_.answered(at, now + about(every_, random));
    }
    if (peers_.contains(at) || peers_.size() >= peers_max) {
        return false;
    }
    peers_.emplace(at, Asked::never);
    ask_at_ = std::min(ask_at_, std::max(now, asked_at_ + questions_apart));
    return true;
}

void PeerExchange::vacated(const Address& at) {
    peers_.erase(at);
}

std::string PeerExchange::tell(const Address& asks, std::size_t room, Random& random) const {
    List told;
    const auto count = static_cast<std::uint32_t>(peers_.size());
    auto at = peers_.begin();
    if (count > 0) {
        std::advance(at, random.between(0, count - 1));
    }
    for (std::uint32_t i = 0; i < count && told.items.size() < told_max; ++i) {
        if (at->first != asks && means_the_same(at->first, asks)) {
            const Address everywhere =
                is_link_local(at->first) ? Address(at->first.ip(), at->first.port()) : at->first;
            told.items.emplace_back(Bytes(everywhere.str()));
        }
        at = std::next(at) == peers_.end() ? peers_.begin() : std::next(at);
    }
    std::string packed = *pack(Value(told));
    while (packed.size() > room && !told.items.empty()) {
        told.items.pop_back();
        packed = *pack(Value(told));
    }
    return packed.size() > room ? std::string() : packed;
}

// What of an answer is an address that somebody can have.
std::vector<Address> PeerExchange::read(const Address& by, ByteView answer) {
    std::vector<Address> all;
    const auto value = unpack(answer, {.max_depth = 1, .max_values = 1 + told_max});
    const List* const list = value ? value->as_list() : nullptr;
    if (!list) {
        return all;
    }
    for (const Value& item : list->items) {
        const auto text = item.as_bytes();
        auto at = text ? Address::parse(*text) : Result<Address>(Errc::malformed);
        if (at && is_link_local(*at)) {
            at = Address(at->ip(), at->port(), by.scope());
        }
        if (at && means_the_same(*at, by)) {
            all.push_back(*at);
        }
    }
    return all;
}

// Nobody may take more than a quarter of the room for what does not answer.
bool PeerExchange::keep(const Address& at, const Address& by, TimePoint now) {
    const auto counted = unanswered_.find(by);
    const std::size_t unanswered = counted == unanswered_.end() ? 0 : counted->second;
    if (kept_.find(at) || unanswered >= std::max<std::size_t>(1, kept_max_ / 4) ||
        try_at_ - now > tries_apart * waiting_max) {
        return false;
    }
    const TimePoint due = std::max(now, try_at_);
    if (!kept_.keep(at, {.by = by}, due)) {
        return false;
    }
    ++unanswered_[by];
    try_at_ = due + tries_apart;
    return true;
}

void PeerExchange::count_answered(Kept& kept) {
    if (!std::exchange(kept.answered, true)) {
        if (const auto counted = unanswered_.find(kept.by); --counted->second == 0) {
            unanswered_.erase(counted);
        }
    }
}

void PeerExchange::drop(const Address& at) {
    count_answered(*kept_.find(at));
    kept_.drop(at);
}

void PeerExchange::tells_nothing(const Address& at) {
    if (const auto peer = peers_.find(at); peer != peers_.end()) {
        peer->second = Asked::in_vain;
    }
}

// Those first that were never asked; then one after the other.
std::optional<Address> PeerExchange::ask(TimePoint now, Random& random) {
    if (ask_at_ > now) {
        return std::nullopt;
    }
    const auto is = [](Asked which) {
        return [which](const auto& peer) { return peer.second == which; };
    };
    auto chosen = std::ranges::find_if(peers_, is(Asked::never));
    if (chosen == peers_.end()) {
        chosen = std::find_if(peers_.upper_bound(asked_last_), peers_.end(), is(Asked::before));
    }
    if (chosen == peers_.end()) {
        chosen = std::ranges::find_if(peers_, is(Asked::before));
    }
    if (chosen == peers_.end()) {
        ask_at_ = TimePoint::max();
        return std::nullopt;
    }
    chosen->second = Asked::before;
    asked_last_ = chosen->first;
    asked_at_ = now;
    const bool more = std::ranges::any_of(peers_, is(Asked::never));
    ask_at_ = now + std::max(more ? questions_apart : about(every_, random), questions_apart);
    return asked_last_;
}

std::vector<Address> PeerExchange::introduce(TimePoint now, const Backoff& backoff,
                                             Random& random) {
    std::vector<Address> there;
    for (const Address& at : kept_.due(now)) {
        Kept& kept = *kept_.find(at);
        if (kept.rests) {
            drop(at);
        } else if (kept.tries >= (kept.answered ? tries_again_max : tries_max)) {
            kept.rests = true;
            kept_.answered(at, now + rests_for);
        } else {
            ++kept.tries;
            kept_.asked(at, now, backoff, random);
            there.push_back(at);
        }
    }
    return there;
}

std::optional<PeerExchange::TimePoint> PeerExchange::next() const {
    const auto introduces = kept_.next();
    const auto soonest = introduces ? std::min(*introduces, ask_at_) : ask_at_;
    return soonest == TimePoint::max() ? std::nullopt : std::optional(soonest);
}

}  // namespace netaio::core
