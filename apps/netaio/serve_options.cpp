#include "serve_options.hpp"

#include "duration.hpp"
#include "endpoint.hpp"
#include "logging.hpp"
#include "rules.hpp"
#include "unix_owner.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

void add_limits(CLI::App& command, ServeOptions& options) {
    add_server_limits(command, options.limits);
    constexpr std::uint64_t any = std::uint64_t(1) << 40;
    const auto limit = [&](const char* name, auto& value, const char* type, const char* text) {
        return command.add_option(name, value, text)
            ->type_name(type)
            ->capture_default_str()
            ->group("Limits");
    };
    limit("--present-max", options.present_max, "BYTES",
          "memory for what subscribers with --present get, who are refused beyond")
        ->transform(byte_count(0, any));
    limit("--store-max", options.store_max, "BYTES",
          "how far the store may grow; 0: as far as the disk allows")
        ->transform(byte_count(0, any));
    limit("--drain", options.drain, "SECONDS", "how long connections may finish when stopping")
        ->check(duration_range());
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
    add_rules_option(command, options.rules);
    command.add_option("--threads", options.threads, "event loops; 0: one for each core")
        ->type_name("N")
        ->check(whole_number(0, 1024))
        ->capture_default_str();
    add_log_option(command, options.log_level);
    add_protection_options(command, options.protection);
    add_mark_option(command, options.protection.freshness);
    add_session_options(command, options.session, SessionEnd::server);
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
    made.session = make_session_options(options.session, options.protection, SessionEnd::server);
    made.rules = load_rules(options.rules);
    made.refusal = refusal(protection);
    made.environment.log = log;
    made.threads = options.threads;
    made.handle_signals = false;
    use_limits(options.limits, made);
    made.present_max = options.present_max;
    made.drain = to_milliseconds(options.drain);
    return made;
}

}  // namespace netaio::app
