#pragma once

#include <functional>

#include "handler.hpp"
#include "peers.hpp"

namespace netaio::core {

/// The message of this type that introduces or withdraws `peer` (protocol.md §9).
Result<OwnedMessage> peer_message(MessageType type, ByteView app_id, const Peer& peer,
                                  const PeerPlugin& plugin);

/// What the handlers of peer messages need of the node they serve, which outlives them.
struct PeerManagement {
    PeerTable& peers;
    const Environment& environment;
    const PeerPlugin& plugin;
    Peer local;
    std::string app_id = "netaio";
    Plugins inner = {};
    /// Whether PEER_DISCOVERED goes out as the handler's reply; else it is pushed (TCP clients).
    bool replies = true;
    /// Says whether who introduces a peer is known to be somebody, by an auth plugin or a
    /// connection; empty where everybody is. Thread-safe.
    std::function<bool()> vouched = {};
    /// Told where a node is that said PEER_DISCOVERED, and so knows this one.
    Callback<void(const Address&)> discovered = {};
    /// Told where a peer is that introduced itself, of whom an auth plugin says who it is.
    std::function<void(const Address&)> named = {};
    /// Whether a peer that is known may be changed by what comes from there; empty where it always
    /// may. What may not is heard as a sign of life from where the peer is, and otherwise told to
    /// be asked about there.
    std::function<bool(const Peer& known, const Source&)> may_change = {};
    std::function<void(const Address&)> ask_about = {};
};

/// The handler for one of ADVERTISE_PEER, PEER_DISCOVERED, DISCONNECT, to be registered with the
/// key (type, app id) and the management's inner plugins. A peer can only be withdrawn from an
/// address it was heard at.
std::shared_ptr<const Handler> peer_handler(MessageType type,
                                            std::shared_ptr<const PeerManagement> management);

/// Tells one of peers: what is answered to whom, in so many bytes at most.
using TellPeers = std::function<std::string(const Address&, std::size_t room)>;
/// The handler for those who ask for peers (PeerExchange), as far as an auth plugin names them.
std::shared_ptr<const Handler> peers_handler(TellPeers tell);

}  // namespace netaio::core
