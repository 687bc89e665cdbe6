#include "tool.hpp"

#include <CLI/CLI.hpp>

#include "bench.hpp"
#include "exchange.hpp"
#include "exit_code.hpp"
#include "keygen.hpp"
#include "node.hpp"
#include "peers.hpp"
#include "ping.hpp"
#include "rules_command.hpp"
#include "run_program.hpp"
#include "send.hpp"
#include "serve.hpp"
#include "show_interfaces.hpp"
#include "signals.hpp"
#include "status_command.hpp"
#include "store_command.hpp"
#include "subscribe.hpp"
#include "text.hpp"
#include "values.hpp"
#include "watch.hpp"

namespace netaio::app {
namespace {

std::string examples() {
    return "Examples:\n"
           "  netaio serve --listen 0.0.0.0:8888 --hmac @secret.txt --cipher @key.txt\n"
           "  netaio create greeting 'Hello.' --hmac env:NETAIO_SECRET\n"
           "  netaio request greeting --server example.org:8888 --timeout 2 --json\n"
           "  tar c notes | netaio update notes.tar -\n"
           "  netaio subscribe news weather --count 5\n"
           "  netaio node --name kitchen --hmac @secret.txt\n"
           "  netaio multicast news 'Dinner is ready.' --hmac @secret.txt\n"
           "  netaio watch kitchen/\n"
           "What follows -- is taken as it is, such as content that begins with a dash.\n";
}

int parse_and_run(int argc, const char* const* argv) {
    CLI::App app(
        "Resources by URI, authenticated and encrypted: a server, its client, and nodes that find "
        "each other.",
        "netaio");
    app.set_version_flag("--version", "netaio " NETAIO_VERSION);
    app.require_subcommand(1);
    app.get_formatter()->column_width(30);
    app.failure_message([](const CLI::App* tool, const CLI::Error& error) {
        const auto commands = tool->get_subcommands();
        const std::string named = commands.empty() ? "" : commands.front()->get_name() + " ";
        const auto unknown = tool->remaining();
        const std::string what = commands.empty() && !unknown.empty()
                                     ? "there is no command '" + unknown.front() + "'"
                                     : error.what();
        return "netaio: " + sentence(what) + "; see netaio " + named + "--help\n";
    });
    // The commands inherit this footer.
    app.footer(exit_code_help());

    std::function<int()> chosen;
    add_serve_command(app, chosen);
    add_exchange_commands(app, chosen);
    add_subscribe_command(app, chosen);
    add_list_command(app, chosen);
    add_ping_command(app, chosen);
    add_store_command(app, chosen);
    add_keygen_command(app, chosen);
    add_node_command(app, chosen);
    add_peers_command(app, chosen);
    add_send_commands(app, chosen);
    add_interfaces_command(app, chosen);
    add_bench_command(app, chosen);
    add_rules_command(app, chosen);
    add_status_command(app, chosen);
    add_watch_command(app, chosen);
    app.footer(examples() + "\n" + exit_code_help() + "\nThe manual: man netaio");
    guard_values(app, {"URI", "CONTENT"});
    if (const auto code = ended_by_words(app, argc, argv)) return *code;
    end_at_once_on_signals();
    return chosen();
}

}  // namespace

int run_tool(int argc, const char* const* argv) noexcept {
    return run_program("netaio", [&] { return parse_and_run(argc, argv); });
}

}  // namespace netaio::app
