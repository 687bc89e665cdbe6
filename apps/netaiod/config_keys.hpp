#pragma once

#include <netaio/hashcash_auth.hpp>

#include "config.hpp"
#include "config_values.hpp"
#include "logging.hpp"

/// The keys of a configuration, each once: reading, printing and comparing go through them.
namespace netaio::daemon {

/// When a new value is used.
enum class Applies { at_once, at_start };

inline constexpr std::uint64_t count_max = app::ServerLimits::count_max;
inline constexpr double year = 31536000;

// The functions below have `keys` take each key: its name, its value, what kind that is, and when
// a new one is used. Values are as constant as their options.

template <class Keys, class Options>
void process_keys(Keys& keys, Options& options) {
    static const std::vector<std::string> formats = {"text", "json"};
    keys.key("socket", options.socket, Path{keys.folder()}, Applies::at_start);
    keys.key("group", options.group, Text(), Applies::at_start);
    keys.key("user", options.user, Text(), Applies::at_start);
    keys.key("log_level", options.log_level, Choice{app::log_levels()}, Applies::at_once);
    keys.key("log_format", options.log_format, Choice{formats}, Applies::at_start);
    keys.key("drain", options.drain, Seconds{0, year}, Applies::at_once);
}

template <class Keys, class Options>
void local_keys(Keys& keys, Options& options) {
    keys.key("users", options.users, Texts(), Applies::at_once);
    keys.key("groups", options.groups, Texts(), Applies::at_once);
    keys.key("rules", options.rules, Path{keys.folder()}, Applies::at_once);
    keys.key("any_address", options.any_address, Flag(), Applies::at_once);
}

template <class Keys, class Options>
void tcp_keys(Keys& keys, Options& options) {
    auto& limits = options.limits;
    const auto add = [&](const char* name, auto& value, const auto& kind) {
        keys.key(name, value, kind, Applies::at_start);
    };
    add("listen", options.listen, Addresses{.of_others = false});
    add("peer_keys", options.peer_keys, SessionKeys());
    add("connections_max", limits.connections_max, Whole{1, count_max});
    add("strangers_per_host_max", limits.strangers_per_host_max, Whole{1, count_max});
    add("frame_max", limits.frame_max,
        ByteCount{app::ServerLimits::frame_size_min, app::ServerLimits::frame_size_max});
    add("idle_timeout", limits.idle_timeout, Seconds{0, year});
    add("frame_timeout", limits.frame_timeout, Seconds{0, year});
    add("send_timeout", limits.send_timeout, Seconds{0, year});
    add("keepalive_timeout", limits.keepalive_timeout, Seconds{0, year});
    add("send_queue_max", limits.send_queue_max, ByteCount{0, count_max});
    add("slow_receiver", limits.slow_receiver, Choice{app::slow_receivers});
}

template <class Keys, class Options>
void udp_keys(Keys& keys, Options& options) {
    const auto add = [&](const char* name, auto& value, const auto& kind) {
        keys.key(name, value, kind, Applies::at_start);
    };
    add("enabled", options.enabled, Flag());
    add("port", options.port, Whole{0, 65535});
    add("interfaces", options.interfaces, Texts());
    add("ipv4", options.ipv4, Flag());
    add("ipv6", options.ipv6, Flag());
    add("group4", options.group4, Group{.v6 = false});
    add("group6", options.group6, Group{.v6 = true});
    add("hops", options.hops, Whole{1, 255});
}

template <class Keys, class Options>
void secret_keys(Keys& keys, Options& options, Applies hashcash) {
    const auto& folder = keys.folder();
    keys.key("hmac", options.hmac, SecretFiles{folder}, Applies::at_once);
    keys.key("cipher", options.cipher, SecretFiles{folder}, Applies::at_once);
    keys.key("lock", options.scripts.lock, Path{folder}, Applies::at_once);
    keys.key("key", options.scripts.key, Path{folder}, Applies::at_once);
    keys.key("witness", options.scripts.witness, Witness{folder}, Applies::at_once);
    keys.key("hashcash", options.hashcash, Whole{0, HashcashAuth::bits_limit}, hashcash);
    keys.key("hashcash_realm", options.hashcash_realm, Text(), hashcash);
}

template <class Keys, class Settings>
void session_keys(Keys& keys, Settings& settings, Applies applies) {
    keys.key("session", settings.policy, Choice{app::session_policies}, applies);
    keys.key("known_peers", settings.known_peers, Path{keys.folder()}, applies);
}

template <class Keys, class AnyConfig>
void protection_keys(Keys& keys, AnyConfig& config) {
    static const std::vector<std::string> dialects = {"0.0.8", "0.0.9"};
    auto& options = config.protection;
    secret_keys(keys, options, Applies::at_start);
    keys.key("max_age", options.freshness.max_age, Seconds{0.001, year}, Applies::at_start);
    keys.key("max_ahead", options.freshness.max_ahead, Seconds{0, 3600}, Applies::at_start);
    keys.key("seen_mark", options.freshness.mark, Path{keys.folder()}, Applies::at_start);
    keys.key("dialect", options.dialect, Choice{dialects}, Applies::at_start);
    session_keys(keys, config.session, Applies::at_start);
    keys.key("session_seed", config.session.seed, Path{keys.folder()}, Applies::at_start);
    keys.key("rules", config.remote_rules, Path{keys.folder()}, Applies::at_once);
}

template <class Keys, class Options>
void server_keys(Keys& keys, Options& options) {
    keys.key("address", options.address, Where{keys.folder()}, Applies::at_once);
    keys.key("plain", options.plain, Flag(), Applies::at_once);
    secret_keys(keys, options.protection, Applies::at_once);
    session_keys(keys, options.session, Applies::at_once);
    keys.key("peer_keys", options.session.peer_keys, SessionKeys(), Applies::at_once);
}

template <class Keys, class Options>
void peers_keys(Keys& keys, Options& options) {
    keys.key("bootstrap", options.bootstrap, Addresses{.of_others = true}, Applies::at_once);
    keys.key("exchange", options.exchange, Flag(), Applies::at_once);
    keys.key("exchange_max", options.exchange_max, Whole{1, 65536}, Applies::at_once);
}

template <class Keys, class Options>
void limits_keys(Keys& keys, Options& options) {
    keys.key("answer_timeout", options.answer_timeout, Seconds{0.001, year}, Applies::at_once);
    keys.key("questions_max", options.questions_max, Whole{1, 65536}, Applies::at_start);
    keys.key("server_idle", options.server_idle, Seconds{0.1, year}, Applies::at_once);
}

template <class Keys, class Options>
void quota_keys(Keys& keys, Options& options) {
    const auto add = [&](const char* name, auto& value, const auto& kind) {
        keys.key(name, value, kind, Applies::at_once);
    };
    add("registrations", options.registrations, Whole{0, count_max});
    add("key_bytes", options.key_bytes, ByteCount{0, count_max});
    add("queued_bytes", options.queued_bytes, ByteCount{0, count_max});
    add("messages_per_second", options.messages_per_second, Whole{0, count_max});
    add("bytes_per_second", options.bytes_per_second, ByteCount{0, count_max});
    add("message_burst", options.message_burst, Whole{0, count_max});
    add("byte_burst", options.byte_burst, ByteCount{0, count_max});
}

/// Has `keys` take all of a configuration, table by table.
template <class Keys, class AnyConfig>
void each_key(Keys& keys, AnyConfig& config) {
    keys.table("daemon", [&] { process_keys(keys, config.process); });
    keys.table("local", [&] { local_keys(keys, config.local); });
    keys.table("tcp", [&] { tcp_keys(keys, config.tcp); });
    keys.table("udp", [&] { udp_keys(keys, config.udp); });
    keys.table("protection", [&] { protection_keys(keys, config); });
    keys.each_named("servers", config.servers, [&](auto& server) { server_keys(keys, server); });
    keys.table("peers", [&] { peers_keys(keys, config.peers); });
    keys.table("limits", [&] { limits_keys(keys, config.limits); });
    keys.table("quota.app", [&] { quota_keys(keys, config.quota.app); });
    keys.table("quota.user", [&] {
        keys.key("connections", config.quota.connections, Whole{1, count_max}, Applies::at_once);
        keys.key("servers", config.quota.servers, Whole{0, count_max}, Applies::at_once);
        quota_keys(keys, config.quota.user);
    });
    keys.types(config.types);
}

}  // namespace netaio::daemon
