#pragma once

#include <netaio/peer_management.hpp>
#include <optional>
#include <vector>

namespace netaio {

namespace core {
struct Node;
class PeerManager;
}  // namespace core

/// What servers, clients and nodes share: the peers they know (protocol.md §9). As thread-safe as
/// the class that derives from it.
class PeerRegistry {
public:
    PeerRegistry(const PeerRegistry&) = delete;
    PeerRegistry& operator=(const PeerRegistry&) = delete;

    /// Makes this node known to others, keeps track of them, and answers those that make themselves
    /// known; for several app ids if called with several, anew if called with the same. Throws
    /// std::logic_error when the options gave the node no local_peer, std::invalid_argument for
    /// times that make no sense, or a cipher that hides the app id.
    void manage_peers(PeerManagementOptions options = {});
    /// Ends that for an app id, and says DISCONNECT to those who listen. Peers already known stay
    /// until they leave.
    void stop_managing_peers(std::string app_id = "netaio");
    /// To be called before anything runs.
    void set_peer_callbacks(PeerCallbacks callbacks);

    /// The peers known now, by id.
    std::vector<Peer> peers() const;
    std::optional<Peer> peer(ByteView id) const;
    /// The one last heard at that address.
    std::optional<Peer> peer_at(const Address& address) const;
    /// Adds a peer by hand, with its addresses; it stays until it says that it leaves, loses its
    /// last connection (TCP), or is removed. False when there is no room.
    bool add_peer(const Peer& peer);
    /// Forgets a peer. Whether it was known.
    bool remove_peer(ByteView id);

protected:
    PeerRegistry() = default;
    virtual ~PeerRegistry() = default;

private:
    virtual core::Node& core_node() const = 0;
    // Does something on the thread that manages peers.
    virtual void with_peer_manager(std::function<void(core::PeerManager&)> work) = 0;
};

}  // namespace netaio
