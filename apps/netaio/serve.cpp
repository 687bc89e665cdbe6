#include "serve.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <memory>

#include "exit_code.hpp"
#include "introduction.hpp"
#include "logging.hpp"
#include "output.hpp"
#include "resource_server.hpp"
#include "rules.hpp"
#include "serve_options.hpp"
#include "signals.hpp"
#include "traffic.hpp"

namespace netaio::app {
namespace {

void start(TcpServer& server, const TcpServerOptions& options) {
    const std::error_code error = server.start();
    if (!error) return;
    std::string places;
    for (const Address& place : options.endpoints) {
        places += (places.empty() ? "" : ", ") + place.str();
    }
    std::string fix = "name another address with --listen HOST:PORT";
    if (std::ranges::any_of(options.endpoints, &Address::is_named)) {
        fix = error == std::errc::address_in_use
                  ? "end the server that listens there, or name another place with --listen"
                  : "check the path of --listen unix:PATH, and --unix-owner, or " + fix;
    } else if (error == std::errc::address_in_use) {
        fix =
            "end the program that listens there, or name another port with --listen HOST:PORT "
            "(port 0 picks a free one)";
    } else if (error == std::errc::address_not_available) {
        fix = "this machine has no such address; " + fix;
    } else if (error == std::errc::permission_denied) {
        fix = "ports below 1024 are for privileged programs; " + fix;
    }
    throw Failure(ExitCode::other,
                  "cannot listen on " + places + ": " + error.message() + "; " + fix);
}

void say_where(const TcpServer& server) {
    for (const Address& place : server.endpoints()) {
        write_line("listening on " + place.str());
    }
}

// Where it listens is said on standard output, and so not in the log as well.
Log unless_starting(const Log& log, const std::string& level,
                    std::shared_ptr<const std::atomic<bool>> starting) {
    return Log(log_level(level),
               [log, starting = std::move(starting)](LogLevel at, std::string_view line) {
                   if (at != LogLevel::info || !*starting) log(at, line);
               });
}

std::string connections_and_traffic(const Counters& counters) {
    return std::to_string(counters.connections_accepted) + " connections, " + traffic(counters);
}

std::string summary(const StopReport& report, const Counters& counters) {
    const auto count = [](std::uint64_t n, const char* what) { return std::to_string(n) + what; };
    return "stopped: " + count(report.drained, " connections drained, ") +
           count(report.cut_off, " cut off, ") +
           count(report.bytes_discarded, " bytes discarded; ") + connections_and_traffic(counters);
}

// Until a signal, and then until connections have drained.
StopReport wait(TcpServer& server, boost::asio::io_context& io, Signals& signals,
                std::chrono::milliseconds drain) {
    StopReport report;
    const auto end = [&] {
        server.stop(drain, boost::asio::bind_executor(
                               io, [&](const boost::system::error_code&, StopReport found) {
                                   report = found;
                                   io.stop();
                               }));
    };
    signals.wait(end, [&] { return "so far: " + connections_and_traffic(server.counters()); });
    io.run();
    return report;
}

int serve(const ServeOptions& options) {
    const Log log = make_log(options.log_level);
    const ProtectionTerms terms{
        .stamps = Stamps::demands,
        .seen = make_lasting_seen(options.protection, options.read_only ? "" : options.store, log)};
    const Protection protection = make_protection(options.protection, terms);
    TcpServerOptions server_options = make_server_options(options, protection, log);

    // Before anything is announced, so that no signal finds it unprepared.
    boost::asio::io_context io(1);
    Signals signals(io.get_executor(), SignalsOf::service);

    Store store({.path = options.store,
                 .read_only = options.read_only,
                 .size_max = options.store_max,
                 .log = log});
    // Others know the server by it again. Who must not write has one of its own.
    if (!options.read_only && options.store != ":memory:") {
        keep_seed(options.store + ".seed", server_options.session);
    }
    WriteQueue writes(store);
    const auto starting = std::make_shared<std::atomic<bool>>(true);
    server_options.environment.log = unless_starting(log, options.log_level, starting);
    std::optional<TcpServer> server(std::in_place, server_options);
    if (protection.local_peer) server->manage_peers(peer_management(protection));
    ResourceServer resources(
        *server, writes, {.protection = protection, .read_only = options.read_only, .log = log});
    resources.begin_with(store);
    start(*server, server_options);
    *starting = false;
    if (const auto key = own_key_text(server_options.session); !key.empty()) announce(key);
    say_where(*server);

    if (reads_secrets(options.protection)) {
        signals.on_hangup([&] {
            remake_protection(options.protection, terms, protection, [&](const Protection& made) {
                server->set_plugins(made.outer);
                resources.use(made.inner);
            });
        });
    }
    if (!options.rules.empty()) {
        signals.on_hangup([&] {
            reload_rules(options.rules, [&](auto rules) { server->set_rules(std::move(rules)); });
        });
    }
    const StopReport report = wait(*server, io, signals, server_options.drain);
    const Counters counters = server->counters();
    writes.close();
    server.reset();
    say(summary(report, counters));
    return static_cast<int>(ExitCode::done);
}

}  // namespace

void add_serve_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* command = app.add_subcommand("serve", "Serve resources from a database");
    const auto options = std::make_shared<ServeOptions>();
    add_serve_options(*command, *options);
    command->callback([&chosen, options] { chosen = [options] { return serve(*options); }; });
}

}  // namespace netaio::app
