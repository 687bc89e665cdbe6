#pragma once

#include <CLI/CLI.hpp>
#include <netaio/tcp_server.hpp>
#include <string>

namespace netaio::app {

/// The bounds of a server's connections, as given. Times are in seconds; 0 takes a bound away.
struct ServerLimits {
    std::size_t connections_max = TcpServerOptions().connections_max;
    std::size_t strangers_per_host_max = TcpServerOptions().strangers_per_host_max;
    std::size_t frame_max = TcpServerOptions().frame_max;
    double idle_timeout = 600;
    double frame_timeout = 30;
    double send_timeout = 30;
    double keepalive_timeout = 30;
    std::size_t send_queue_max = TcpServerOptions().send_queue_max;
    std::string slow_receiver = "drop-oldest";

    static constexpr std::uint64_t count_max = std::uint64_t(1) << 40;
    static constexpr std::size_t frame_size_min = 9;
    static constexpr std::size_t frame_size_max = 131079;
};

/// What `slow_receiver` may be.
inline const std::vector<std::string> slow_receivers = {"drop-oldest", "drop-newest", "disconnect"};

void add_server_limits(CLI::App& command, ServerLimits& limits);

/// Gives them to the library's server.
void use_limits(const ServerLimits& limits, TcpServerOptions& options);

}  // namespace netaio::app
