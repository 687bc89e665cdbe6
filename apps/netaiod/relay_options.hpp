#pragma once

#include <map>
#include <netaio/netaio.hpp>
#include <optional>
#include <string>

#include "local_users.hpp"
#include "quota.hpp"
#include "session_settings.hpp"

namespace netaio::daemon {

/// A server that programs reach by its name (`server:NAME`).
struct NamedServer {
    std::string host;
    std::uint16_t port = 0;
    Plugins plugins = {};
    SessionOptions session = {};
    /// What these come from: with others, the server is connected to anew.
    app::SessionSettings session_settings = {};

    /// Whether a connection to the other one is one to this, whatever its plugins.
    bool is_where(const NamedServer& other) const {
        return host == other.host && port == other.port && session.policy == other.session.policy &&
               session_settings == other.session_settings;
    }
};

/// Where the daemon's traffic comes in and goes out, and what it is held to. Plain values: what a
/// configuration means.
struct RelayOptions {
    /// Where programs connect: a Unix-domain socket.
    Address socket = {};
    UnixSocketOptions unix_socket = {};
    LocalUsers users = {};
    /// What programs may say and serve; none: everything.
    std::shared_ptr<const AccessRules> local_rules = nullptr;
    Quota quota = {};
    /// Whether programs reach whomever they know the address of, beside those that came to them.
    bool any_address = true;
    /// The message types of programs and network.
    MessageTypes types = {};
    /// How long an app may take to answer, and a server for a question of an app.
    std::chrono::milliseconds answer_timeout = std::chrono::seconds(60);
    /// Questions of a program, or of a connection from the network, that wait for their answers.
    std::size_t questions_max = 4096;

    /// For clients from the network, if any: where it listens, with plugins, rules and bounds.
    std::optional<TcpServerOptions> tcp = std::nullopt;
    /// For nodes of the network, if any: the port of the group, which becomes the machine's own,
    /// with plugins, rules and bounds. Each program that manages peers gets one of these with
    /// another port.
    std::optional<UdpNodeOptions> udp = std::nullopt;
    /// PeerManagementOptions::exchange_max of programs that manage peers.
    std::size_t exchange_max = 0;
    /// The layer of what is asked of servers that are named by their address alone, and their
    /// sessions.
    Plugins plugins = {};
    SessionOptions session = {};
    std::map<std::string, NamedServer> servers = {};
    /// How long a connection to a server by its address stays when nobody uses it.
    std::chrono::milliseconds server_idle = std::chrono::minutes(1);

    Environment environment = {};
};

}  // namespace netaio::daemon
