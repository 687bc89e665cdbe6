#include "client_options.hpp"

#include "logging.hpp"
#include "values.hpp"

namespace netaio::app {

void add_client_options(CLI::App& command, ClientOptions& options) {
    command.add_option("--server", options.server, "the server or node to ask")
        ->type_name("HOST:PORT|unix:PATH")
        ->capture_default_str();
    command.add_flag("--udp", options.udp, "ask a node, by datagrams, instead of a server by TCP");
    command
        .add_option("--timeout", options.timeout_seconds,
                    "how long to wait for it; fractions are fine")
        ->type_name("SECONDS")
        ->check(decimal_number(0.001, 31536000))
        ->capture_default_str();
    command.add_flag("--json", options.output.json, "print one JSON object a line");
    add_log_option(command, options.log_level);
    add_protection_options(command, options.protection);
}

}  // namespace netaio::app
