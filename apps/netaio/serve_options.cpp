#include "serve_options.hpp"

#include "duration.hpp"
#include "endpoint.hpp"
#include "logging.hpp"
#include "unix_owner.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

void add_limits(CLI::App& command, ServeOptions& options) {
    const auto limit = [&](const char* name, auto& value, const char* type, const char* text) {
        return command.add_option(name, value, text)
            ->type_name(type)
            ->capture_default_str()
            ->group("Limits");
    };
    constexpr std::uint64_t any = std::uint64_t(1) << 40;
    limit("--connections-max", options.connections_max, "N",
          "connections at once; who did not authenticate goes first")
        ->check(whole_number(1, any));
    limit("--strangers-per-host-max", options.strangers_per_host_max, "N",
          "connections from one host that did not authenticate yet")
        ->check(whole_number(1, any));
    limit("--frame-max", options.frame_max, "BYTES", "the longest frame, header included")
        ->transform(byte_count(9, 131079));
    limit("--idle-timeout", options.idle_timeout, "SECONDS",
          "close a connection that is silent for so long; 0: never")
        ->check(duration_range());
    limit("--frame-timeout", options.frame_timeout, "SECONDS",
          "how long one frame may take to arrive; 0: for ever")
        ->check(duration_range());
    limit("--send-timeout", options.send_timeout, "SECONDS",
          "disconnect who takes nothing for so long; 0: never")
        ->check(duration_range());
    limit("--keepalive-timeout", options.keepalive_timeout, "SECONDS",
          "disconnect whose machine does not answer for so long; 0: after hours")
        ->check(duration_range());
    limit("--send-queue-max", options.send_queue_max, "BYTES", "how much may wait for one receiver")
        ->transform(byte_count(0, any));
    limit("--present-max", options.present_max, "BYTES",
          "memory for what subscribers with --present get, who are refused beyond")
        ->transform(byte_count(0, any));
    limit("--slow-receiver", options.slow_receiver, "POLICY",
          "what then happens: drop-oldest, drop-newest or disconnect")
        ->check(CLI::IsMember({"drop-oldest", "drop-newest", "disconnect"}).description(""));
    limit("--store-max", options.store_max, "BYTES",
          "how far the store may grow; 0: as far as the disk allows")
        ->transform(byte_count(0, any));
    limit("--drain", options.drain, "SECONDS", "how long connections may finish when stopping")
        ->check(duration_range());
}

SlowReceiver slow_receiver(const std::string& name) noexcept {
    if (name == "drop-newest") return SlowReceiver::drop_newest;
    if (name == "disconnect") return SlowReceiver::disconnect;
    return SlowReceiver::drop_oldest;
}

void warn_if_open(const std::vector<Address>& addresses, const ServeOptions& options) {
    const bool exposed = !std::ranges::all_of(addresses, is_loopback);
    if (exposed && !authenticates(options.protection)) {
        warn(std::string("whoever reaches this machine may read") +
             (options.read_only ? "" : " and change") + " the resources; add --hmac");
    }
}

}  // namespace

void add_serve_options(CLI::App& command, ServeOptions& options) {
    add_list(command, "--listen", options.listen,
             "where to listen; may be repeated; port 0 picks one")
        ->type_name("HOST:PORT|unix:PATH")
        ->default_str(options.listen.front());
    command.add_option("--unix-mode", options.unix_mode, "the permissions of unix:PATH")
        ->type_name("OCTAL")
        ->check(file_mode())
        ->capture_default_str();
    command.add_option("--unix-owner", options.unix_owner, "whose unix:PATH is; yours by default")
        ->type_name("USER[:GROUP]");
    command.add_option("--store", options.store, "the database, made when missing, or :memory:")
        ->type_name("FILE")
        ->capture_default_str();
    command.add_flag("--read-only", options.read_only, "refuse to create, update and delete");
    command.add_option("--threads", options.threads, "event loops; 0: one for each core")
        ->type_name("N")
        ->check(whole_number(0, 1024))
        ->capture_default_str();
    add_log_option(command, options.log_level);
    add_protection_options(command, options.protection);
    add_mark_option(command, options.protection.freshness);
    add_limits(command, options);
}

TcpServerOptions make_server_options(const ServeOptions& options, const Protection& protection,
                                     const Log& log) {
    TcpServerOptions made;
    made.interfaces.clear();
    bool listens_v4 = false;
    for (const std::string& place : options.listen) {
        made.endpoints.push_back(resolve(parse_endpoint(place)));
        const Address& at = made.endpoints.back();
        listens_v4 = listens_v4 || (!at.is_v6() && !at.is_named());
    }
    warn_if_open(made.endpoints, options);
    // Else [::]:8888 would take the port of an IPv4 address beside it.
    made.dual_stack = !listens_v4;
    made.unix_socket = unix_socket_options(options.unix_mode, options.unix_owner);
    made.auth = protection.outer.auth;
    made.cipher = protection.outer.cipher;
    made.local_peer = protection.local_peer;
    made.environment.log = log;
    made.threads = options.threads;
    made.handle_signals = false;
    made.connections_max = options.connections_max;
    made.strangers_per_host_max = options.strangers_per_host_max;
    made.frame_max = options.frame_max;
    made.idle_timeout = to_limit(options.idle_timeout);
    made.frame_timeout = to_limit(options.frame_timeout);
    made.send_timeout = to_limit(options.send_timeout);
    made.keepalive_timeout = to_limit(options.keepalive_timeout);
    made.send_queue_max = options.send_queue_max;
    made.present_max = options.present_max;
    made.slow_receiver = slow_receiver(options.slow_receiver);
    made.drain = to_milliseconds(options.drain);
    return made;
}

}  // namespace netaio::app
