#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <netaio/peer_management.hpp>
#include <optional>
#include <unordered_map>
#include <vector>

#include "callback.hpp"

namespace netaio::core {

/// What became of a peer.
enum class PeerEvent { joined, changed, left };

/// The peers a node knows, by id and by address. Bounded and thread-safe; what it hands out is a
/// snapshot that never changes.
class PeerTable {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Snapshot = std::shared_ptr<const Peer>;
    /// Told of every change, after it, on the thread that made it and without any lock held.
    using Observer = Callback<void(PeerEvent, const Peer&)>;
    /// Told of every address where no peer is known any more, likewise, before the observer.
    using AddressObserver = Callback<void(const Address&)>;

    /// The ids and data of all peers together, in bytes.
    static constexpr std::size_t bytes_max = 64 << 20;
    /// The addresses one peer can be known at; of more, the one silent for longest goes.
    static constexpr std::size_t addresses_max = 16;

    /// Keeps that many peers at most, and that many addresses.
    explicit PeerTable(std::size_t peers_max = 65536) : peers_max_(peers_max) {}

    /// To be set before other threads use the table. It may be set anew, or to nothing, by the one
    /// that is told, and is not told of what else happened then.
    void set_observer(Observer observer, AddressObserver vacated = {}) {
        observer_ = std::move(observer);
        vacated_ = std::move(vacated);
    }
    /// To be set before other threads use the table.
    void set_peers_max(std::size_t peers_max) noexcept { peers_max_ = peers_max; }

    /// The addresses of one host where peers are heard that nobody vouches for, counted once for
    /// each peer. To be set before other threads use the table.
    void set_host_max(std::size_t host_max) noexcept { host_max_ = host_max; }

    /// Adds a peer heard at `address`, or refreshes it with its new data; addresses it has already
    /// don't count. False when the table is full of other peers or addresses, or when nobody
    /// vouches for it and its host has too many already.
    bool hear(const Peer& peer, const Address& address, TimePoint now, bool vouched = true);
    /// Adds an address of a peer as somebody else may have said it, too: unless it is anybody's, or
    /// the peer has as many as it may. What is sent to the peer goes where it went before.
    void hear_again(ByteView id, const Address& address, TimePoint now);
    /// Adds a peer by hand, with its addresses: it stays until it leaves or is removed, however
    /// silent. False when the table is full; addresses it has already don't count.
    bool keep(const Peer& peer, TimePoint now);
    /// A message of its came from that address.
    void refresh(const Address& address, TimePoint now);
    /// The addresses the peer had; empty when it was unknown.
    std::set<Address> remove(ByteView id);
    /// Forgets an address, and with its last one the peer.
    void remove_address(const Address& address);
    /// Forgets the addresses not heard since, and the peers left without any.
    void expire(TimePoint silent_since);

    /// The peer last heard at that address; its last_heard may be older than it is.
    Snapshot find(const Address& address) const;
    Snapshot find_id(ByteView id) const;
    std::vector<Snapshot> all() const;
    /// Every peer once, with the address it was last heard at; peers without one are left out.
    std::vector<std::pair<Snapshot, Address>> reachable() const;
    /// Whether a peer was added by hand with this address.
    bool keeps(const Address& address) const;
    /// How often hear() said no.
    std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }
    bool empty() const noexcept { return count_.load(std::memory_order_relaxed) == 0; }

private:
    struct Heard {
        TimePoint when = {};
        std::uint64_t order = 0;  // later ones are higher
        bool by_hand = false;
    };
    struct Entry {
        Snapshot peer;
        std::map<Address, Heard> heard_at = {};
        Address latest = {};
        TimePoint last_heard = {};
        bool kept = false;
    };
    using Entries = std::map<std::string, Entry, std::less<>>;
    struct Changes {
        std::vector<std::pair<PeerEvent, Snapshot>> events = {};
        std::vector<Address> vacated = {};
    };

    Entry* admit(const Peer& peer, const std::set<Address>& heard_at, TimePoint now,
                 Changes& changes);
    // Each changes all or, when it throws, nothing.
    void learn(Entry& entry, const Address& address, TimePoint now, Changes& changes);
    static void renew(Entry& entry, const Peer& says);
    // `changes` needs room for one more address.
    void forget(Entry& entry, const Address& address, Changes* changes) noexcept;
    void forget_silent(Entry& entry, TimePoint silent_since, Changes& changes);
    void forget_some(Entry& entry, const std::vector<Address>& gone, Changes& changes);
    void forget_all(Entry& entry, Changes* changes) noexcept;
    Entries::iterator drop(Entries::iterator entry, Changes& changes);
    static Snapshot current(const Entry& entry);
    void tell(const Changes& changes) const;
    template <class Work>
    void change(const Work& work);

    std::size_t peers_max_;
    std::size_t host_max_ = static_cast<std::size_t>(-1);
    std::atomic<std::uint64_t> refused_{0};
    std::size_t bytes_ = 0;  // of ids and data
    Observer observer_;
    AddressObserver vacated_;
    mutable std::mutex mutex_;
    std::atomic<std::size_t> count_{0};
    Entries by_id_;
    std::unordered_map<Address, std::map<std::uint64_t, Entry*>> at_;  // by Heard::order
    std::unordered_map<Address, std::size_t> at_host_;                 // addresses of peers
    std::uint64_t next_order_ = 0;
};

}  // namespace netaio::core
