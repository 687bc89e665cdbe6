#pragma once

#include <netaio/tcp_server.hpp>
#include <string>
#include <vector>

#include "protection.hpp"
#include "server_limits.hpp"
#include "session_settings.hpp"

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
    SessionSettings session;
    std::string rules;
    std::string log_level = "info";

    ServerLimits limits;
    std::size_t present_max = TcpServerOptions().present_max;
    double drain = 5;
};

void add_serve_options(CLI::App& command, ServeOptions& options);

/// The options of the library's server. Resolves names and reads secrets; throws Failure.
TcpServerOptions make_server_options(const ServeOptions& options, const Protection& protection,
                                     const Log& log);

}  // namespace netaio::app
