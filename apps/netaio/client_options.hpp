#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "output.hpp"
#include "protection.hpp"
#include "session_settings.hpp"

namespace netaio::app {

/// What all client commands take.
struct ClientOptions {
    std::string server = "127.0.0.1:8888";
    /// Datagrams to a node rather than a connection to a server.
    bool udp = false;
    double timeout_seconds = 10;
    OutputOptions output;
    ProtectionOptions protection;
    SessionSettings session;
    std::string log_level = "error";
    /// Whether the server is the netaiod of this machine.
    bool daemon = false;
};

/// Whom a client command may ask.
enum class Asks { servers_and_nodes, servers };

void add_client_options(CLI::App& command, ClientOptions& options,
                        Asks whom = Asks::servers_and_nodes);

/// What commands take that ask the netaiod of this machine.
void add_daemon_options(CLI::App& command, ClientOptions& options);

}  // namespace netaio::app
