#include "node_options.hpp"

#include <algorithm>
#include <cstdio>
#include <netaio/packify.hpp>

#include "duration.hpp"
#include "exit_code.hpp"
#include "introduction.hpp"
#include "logging.hpp"
#include "text.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

// So that people can read, say and type it.
std::string readable_id() {
    std::string text;
    char digits[3];
    for (const char c : random_id().substr(0, 8)) {
        std::snprintf(digits, sizeof(digits), "%02x", static_cast<unsigned char>(c));
        text += digits;
    }
    return text;
}

std::string names_of(const std::vector<Interface>& interfaces) {
    std::string names;
    for (const Interface& one : interfaces) names += (names.empty() ? "" : ", ") + one.name;
    return names.empty() ? "none" : names;
}

// A misspelt name would otherwise be an interface that may still come.
void check_interfaces(const std::vector<std::string>& wanted) {
    const auto there_are = list_interfaces();
    if (!there_are) return;
    for (const std::string& one : wanted) {
        const bool known = std::ranges::any_of(
            choose_interfaces(*there_are, {one}),
            [&](const auto& choice) { return choice.used || choice.interface.name == one; });
        if (!known) {
            throw Failure(ExitCode::usage, "--interface: there is no interface '" + printable(one) +
                                               "' and none with that address; there are: " +
                                               names_of(*there_are) + " (see netaio interfaces)");
        }
    }
}

// What peers are told is one message, in one datagram. A node that cannot send it is never seen.
void check_size(const Peer& peer, const std::string& app_id, std::size_t payload_max) {
    // The longest datagram, less what protection adds to a message.
    constexpr std::size_t told_max = 65000;
    const std::size_t size_max = std::min(told_max, payload_max);
    const auto packed = DefaultPeer().pack(peer);
    const std::size_t size = app_id.size() + (packed ? packed->size() : 0);
    if (!packed || size > size_max) {
        throw Failure(ExitCode::usage,
                      "--app-id, --id, --name and --data are too long for peers to be told: " +
                          std::to_string(size) + " bytes, of which " + std::to_string(size_max) +
                          " fit in a message");
    }
}

}  // namespace

void add_network_options(CLI::App& command, NodeOptions& options) {
    command.add_option("--port", options.port, "the port of the group; 0 picks one")
        ->type_name("N")
        ->check(whole_number(0, 65535))
        ->capture_default_str();
    add_list(command, "--interface", options.interfaces,
             "use this interface, by name or address; may be repeated; else all")
        ->type_name("NAME");
    auto* v4 = command.add_flag("--ipv4-only", options.ipv4_only, "leave IPv6 out");
    command.add_flag("--ipv6-only", options.ipv6_only, "leave IPv4 out")->excludes(v4);
}

void add_peer_options(CLI::App& command, NodeOptions& options) {
    const auto add = [&](const char* name, auto& value, const char* type, const char* text) {
        return command.add_option(name, value, text)->type_name(type)->group("Peers");
    };
    add("--id", options.id, "ID", "what this node calls itself; unique; random unless given");
    add("--name", options.name, "TEXT", "a name for people, in what it tells of itself");
    add_list(command, "--data", options.data, "more that it tells of itself; may be repeated")
        ->type_name("KEY=TEXT")
        ->group("Peers");
    add("--app-id", options.app_id, "ID", "only nodes with the same see each other")
        ->capture_default_str();
    add("--advertise-every", options.advertise_every, "SECONDS", "how often it makes itself known")
        ->check(duration_range())
        ->capture_default_str();
    add("--peer-timeout", options.peer_timeout, "SECONDS", "peers silent for so long have left")
        ->check(duration_range())
        ->capture_default_str();
    command.add_option("--for", options.for_seconds, "end after this time; 0: when interrupted")
        ->type_name("SECONDS")
        ->check(duration_range())
        ->capture_default_str();
}

void add_common_options(CLI::App& command, NodeOptions& options) {
    command.add_flag("--json", options.json, "print one JSON object a line");
    add_log_option(command, options.log_level);
    add_protection_options(command, options.protection);
}

void add_node_session_options(CLI::App& command, NodeOptions& options, SessionEnd end) {
    options.session = {};
    options.end = end;
    add_session_options(command, options.session, end);
}

UdpNodeOptions make_node_options(const NodeOptions& options, const Protection& protection) {
    check_interfaces(options.interfaces);
    UdpNodeOptions made;
    made.port = options.port;
    made.interfaces = options.interfaces;
    made.ipv4 = !options.ipv6_only;
    made.ipv6 = !options.ipv4_only;
    made.auth = protection.outer.auth;
    made.cipher = protection.outer.cipher;
    made.session = make_session_options(options.session, options.protection, options.end);
    if (!options.kept_seed.empty()) keep_seed(options.kept_seed, made.session);
    made.fragments = true;  // what is sent without a session is so as well
    made.refusal = refusal(protection);
    made.environment.log = make_log(options.log_level);
    made.handle_signals = false;
    return made;
}

Peer make_local_peer(const NodeOptions& options, const Protection& protection) {
    Peer peer{.id = options.id.empty() ? readable_id() : options.id};
    Dict data;
    if (protection.local_peer) {
        const Value keys = DefaultPeer().parse_data(*protection.local_peer).value();
        data = *keys.as_dict();
    }
    if (!options.name.empty()) data.set("name", options.name);
    for (const std::string& entry : options.data) {
        const std::size_t equals = entry.find('=');
        if (equals == std::string::npos || equals == 0) {
            throw Failure(ExitCode::usage,
                          "--data: '" + printable(entry) +
                              "' has no key; write KEY=TEXT, such as --data room=kitchen");
        }
        data.set(entry.substr(0, equals), entry.substr(equals + 1));
    }
    auto packed = pack(data);
    if (!packed) {
        throw Failure(ExitCode::usage,
                      "--name and --data must be UTF-8: " + packed.error().message());
    }
    peer.data = std::move(*packed);
    check_size(peer, options.app_id, protection.payload_max);
    return peer;
}

PeerManagementOptions make_peer_management(const NodeOptions& options,
                                           const Protection& protection) {
    PeerManagementOptions made = peer_management(protection);
    made.app_id = options.app_id;
    made.advertise_every = to_milliseconds(options.advertise_every);
    made.peer_timeout = to_milliseconds(options.peer_timeout);
    if (made.advertise_every.count() == 0 || made.peer_timeout < made.advertise_every) {
        throw Failure(ExitCode::usage,
                      "--advertise-every must be above 0, and --peer-timeout no shorter than it, "
                      "or peers would leave between two advertisements");
    }
    return made;
}

}  // namespace netaio::app
