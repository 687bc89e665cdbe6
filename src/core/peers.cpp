#include "peers.hpp"

#include <algorithm>

#include "source_limiter.hpp"

namespace netaio::core {
namespace {

// Of all tables, as plugins serve several.
std::uint64_t next_revision() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// Takes back what was half done when the rest of it throws.
template <class Back>
class Unless {
public:
    explicit Unless(Back back) : back_(std::move(back)) {}
    ~Unless() {
        if (!done_) {
            back_();
        }
    }
    Unless(const Unless&) = delete;
    Unless& operator=(const Unless&) = delete;

    void done() noexcept { done_ = true; }

private:
    Back back_;
    bool done_ = false;
};

}  // namespace

// Puts a peer at these addresses, a new one if need be; null when there is no room.
PeerTable::Entry* PeerTable::admit(const Peer& peer, const std::set<Address>& heard_at,
                                   TimePoint now, Changes& changes) {
    const auto more = std::ranges::count_if(
        heard_at, [this](const Address& address) { return !at_.contains(address); });
    auto known = by_id_.find(peer.id);
    const bool joined = known == by_id_.end();
    const std::size_t bytes = bytes_ - (joined ? 0 : known->second.peer->data.size()) +
                              peer.data.size() + (joined ? peer.id.size() : 0);
    if (at_.size() + static_cast<std::size_t>(more) > peers_max_ ||
        (joined && by_id_.size() >= peers_max_) || bytes > bytes_max) {
        return nullptr;
    }
    std::vector<Address> learned;
    learned.reserve(heard_at.size());
    changes.events.reserve(changes.events.size() + 1);
    if (joined) {
        known = by_id_
                    .emplace(peer.id,
                             Entry{std::make_shared<const Peer>(Peer{.id = peer.id, .data = {}})})
                    .first;
    }
    Entry& entry = known->second;
    Unless all_of_it([&] {
        for (const Address& address : learned) {
            forget(entry, address, nullptr);
        }
        if (joined) {
            by_id_.erase(known);
        }
    });
    bool changed = joined || entry.peer->data != peer.data;
    for (const Address& address : heard_at) {
        const bool is_new = !entry.heard_at.contains(address);
        learn(entry, address, now, changes);
        if (is_new) {
            learned.push_back(address);
            changed = true;
        }
    }
    entry.last_heard = now;
    if (changed) {
        renew(entry, peer);
        changes.events.emplace_back(joined ? PeerEvent::joined : PeerEvent::changed, entry.peer);
    }
    all_of_it.done();
    bytes_ = bytes;
    count_.store(by_id_.size(), std::memory_order_relaxed);
    return &entry;
}

void PeerTable::learn(Entry& entry, const Address& address, TimePoint now, Changes& changes) {
    changes.vacated.reserve(changes.vacated.size() + 1);
    const auto [heard, is_new] = entry.heard_at.try_emplace(address);
    Unless heard_there([&, at = heard, added = is_new] {
        if (added) {
            entry.heard_at.erase(at);
        }
    });
    const auto here = at_.try_emplace(address).first;
    Unless somebody_here([&] {
        if (here->second.empty()) {
            at_.erase(here);
        }
    });
    const auto host = at_host_.try_emplace(host_of(address), 0).first;
    Unless host_counted([&] {
        if (host->second == 0) {
            at_host_.erase(host);
        }
    });
    here->second.emplace(next_order_, &entry);
    heard_there.done();
    somebody_here.done();
    host_counted.done();
    if (is_new) {
        ++host->second;
    } else {
        here->second.erase(heard->second.order);
    }
    heard->second.when = now;
    heard->second.order = next_order_++;
    entry.latest = address;
    if (entry.heard_at.size() > addresses_max) {
        auto oldest = entry.heard_at.end();
        for (auto at = entry.heard_at.begin(); at != entry.heard_at.end(); ++at) {
            if (at != heard &&
                (oldest == entry.heard_at.end() || at->second.when < oldest->second.when)) {
                oldest = at;
            }
        }
        forget(entry, oldest->first, &changes);
    }
}

void PeerTable::forget(Entry& entry, const Address& address, Changes* changes) noexcept {
    const Address gone = address;
    const auto heard = entry.heard_at.find(gone);
    if (heard == entry.heard_at.end()) {
        return;
    }
    const auto here = at_.find(gone);
    here->second.erase(heard->second.order);
    if (here->second.empty()) {
        at_.erase(here);
        if (changes) {
            changes->vacated.push_back(gone);
        }
    }
    entry.heard_at.erase(heard);
    if (const auto host = at_host_.find(host_of(gone)); --host->second == 0) {
        at_host_.erase(host);
    }
    if (entry.latest == gone && !entry.heard_at.empty()) {
        entry.latest = std::ranges::max_element(entry.heard_at, {}, [](const auto& one) {
                           return one.second.when;
                       })->first;
    }
}

void PeerTable::forget_all(Entry& entry, Changes* changes) noexcept {
    while (!entry.heard_at.empty()) {
        forget(entry, entry.heard_at.begin()->first, changes);
    }
}

// Makes the snapshot anew: what the peer says of itself, where it was heard.
void PeerTable::renew(Entry& entry, const Peer& says) {
    const Peer& was = *entry.peer;
    const bool same = was.revision > 0 && was.data == says.data;
    auto next = std::make_shared<Peer>(Peer{.id = says.id,
                                            .data = says.data,
                                            .last_heard = entry.last_heard,
                                            .revision = same ? was.revision : next_revision()});
    for (const auto& [address, heard] : entry.heard_at) {
        next->addresses.insert(address);
    }
    entry.peer = std::move(next);
}

PeerTable::Entries::iterator PeerTable::drop(Entries::iterator entry, Changes& changes) {
    changes.vacated.reserve(changes.vacated.size() + entry->second.heard_at.size());
    changes.events.emplace_back(PeerEvent::left, current(entry->second));
    forget_all(entry->second, &changes);
    bytes_ -= entry->first.size() + entry->second.peer->data.size();
    const auto next = by_id_.erase(entry);
    count_.store(by_id_.size(), std::memory_order_relaxed);
    return next;
}

// Messages refresh the entry alone, so that they cost no copy of the peer.
PeerTable::Snapshot PeerTable::current(const Entry& entry) {
    if (entry.peer->last_heard == entry.last_heard) {
        return entry.peer;
    }
    auto peer = std::make_shared<Peer>(*entry.peer);
    peer->last_heard = entry.last_heard;
    return peer;
}

void PeerTable::tell(const Changes& changes) const {
    if (vacated_) {
        std::ranges::for_each(changes.vacated, std::cref(vacated_));
    }
    for (const auto& [event, peer] : changes.events) {
        if (observer_) {
            observer_(event, *peer);
        }
    }
}

// Whatever happens while the table changes, its owner is told of what did change.
template <class Work>
void PeerTable::change(const Work& work) {
    Changes changes;
    std::unique_lock lock(mutex_);
    try {
        work(changes);
    } catch (...) {
        lock.unlock();
        tell(changes);
        throw;
    }
    lock.unlock();
    tell(changes);
}

bool PeerTable::hear(const Peer& peer, const Address& address, TimePoint now, bool vouched) {
    bool admitted = false;
    change([&](Changes& changes) {
        const auto known = by_id_.find(peer.id);
        const auto host = at_host_.find(host_of(address));
        const bool crowded = !vouched && (host == at_host_.end() ? 0 : host->second) >= host_max_ &&
                             (known == by_id_.end() || !known->second.heard_at.contains(address));
        admitted = !crowded && admit(peer, {address}, now, changes) != nullptr;
        if (!admitted) {
            refused_.fetch_add(1, std::memory_order_relaxed);
        }
    });
    return admitted;
}

void PeerTable::hear_again(ByteView id, const Address& address, TimePoint now) {
    change([&](Changes& changes) {
        const auto known = by_id_.find(id);
        if (known == by_id_.end() || at_.contains(address) || known->second.heard_at.empty() ||
            known->second.heard_at.size() >= addresses_max) {
            return;
        }
        const Address before = known->second.latest;
        const Peer peer = *known->second.peer;
        if (Entry* entry = admit(peer, {address}, now, changes)) {
            entry->latest = before;
        }
    });
}

bool PeerTable::keep(const Peer& peer, TimePoint now) {
    bool kept = false;
    change([&](Changes& changes) {
        Entry* entry = admit(peer, peer.addresses, now, changes);
        if (!entry) {
            return;
        }
        kept = entry->kept = true;
        for (auto& [address, heard] : entry->heard_at) {
            heard.by_hand = heard.by_hand || peer.addresses.contains(address);
        }
    });
    return kept;
}

void PeerTable::refresh(const Address& address, TimePoint now) {
    const std::lock_guard lock(mutex_);
    const auto here = at_.find(address);
    if (here == at_.end()) {
        return;
    }
    Entry& entry = *here->second.rbegin()->second;
    entry.last_heard = now;
    entry.heard_at.find(address)->second.when = now;
    entry.latest = address;
}

std::set<Address> PeerTable::remove(ByteView id) {
    Snapshot removed;
    change([&](Changes& changes) {
        if (const auto known = by_id_.find(id); known != by_id_.end()) {
            drop(known, changes);
            removed = changes.events.front().second;
        }
    });
    return removed ? removed->addresses : std::set<Address>();
}

void PeerTable::remove_address(const Address& address) {
    change([&](Changes& changes) {
        const auto found = at_.find(address);
        if (found == at_.end()) {
            return;
        }
        // A copy, as the last of them takes the list along.
        for (const auto& [order, entry] : std::map(found->second)) {
            if (entry->heard_at.size() == 1) {
                drop(by_id_.find(entry->peer->id), changes);
                continue;
            }
            forget_some(*entry, {address}, changes);
        }
    });
}

void PeerTable::expire(TimePoint silent_since) {
    change([&](Changes& changes) {
        for (auto known = by_id_.begin(); known != by_id_.end();) {
            Entry& entry = known->second;
            if (!entry.kept && entry.last_heard < silent_since) {
                known = drop(known, changes);
                continue;
            }
            if (!entry.kept) {
                forget_silent(entry, silent_since, changes);
            }
            ++known;
        }
    });
}

void PeerTable::forget_silent(Entry& entry, TimePoint silent_since, Changes& changes) {
    std::vector<Address> silent;
    for (const auto& [address, heard] : entry.heard_at) {
        if (heard.when < silent_since) {
            silent.push_back(address);
        }
    }
    if (!silent.empty()) {
        forget_some(entry, silent, changes);
    }
}

// Not the last of them.
void PeerTable::forget_some(Entry& entry, const std::vector<Address>& gone, Changes& changes) {
    changes.vacated.reserve(changes.vacated.size() + gone.size());
    changes.events.reserve(changes.events.size() + 1);
    for (const Address& address : gone) {
        forget(entry, address, &changes);
    }
    renew(entry, *entry.peer);
    changes.events.emplace_back(PeerEvent::changed, entry.peer);
}

PeerTable::Snapshot PeerTable::find(const Address& address) const {
    const std::lock_guard lock(mutex_);
    const auto here = at_.find(address);
    return here == at_.end() ? nullptr : here->second.rbegin()->second->peer;
}

PeerTable::Snapshot PeerTable::find_id(ByteView id) const {
    const std::lock_guard lock(mutex_);
    const auto known = by_id_.find(id);
    return known == by_id_.end() ? nullptr : current(known->second);
}

bool PeerTable::keeps(const Address& address) const {
    if (empty()) {
        return false;
    }
    const std::lock_guard lock(mutex_);
    const auto here = at_.find(address);
    return here != at_.end() && std::ranges::any_of(here->second, [&](const auto& one) {
               return one.second->heard_at.find(address)->second.by_hand;
           });
}

std::vector<PeerTable::Snapshot> PeerTable::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<Snapshot> peers;
    peers.reserve(by_id_.size());
    for (const auto& [id, entry] : by_id_) {
        peers.push_back(current(entry));
    }
    return peers;
}

std::vector<std::pair<PeerTable::Snapshot, Address>> PeerTable::reachable() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<Snapshot, Address>> peers;
    peers.reserve(by_id_.size());
    for (const auto& [id, entry] : by_id_) {
        if (!entry.heard_at.empty()) {
            peers.emplace_back(entry.peer, entry.latest);
        }
    }
    return peers;
}

}  // namespace netaio::core
