#include "relay_config.hpp"

#include <algorithm>

#include "duration.hpp"
#include "unix_owner.hpp"

namespace netaio::daemon {
namespace {

// What servers and nodes for other machines have in common.
template <class Options>
void face_network(Options& made, const Config& config, const Holdings& holdings,
                  const Environment& environment) {
    made.auth = holdings.protection.outer.auth;
    made.cipher = holdings.protection.outer.cipher;
    made.rules = holdings.remote_rules;
    made.refusal = app::refusal(holdings.protection);
    made.types = config.types;
    made.environment = environment;
    made.handle_signals = false;
}

TcpServerOptions tcp_options(const Config& config, const Holdings& holdings,
                             const Environment& environment) {
    TcpServerOptions made;
    made.interfaces.clear();
    made.endpoints = config.tcp.listen;
    // Else [::]:8888 would take the port of an IPv4 address beside it.
    made.dual_stack = std::ranges::all_of(made.endpoints, &Address::is_v6);
    app::use_limits(config.tcp.limits, made);
    face_network(made, config, holdings, environment);
    made.session = holdings.with_clients;
    return made;
}

UdpNodeOptions udp_options(const Config& config, const Holdings& holdings,
                           const Environment& environment) {
    const UdpOptions& udp = config.udp;
    UdpNodeOptions made;
    made.port = udp.port;
    made.interfaces = udp.interfaces;
    made.ipv4 = udp.ipv4;
    made.ipv6 = udp.ipv6;
    made.group4 = udp.group4;
    made.group6 = udp.group6;
    made.hops = static_cast<int>(udp.hops);
    made.bootstrap = config.peers.bootstrap;
    made.introductions_max = std::max(made.introductions_max, made.bootstrap.size());
    face_network(made, config, holdings, environment);
    made.session = holdings.with_nodes;
    made.fragments = true;  // what programs may say without a session they may say in one
    return made;
}

}  // namespace

RelayOptions relay_options(const Config& config, const Holdings& holdings,
                           const Environment& environment) {
    RelayOptions made;
    made.socket = *Address::named("unix", config.process.socket);
    if (!config.process.group.empty()) {
        made.unix_socket.mode = 0660;
        made.unix_socket.group = app::find_group(config.process.group);
    }
    made.users = holdings.users;
    made.local_rules = holdings.local_rules;
    made.quota = config.quota;
    made.answer_timeout = app::to_milliseconds(config.limits.answer_timeout);
    made.questions_max = config.limits.questions_max;
    made.server_idle = app::to_milliseconds(config.limits.server_idle);
    made.exchange_max = config.peers.exchange ? config.peers.exchange_max : 0;
    made.any_address = config.local.any_address;
    made.types = config.types;
    made.plugins = holdings.protection.outer;
    made.session = holdings.with_addresses;
    for (const auto& [name, server] : config.servers) {
        made.servers[name] = {.host = server.address.host,
                              .port = server.address.port,
                              .plugins = holdings.servers.at(name).outer,
                              .session = holdings.with_servers.at(name),
                              .session_settings = config.session_of(server)};
    }
    if (!config.tcp.listen.empty()) made.tcp = tcp_options(config, holdings, environment);
    if (config.udp.enabled) made.udp = udp_options(config, holdings, environment);
    made.environment = environment;
    return made;
}

}  // namespace netaio::daemon
