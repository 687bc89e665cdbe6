#pragma once

#include <chrono>
#include <functional>
#include <netaio/peer.hpp>
#include <netaio/plugins.hpp>
#include <string>

namespace netaio {

/// How a node makes itself known to others and keeps track of them (protocol.md §9).
struct PeerManagementOptions {
    /// Peers of other apps are not seen: the uri of the messages that introduce and withdraw peers.
    std::string app_id = "netaio";
    /// How often the node advertises itself; servers only do when this is turned on. Each time some
    /// tenth sooner or later, so that nodes started together drift apart.
    std::chrono::milliseconds advertise_every = std::chrono::seconds(20);
    /// Peers not heard for so long have left. With several app ids, the longest counts.
    std::chrono::milliseconds peer_timeout = std::chrono::seconds(60);
    /// The inner layer of these messages, beside the node's own. With an auth plugin here, nobody
    /// can introduce or withdraw a peer without its secret.
    Plugins plugins = {};
    /// Over UDP, whether peers tell each other of further ones (protocol.md §9), and how many
    /// addresses that this node was told of it tries and stays introduced to: it asks, and tells,
    /// those alone whom an auth plugin names (Message::who()). 0: it neither asks nor tells.
    std::size_t exchange_max = 0;
};

/// What a node tells of its peers. Called on the thread that noticed, which for nodes with one
/// event loop is that loop's; a server with several may make calls at once and in another order
/// than things happened; peers() and the like may be called from within. Exceptions are logged
/// and go no further.
struct PeerCallbacks {
    /// A peer that was not known.
    std::function<void(const Peer&)> joined = {};
    /// A known one with new data, a new address, or an address less.
    std::function<void(const Peer&)> changed = {};
    /// A peer that said so, fell silent, lost its last connection, or was removed.
    std::function<void(const Peer&)> left = {};
};

}  // namespace netaio
