#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <netaio/plugins.hpp>
#include <unordered_map>
#include <vector>

#include "handler.hpp"

namespace netaio::core {

/// The peers a node knows, by id and by address. Bounded and thread-safe; what it hands out is a
/// snapshot that never changes.
class PeerTable {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Snapshot = std::shared_ptr<const Peer>;

    /// Keeps that many peers at most, and that many addresses.
    explicit PeerTable(std::size_t peers_max = 65536) : peers_max_(peers_max) {}

    /// Adds a peer heard at `address`, or refreshes it with its new data; addresses it has already
    /// don't count. False when the table is full of other peers or addresses.
    bool hear(const Peer& peer, const Address& address, TimePoint now);
    /// A message of its came from that address.
    void refresh(const Address& address, TimePoint now);
    /// The addresses the peer had; empty when it was unknown.
    std::set<Address> remove(ByteView id);
    /// Forgets an address, and with its last one the peer.
    void remove_address(const Address& address);

    Snapshot find(const Address& address) const;
    Snapshot find_id(ByteView id) const;
    std::vector<Snapshot> all() const;
    bool empty() const noexcept { return count_.load(std::memory_order_relaxed) == 0; }

private:
    void forget(const std::string& id, const Address& address);

    std::size_t peers_max_;
    mutable std::mutex mutex_;
    std::atomic<std::size_t> count_{0};
    std::map<std::string, Snapshot, std::less<>> by_id_;
    std::unordered_map<Address, std::vector<std::string>> ids_at_;  // the last heard is the last
};

/// The message of this type that introduces or withdraws `peer` (protocol.md §9).
Result<OwnedMessage> peer_message(MessageType type, ByteView app_id, const Peer& peer,
                                  const PeerPlugin& plugin);

/// What peer management needs of the node it serves.
struct PeerManagement {
    PeerTable& peers;
    const Environment& environment;
    const PeerPlugin& plugin;
    Peer local;
    std::string app_id = "netaio";
    Plugins inner = {};
    /// Whether PEER_DISCOVERED goes out as the handler's reply; else it is pushed (TCP clients).
    bool replies = true;
    /// Told when a peer says it leaves, with the addresses it had.
    std::function<void(const Peer&, const std::set<Address>&)> left = {};
};

/// The handler for one of ADVERTISE_PEER, PEER_DISCOVERED, DISCONNECT, to be registered with the
/// key (type, app id) and the management's inner plugins.
std::shared_ptr<const Handler> peer_handler(MessageType type,
                                            std::shared_ptr<const PeerManagement> management);

}  // namespace netaio::core
