#include "client_options.hpp"

#include <netaio/daemon_client.hpp>

#include "logging.hpp"
#include "values.hpp"

namespace netaio::app {

namespace {

// How long to wait, how to show what comes, and what to log.
void add_terms(CLI::App& command, ClientOptions& options) {
    command
        .add_option("--timeout", options.timeout_seconds,
                    "how long to wait for it; fractions are fine")
        ->type_name("SECONDS")
        ->check(decimal_number(0.001, 31536000))
        ->capture_default_str();
    command.add_flag("--json", options.output.json, "print one JSON object a line");
    add_log_option(command, options.log_level);
}

}  // namespace

void add_client_options(CLI::App& command, ClientOptions& options, Asks whom) {
    const bool nodes = whom == Asks::servers_and_nodes;
    command
        .add_option("--server", options.server,
                    nodes ? "the server or node to ask" : "the server to ask")
        ->type_name("HOST:PORT|unix:PATH")
        ->capture_default_str();
    if (nodes) {
        command.add_flag("--udp", options.udp,
                         "ask a node, by datagrams, instead of a server by TCP");
    }
    add_terms(command, options);
    add_protection_options(command, options.protection);
    add_session_options(command, options.session, SessionEnd::client);
}

void add_daemon_options(CLI::App& command, ClientOptions& options) {
    options.daemon = true;
    options.server = "unix:" + DaemonClient::default_socket();
    command
        .add_option_function<std::string>(
            "--socket", [&options](const std::string& path) { options.server = "unix:" + path; },
            "where netaiod listens")
        ->type_name("PATH")
        ->default_str(DaemonClient::default_socket());
    add_terms(command, options);
}

}  // namespace netaio::app
