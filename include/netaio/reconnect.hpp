#pragma once

#include <netaio/tcp_client.hpp>

namespace netaio {

/// How auto_reconnect() tries.
struct ReconnectOptions {
    /// Attempts before it gives up.
    unsigned attempts = 3;
    /// How long one attempt may take: above zero, or `never` to give up.
    std::chrono::milliseconds attempt_timeout = std::chrono::seconds(5);
    /// The pause before the second attempt; zero makes none.
    std::chrono::milliseconds delay = std::chrono::seconds(1);
    /// What each further pause is multiplied with; 1 keeps it.
    double backoff = 1.0;
    /// The longest pause.
    std::chrono::milliseconds delay_max = std::chrono::seconds(30);
    /// The part of a pause, 0 to 1, that is random, so that clients do not come back all at once.
    double jitter = 0.0;
    /// Told how it ended: no error when connected again, else the last attempt's.
    std::function<void(const Address& server, std::error_code result)> done = {};
};

/// A timeout handler that closes the connection that timed out and connects again (protocol.md §4):
/// `client.set_timeout_handler(auto_reconnect(client))`. For as long as it is kept, also the
/// connections that end otherwise than by TcpClient::close() are made again, all that the client
/// has and will have, each on its own: keep_connected() without heartbeats, for many servers.
/// Subscriptions are made again, receive loops that ran go on, requests made meanwhile fail.
/// Called, it lasts until it is known how that ended. After the last attempt a server is let go.
std::function<awaitable<void>(TimeoutContext)> auto_reconnect(TcpClient& client,
                                                              ReconnectOptions options = {});

}  // namespace netaio
