#pragma once

#include <netaio/default_peer.hpp>
#include "cases.hpp"
#include "core/dispatcher.hpp"
#include "core/peer_handler.hpp"

/// Drives a node of the core through the cases that describe one, without sockets.
namespace netaio::vectors {

/// A node as a case configures it, with a handler that records for each of its handlers.
class NodeDriver {
public:
    NodeDriver(const Json& one_case, core::Role role);

    /// Feeds what a stream brings, as a server or client does, until it ends or `data` is used up.
    /// Each frame's outcome at a client is in `returned`, null when it was discarded.
    void feed_stream(std::string data);
    /// Feeds one datagram. False when it could not be parsed.
    bool feed_datagram(std::string datagram);

    std::vector<OwnedMessage> handled;
    std::vector<std::optional<OwnedMessage>> returned;
    bool ended = false;  ///< a frame could not be parsed
    std::string sent;    ///< replies, one frame after the other

    core::Node& node() noexcept { return node_; }
    /// What peer management says of the local peer, protected with its plugins and the node's.
    std::string management_message(MessageType type);

private:
    class Remote;

    void add_handlers(const Json& handlers, Dialect dialect);
    void manage_peers(const Json& description, Dialect dialect);

    CaseEnvironment environment_;
    core::Node node_;
    core::Tallies tallies_;
    core::Dispatcher dispatcher_;
    DefaultPeer peer_plugin_;
    std::shared_ptr<core::PeerManagement> management_;
    std::unique_ptr<core::Source> remote_;
};

}  // namespace netaio::vectors
