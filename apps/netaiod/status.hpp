#pragma once

#include <chrono>
#include <netaio/body.hpp>
#include <netaio/peer.hpp>
#include <string>
#include <vector>

#include "app_traffic.hpp"
#include "registry.hpp"

namespace netaio::daemon {

/// What there is to tell of an app.
struct AppStatus {
    App app;
    std::vector<ServedKey> keys;
    /// The peers it sees.
    std::size_t peers = 0;
    /// Bytes that wait to be sent to it.
    std::size_t queued_bytes = 0;
    /// Whether it is not read at present, as it sent more than it may.
    bool paused = false;
    /// Must last as long as this.
    const Traffic* traffic = nullptr;
};

/// What there is to tell of a daemon.
struct DaemonStatus {
    std::chrono::steady_clock::duration uptime{};
    std::vector<AppStatus> apps;
    std::vector<Peer> peers;
    /// Connections from the network, and those of them that said something within a session.
    std::size_t clients = 0;
    std::size_t clients_in_sessions = 0;
    /// Of apps that are gone, and of nobody's messages.
    Traffic others;
};

/// The answer to `netaiod/status`, one JSON object without line end, of `size_max` bytes at most if
/// that is above a few hundred: {"uptime_s", "apps": [{"name", "uid", "pid", "keys": [{"type",
/// "uri" or "prefix"}], "peers", "queued_bytes", "paused", "traffic", "by_prefix": [{"prefix", and
/// as "traffic"}], "drops"}], "peers": [{"id", "addresses"}], "totals": {"apps", "keys", "peers",
/// "clients", "clients_in_sessions", "traffic", "queued_bytes", "drops"}}. "traffic" is
/// {"messages_in", "bytes_in", "messages_out", "bytes_out"}, "drops" a number for each cause. What
/// is not UTF-8 is in base64, its member's name with "_base64" behind. Where there is too much,
/// lists are cut short, and how many are missing is a member beside them: "keys_left_out" and the
/// like.
std::string status_json(const DaemonStatus& status, std::size_t size_max = Body::payload_max - 64);

}  // namespace netaio::daemon
