#include "peers.hpp"

#include <algorithm>

namespace netaio::core {

// The entry of a peer, a new one if need be; null when there is no room.
PeerTable::Entry* PeerTable::admit(const Peer& peer, Changes& changes) {
    auto known = by_id_.find(peer.id);
    if (known == by_id_.end()) {
        if (by_id_.size() >= peers_max_) {
            return nullptr;
        }
        known =
            by_id_.emplace(peer.id, Entry{std::make_shared<const Peer>(Peer{.id = peer.id})}).first;
        count_.store(by_id_.size(), std::memory_order_relaxed);
        changes.emplace_back(PeerEvent::joined, nullptr);
    } else if (known->second.peer->data != peer.data) {
        changes.emplace_back(PeerEvent::changed, nullptr);
    }
    return &known->second;
}

void PeerTable::learn(Entry& entry, const Address& address, TimePoint now) {
    if (entry.heard_at.size() >= addresses_max && !entry.heard_at.contains(address)) {
        const auto oldest = std::ranges::min_element(
            entry.heard_at, {}, [](const auto& heard) { return heard.second; });
        forget(entry, oldest->first);
    }
    entry.heard_at[address] = now;
    entry.latest = address;
    auto& ids = ids_at_[address];
    std::erase(ids, entry.peer->id);
    ids.push_back(entry.peer->id);
}

void PeerTable::forget(Entry& entry, const Address& address) {
    const Address gone = address;
    if (const auto ids = ids_at_.find(gone); ids != ids_at_.end()) {
        std::erase(ids->second, entry.peer->id);
        if (ids->second.empty()) {
            ids_at_.erase(ids);
        }
    }
    entry.heard_at.erase(gone);
    if (entry.latest == gone && !entry.heard_at.empty()) {
        entry.latest = std::ranges::max_element(entry.heard_at, {}, [](const auto& heard) {
                           return heard.second;
                       })->first;
    }
}

// Makes the snapshot anew: what the peer says of itself, where it was heard.
void PeerTable::renew(Entry& entry, const Peer& says) {
    auto next = std::make_shared<Peer>(Peer{says.id, says.data, {}, entry.last_heard});
    for (const auto& [address, when] : entry.heard_at) {
        next->addresses.insert(address);
    }
    entry.peer = std::move(next);
}

PeerTable::Entries::iterator PeerTable::drop(Entries::iterator entry, Changes& changes) {
    changes.emplace_back(PeerEvent::left, current(entry->second));
    while (!entry->second.heard_at.empty()) {
        forget(entry->second, entry->second.heard_at.begin()->first);
    }
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
    if (observer_) {
        for (const auto& [event, peer] : changes) {
            observer_(event, *peer);
        }
    }
}

bool PeerTable::hear(const Peer& peer, const Address& address, TimePoint now) {
    Changes changes;
    {
        const std::lock_guard lock(mutex_);
        if (ids_at_.size() >= peers_max_ && !ids_at_.contains(address)) {
            return false;
        }
        Entry* entry = admit(peer, changes);
        if (!entry) {
            return false;
        }
        const bool at_new_address = !entry->heard_at.contains(address);
        learn(*entry, address, now);
        entry->last_heard = now;
        if (at_new_address && changes.empty()) {
            changes.emplace_back(PeerEvent::changed, nullptr);
        }
        if (!changes.empty()) {
            renew(*entry, peer);
            changes.front().second = entry->peer;
        }
    }
    tell(changes);
    return true;
}

bool PeerTable::keep(const Peer& peer, TimePoint now) {
    Changes changes;
    {
        const std::lock_guard lock(mutex_);
        if (ids_at_.size() + peer.addresses.size() > peers_max_) {
            return false;
        }
        Entry* entry = admit(peer, changes);
        if (!entry) {
            return false;
        }
        entry->kept = true;
        for (const Address& address : peer.addresses) {
            learn(*entry, address, now);
        }
        entry->last_heard = now;
        renew(*entry, peer);
        for (auto& change : changes) {
            change.second = entry->peer;
        }
    }
    tell(changes);
    return true;
}

void PeerTable::refresh(const Address& address, TimePoint now) {
    const std::lock_guard lock(mutex_);
    const auto ids = ids_at_.find(address);
    if (ids == ids_at_.end()) {
        return;
    }
    Entry& entry = by_id_.find(ids->second.back())->second;
    entry.last_heard = now;
    entry.heard_at.find(address)->second = now;
    entry.latest = address;
}

std::set<Address> PeerTable::remove(ByteView id) {
    Changes changes;
    {
        const std::lock_guard lock(mutex_);
        const auto known = by_id_.find(id);
        if (known == by_id_.end()) {
            return {};
        }
        drop(known, changes);
    }
    tell(changes);
    return changes.front().second->addresses;
}

void PeerTable::remove_address(const Address& address) {
    Changes changes;
    {
        const std::lock_guard lock(mutex_);
        const auto found = ids_at_.find(address);
        if (found == ids_at_.end()) {
            return;
        }
        for (const std::string& id : std::vector<std::string>(found->second)) {
            const auto known = by_id_.find(id);
            Entry& entry = known->second;
            if (entry.heard_at.size() == 1) {
                drop(known, changes);
                continue;
            }
            forget(entry, address);
            renew(entry, *entry.peer);
        }
    }
    tell(changes);
}

void PeerTable::expire(TimePoint silent_since) {
    Changes changes;
    {
        const std::lock_guard lock(mutex_);
        for (auto known = by_id_.begin(); known != by_id_.end();) {
            Entry& entry = known->second;
            if (entry.kept) {
                ++known;
                continue;
            }
            if (entry.last_heard < silent_since) {
                known = drop(known, changes);
                continue;
            }
            std::vector<Address> silent;
            for (const auto& [address, when] : entry.heard_at) {
                if (when < silent_since) {
                    silent.push_back(address);
                }
            }
            if (!silent.empty()) {
                for (const Address& address : silent) {
                    forget(entry, address);
                }
                renew(entry, *entry.peer);
            }
            ++known;
        }
    }
    tell(changes);
}

PeerTable::Snapshot PeerTable::find(const Address& address) const {
    const std::lock_guard lock(mutex_);
    const auto ids = ids_at_.find(address);
    return ids == ids_at_.end() ? nullptr : by_id_.find(ids->second.back())->second.peer;
}

PeerTable::Snapshot PeerTable::find_id(ByteView id) const {
    const std::lock_guard lock(mutex_);
    const auto known = by_id_.find(id);
    return known == by_id_.end() ? nullptr : current(known->second);
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
