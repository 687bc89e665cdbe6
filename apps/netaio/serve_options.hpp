#pragma once

#include <netaio/tcp_server.hpp>
#include <string>
#include <vector>

#include "protection.hpp"

namespace netaio::app {

/// The command line of `netaio serve`. Times are in seconds.
struct ServeOptions {
    std::vector<std::string> listen = {"127.0.0.1:8888"};
    std::string unix_mode = "0600";
    std::string unix_owner;
    std::string store = "netaio.db";
    std::uint64_t store_max = 0;
    bool read_only = false;
    unsigned threads = 1;
    ProtectionOptions protection;
    std::string rules;
    std::string log_level = "info";

    std::size_t connections_max = TcpServerOptions().connections_max;
    std::size_t strangers_per_host_max = TcpServerOptions().strangers_per_host_max;
    std::size_t frame_max = TcpServerOptions().frame_max;
    double idle_timeout = 600;
    double frame_timeout = 30;
    double send_timeout = 30;
    double keepalive_timeout = 30;
    std::size_t send_queue_max = TcpServerOptions().send_queue_max;
    std::size_t present_max = TcpServerOptions().present_max;
    std::string slow_receiver = "drop-oldest";
    double drain = 5;
};

void add_serve_options(CLI::App& command, ServeOptions& options);

/// The options of the library's server. Resolves names and reads secrets; throws Failure.
TcpServerOptions make_server_options(const ServeOptions& options, const Protection& protection,
                                     const Log& log);

}  // namespace netaio::app
