#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <netaio/address.hpp>
#include <netaio/awaitable.hpp>
#include <netaio/backoff.hpp>
#include <netaio/connection_state.hpp>
#include <netaio/never.hpp>
#include <optional>
#include <string>
#include <system_error>

namespace netaio {

/// What becomes of requests that are made while there is no connection.
enum class Meanwhile : std::uint8_t {
    wait,  ///< they wait for one, as long as each may take
    fail,  ///< they fail with Errc::not_connected
};

/// A server by what TcpClient::connect() takes. A name is looked up anew at each attempt.
struct ServerName {
    std::string host;
    std::uint16_t port = 0;  ///< none where the host is the name of another transport
};

/// How TcpClient::keep_connected() keeps a connection.
struct KeepOptions {
    /// Told of each change, why if something failed, and of the attempts since the client was last
    /// connected, that one included. May do whatever it likes to the client; what it throws is
    /// logged.
    std::function<void(ConnectionState state, std::error_code why, unsigned attempt)> on_state = {};
    /// What is said first on each connection, to the server there: connected only counts when it
    /// has ended, and until then requests that name no server wait. What it throws ends the
    /// attempt.
    ///
    ///     .greet = [&](Address server) -> awaitable<void> {
    ///         co_await client.create("session", token, {.server = server});
    ///     }
    std::function<awaitable<void>(Address server)> greet = {};
    /// The pauses between attempts, and the one before the first attempt after an end. They begin
    /// anew once a connection has lasted longer than the next pause would.
    Backoff backoff = {};
    /// Attempts in a row before it gives up; nothing for never.
    std::optional<unsigned> attempts = std::nullopt;
    /// A server that was not heard for so long is asked for a sign of life, as it is when it was
    /// just reached: REQUEST_URI of `netaio/alive`, to which any answer will do. With `never`
    /// nobody notices a server that hangs.
    std::chrono::milliseconds heartbeat = std::chrono::seconds(15);
    /// How long it may stay silent then; beyond that the connection ends with Errc::timeout.
    std::chrono::milliseconds heartbeat_timeout = std::chrono::seconds(10);
    /// What becomes of requests, subscriptions among them, that name no server.
    Meanwhile requests = Meanwhile::wait;
    /// Bytes that may wait so, 512 for each request beside its uri and content; more fail with
    /// Errc::queue_full.
    std::size_t waiting_max = 4 << 20;
    /// Whether it gives up when a server says that authentication failed, or is not to be believed
    /// itself, in its first answer. Else that is an attempt that failed.
    bool end_on_refusal = true;
};

}  // namespace netaio
