#include "peers.hpp"

#include <unistd.h>

#include "exit_code.hpp"
#include "live_node.hpp"
#include "output.hpp"
#include "peer_view.hpp"
#include "table.hpp"

namespace netaio::app {
namespace {

void draw(LiveNode& live, LiveTable& table) {
    table.draw([&](std::size_t width, std::size_t height) {
        return peer_table(live.node().peers(), std::chrono::steady_clock::now(), width, height);
    });
}

// Draws the table now, and again each second.
void keep_drawn(LiveNode& live, LiveTable& table, boost::asio::steady_timer& timer) {
    live.guarded([&] { draw(live, table); });
    timer.expires_after(std::chrono::seconds(1));
    timer.async_wait([&](const boost::system::error_code& error) {
        if (!error) keep_drawn(live, table, timer);
    });
}

int show_table(LiveNode& live) {
    LiveTable table;
    boost::asio::steady_timer timer(live.io());
    live.show_peers([&](std::string_view, const Peer&) { draw(live, table); });
    live.run([&] { keep_drawn(live, table, timer); });
    return static_cast<int>(ExitCode::done);
}

int peers(const NodeOptions& options) {
    const Protection protection = make_protection(options.protection);
    LiveNode live(options, protection, SignalsOf::command);
    if (!options.json && ::isatty(STDOUT_FILENO) != 0) return show_table(live);
    live.show_peers([&](std::string_view event, const Peer& peer) {
        write_line(options.json ? peer_json(event, peer) : peer_line(event, peer));
    });
    live.run([] {});
    return static_cast<int>(ExitCode::done);
}

}  // namespace

void add_peers_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* command =
        app.add_subcommand("peers", "Show the nodes of the network as they come and go");
    const auto options = std::make_shared<NodeOptions>();
    add_network_options(*command, *options);
    add_peer_options(*command, *options);
    add_common_options(*command, *options);
    command->callback([&chosen, options] { chosen = [options] { return peers(*options); }; });
}

}  // namespace netaio::app
