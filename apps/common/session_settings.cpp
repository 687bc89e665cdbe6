#include "session_settings.hpp"

#include <atomic>
#include <memory>

#include "exit_code.hpp"
#include "logging.hpp"
#include "seed_file.hpp"
#include "text.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

bool has_secret(const ProtectionOptions& protection) noexcept {
    return !protection.hmac.empty() || !protection.cipher.empty();
}

SessionPolicy policy_of(const SessionSettings& settings, const ProtectionOptions& protection,
                        SessionEnd end) {
    if (settings.policy == "off") return SessionPolicy::off;
    if (settings.policy == "offer") return SessionPolicy::offer;
    if (settings.policy == "require") return SessionPolicy::require;
    if (end != SessionEnd::client && !settings.peer_keys.empty()) return SessionPolicy::require;
    const bool has_something =
        settings.any() || has_secret(protection) || !protection.x25519_key.empty();
    return has_something && protection.dialect != "0.0.8" ? SessionPolicy::offer
                                                          : SessionPolicy::off;
}

void require_sense(const SessionSettings& settings, const ProtectionOptions& protection,
                   SessionEnd end, SessionPolicy policy, const Called& called) {
    SessionSettings others = settings;
    others.policy.clear();
    if (policy == SessionPolicy::off && others.any()) {
        throw Failure(ExitCode::usage, called("session") +
                                           ": keys are for sessions, and there are "
                                           "none; say offer or require");
    }
    if (policy == SessionPolicy::offer && end != SessionEnd::client &&
        !settings.peer_keys.empty()) {
        throw Failure(ExitCode::usage, called("peer-key") +
                                           ": who has another key does without a session; add " +
                                           called("session") + " require");
    }
    // Whoever asks a node is perhaps not known.
    const bool is_known = end == SessionEnd::client && !settings.known_peers.empty();
    if (policy == SessionPolicy::require && !has_secret(protection) && settings.peer_keys.empty() &&
        !is_known) {
        std::string fix = called("hmac") + " or " + called("peer-key");
        if (end == SessionEnd::client) fix += " or " + called("known-peers");
        throw Failure(ExitCode::usage,
                      called("session") +
                          ": a session that is required with anybody protects from nobody; add " +
                          fix);
    }
}

std::vector<SessionKey> read_keys(const SessionSettings& settings, const Called& called) {
    std::vector<SessionKey> keys;
    for (const std::string& text : settings.peer_keys) {
        const auto key = parse_session_key(text);
        if (!key) {
            throw Failure(ExitCode::usage,
                          called("peer-key") + ": '" + printable(text) +
                              "' is no key of 64 hexadecimal digits; a server says its own when it "
                              "starts, and 'netaio keygen --show FILE' that of a file");
        }
        keys.push_back(*key);
    }
    return keys;
}

// For whoever wants keys kept: says once that one is not, as it ends with its program.
std::function<bool(const SessionPeer&)> telling_of_passing_keys(std::string known_peers) {
    const auto told = std::make_shared<std::atomic<bool>>(false);
    return [known_peers = std::move(known_peers), told](const SessionPeer& peer) {
        if (!peer.lasting && !told->exchange(true)) {
            warn(known_peers + ": the key of " + peer.address.str() +
                 " is a passing one and is not kept; it has a lasting one when it is started with "
                 "a seed, as of --session-seed");
        }
        return true;
    };
}

}  // namespace

bool SessionSettings::any() const noexcept {
    return *this != SessionSettings();
}

void add_session_options(CLI::App& command, SessionSettings& settings, SessionEnd end) {
    const bool asks = end == SessionEnd::client;
    const auto group = [](CLI::Option* option, const char* type) {
        return option->type_name(type)->group("Sessions");
    };
    group(command.add_option("--session", settings.policy,
                             "off, offer or require; offer by default with a secret or key"),
          "POLICY")
        ->check(CLI::IsMember(session_policies).description(""));
    group(add_list(command, "--peer-key", settings.peer_keys,
                   asks ? "require that the server has this key; may be repeated"
                   : end == SessionEnd::server
                       ? "require that clients have this key; may be repeated"
                       : "require that others have this key; may be repeated"),
          "HEX");
    group(command.add_option("--session-seed", settings.seed,
                             asks ? "the own key (see keygen); a passing one by default"
                                  : "the own key (see keygen); STORE.seed by default"),
          "FILE");
    if (end == SessionEnd::server) return;
    group(command.add_option(
              "--known-peers", settings.known_peers,
              asks ? "keep the lasting keys of servers there, and refuse others than these"
                   : "keep the lasting keys of nodes there, and refuse others than these"),
          "FILE");
}

SessionOptions make_session_options(const SessionSettings& settings,
                                    const ProtectionOptions& protection, SessionEnd end,
                                    const Called& called) {
    SessionOptions made;
    made.policy = policy_of(settings, protection, end);
    require_sense(settings, protection, end, made.policy, called);
    if (made.policy == SessionPolicy::off) return made;
    made.peer_keys = read_keys(settings, called);
    if (!settings.seed.empty()) made.seed = read_seed(settings.seed);
    if (settings.known_peers.empty()) return made;
    made.known = known_peers_file(settings.known_peers);
    // Nobody keeps the key of who asks a node.
    if (end == SessionEnd::client) made.admits = telling_of_passing_keys(called("known-peers"));
    return made;
}

void keep_seed(const std::string& file, SessionOptions& options) {
    if (options.policy != SessionPolicy::off && options.seed.empty()) {
        options.seed = kept_or_new_seed(file);
    }
}

std::string own_key_text(const SessionOptions& options) {
    return options.policy == SessionPolicy::off || options.seed.empty()
               ? ""
               : "the key of its sessions is " + to_string(session_key(options.seed));
}

}  // namespace netaio::app
