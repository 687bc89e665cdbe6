#pragma once

#include <netaio/udp_node.hpp>
#include <string>
#include <vector>

#include "protection.hpp"
#include "session_settings.hpp"

namespace netaio::app {

/// How commands take part in a network of nodes. Times are in seconds.
struct NodeOptions {
    std::uint16_t port = UdpNodeOptions().port;
    std::vector<std::string> interfaces;
    bool ipv4_only = false;
    bool ipv6_only = false;

    std::string id;
    std::string name;
    std::vector<std::string> data;
    std::string app_id = PeerManagementOptions().app_id;
    double advertise_every = 20;
    double peer_timeout = 60;
    double for_seconds = 0;

    bool json = false;
    ProtectionOptions protection;
    SessionSettings session = {.policy = "off"};  ///< of commands that have sessions
    SessionEnd end = SessionEnd::node;
    std::string kept_seed = {};  ///< the file for a seed where none was named; empty for none
    std::string log_level = "error";
};

/// Adds --port, --interface and the choice of a family.
void add_network_options(CLI::App& command, NodeOptions& options);
/// Adds how the node makes itself known, and --for.
void add_peer_options(CLI::App& command, NodeOptions& options);
/// Adds --json, --log-level and protection.
void add_common_options(CLI::App& command, NodeOptions& options);
/// Gives a command sessions, with its options for them, at that end.
void add_node_session_options(CLI::App& command, NodeOptions& options, SessionEnd end);

/// The options of the library's node, without an identity. Throws Failure, also for interfaces that
/// there are not.
UdpNodeOptions make_node_options(const NodeOptions& options, const Protection& protection);
/// How the node presents itself, with the keys of its protection; with an id made up unless one was
/// given.
Peer make_local_peer(const NodeOptions& options, const Protection& protection);
/// Throws Failure for times that do not fit.
PeerManagementOptions make_peer_management(const NodeOptions& options,
                                           const Protection& protection);

}  // namespace netaio::app
