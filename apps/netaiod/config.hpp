#pragma once

#include <cstdint>
#include <map>
#include <netaio/address.hpp>
#include <netaio/message_type.hpp>
#include <netaio/udp_node.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint.hpp"
#include "protection.hpp"
#include "quota.hpp"
#include "server_limits.hpp"
#include "session_settings.hpp"

/// The daemon netaiod. Its manual, docs/man/netaiod.1, says what each key of its file means.
namespace netaio::daemon {

/// Where the daemon listens for programs of this machine unless it is told otherwise: below
/// $XDG_RUNTIME_DIR, or else /run.
std::string default_socket();

/// [daemon]: the process itself.
struct ProcessOptions {
    std::string socket = default_socket();  ///< an absolute path
    std::string group;                      ///< whose members reach the socket; none: its owner
    std::string user;                       ///< whom to become, if root; none: nobody else
    std::string log_level = "info";
    std::string log_format = "text";  ///< or `json`
    double drain = 5;                 ///< seconds in which what was begun may end
};

/// [local]: who of this machine may connect, beside the daemon's own user. Names or numbers.
struct LocalOptions {
    std::vector<std::string> users;
    std::vector<std::string> groups;
    std::string rules;        ///< an absolute path; none: all may pass
    bool any_address = true;  ///< whether they reach whomever they know the address of
};

/// [tcp]: a server for other machines.
struct TcpOptions {
    std::vector<Address> listen;
    std::vector<std::string> peer_keys;  ///< of those who may connect; none: everybody
    app::ServerLimits limits;
};

/// [udp]: nodes on the network, one for the machine and one for each app with an app id.
struct UdpOptions {
    bool enabled = false;
    std::uint16_t port = UdpNodeOptions().port;
    std::vector<std::string> interfaces;
    bool ipv4 = true;
    bool ipv6 = true;
    std::string group4 = UdpNodeOptions().group4;
    std::string group6 = UdpNodeOptions().group6;
    unsigned hops = 1;
};

/// [servers.NAME]: a server that apps reach by that name.
struct ServerOptions {
    app::Endpoint address;
    /// Its messages are protected by nothing, not even [protection].
    bool plain = false;
    /// Of these, the secrets, locks and hashcash; where it gives none, and is not plain, what
    /// [protection] has.
    app::ProtectionOptions protection;
    /// Without a policy, what [protection] has.
    app::SessionSettings session;
};

/// [peers]: whom the multicast group does not reach.
struct PeersOptions {
    std::vector<Address> bootstrap;
    /// Whether peers that were authenticated may tell of others, and how many of these are kept.
    bool exchange = false;
    std::size_t exchange_max = 64;
};

/// [limits]: what the daemon waits for, and keeps.
struct LimitsOptions {
    double answer_timeout = 60;  ///< seconds that an app or a server may take to answer
    /// Questions of a program, or of a connection from the network, that wait for answers.
    std::size_t questions_max = 4096;
    double server_idle = 60;  ///< seconds after which an unused connection by address goes
};

/// Where something stands in a file, from 1; 0 for nowhere.
struct Place {
    std::size_t line = 0;
    std::size_t column = 0;
};

/// All that a daemon can be told, with its defaults. A plain value.
struct Config {
    ProcessOptions process;
    LocalOptions local;
    TcpOptions tcp;
    UdpOptions udp;
    /// The node's layer towards other machines.
    app::ProtectionOptions protection;
    app::SessionSettings session;  ///< of [protection]
    std::string remote_rules;      ///< of [protection]: an absolute path; none: all may pass
    std::map<std::string, ServerOptions> servers;
    PeersOptions peers;
    LimitsOptions limits;
    Quota quota;
    /// The programs' own message types, and which answers which: [types] and [answers].
    MessageTypes types;

    /// The file it was read from, as it was named, and where the keys given stand in it, such as
    /// `daemon.socket`.
    std::string file;
    std::map<std::string, Place, std::less<>> places;

    Config();
    /// What protects messages to and from that server.
    const app::ProtectionOptions& protection_of(const ServerOptions& server) const;
    /// What sessions with that server are like.
    app::SessionSettings session_of(const ServerOptions& server) const;
    /// And those with clients of [tcp].
    app::SessionSettings session_of_clients() const;
};

/// Why there is no configuration: a line for each thing that is wrong, with file, line and column.
class ConfigError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// `FILE:LINE:COLUMN: sentence`, or `FILE: sentence`.
std::string placed(const std::string& file, const Place& place, const std::string& sentence);

/// Throws ConfigError where a file is there and is no regular one: reading it may never end.
void require_file(const std::string& file);

/// Reads a configuration from TOML; `file` names it, and relative paths are from its folder. Opens
/// no other file. Throws ConfigError.
Config parse_config(std::string_view text, const std::string& file);
/// The same of a file. Throws ConfigError.
Config load_config(const std::string& file);

/// The whole configuration as TOML, which parse_config() reads as the same. Has the names of files
/// of secrets, never secrets.
std::string print_config(const Config& config);

/// What changes between two configurations only when the daemon starts anew: the keys, such as
/// `tcp.listen`, in the order of print_config(), and then those that are gone.
std::vector<std::string> needs_restart(const Config& now, const Config& next);

}  // namespace netaio::daemon
