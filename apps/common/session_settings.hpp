#pragma once

#include <CLI/CLI.hpp>
#include <netaio/session.hpp>
#include <string>
#include <vector>

#include "protection.hpp"

namespace netaio::app {

/// The options for sessions, as given.
struct SessionSettings {
    std::string policy = {};  ///< one of session_policies; empty: what suits the rest
    std::string seed = {};    ///< a file
    std::vector<std::string> peer_keys = {};
    std::string known_peers = {};  ///< a file; not of servers

    /// Whether any was given.
    bool any() const noexcept;
    bool operator==(const SessionSettings&) const = default;
};

/// What SessionSettings::policy may be.
inline const std::vector<std::string> session_policies = {"off", "offer", "require"};

/// At which end of a session somebody is; a node asks others, and is asked by them.
enum class SessionEnd { client, server, node };

/// Adds what all take, and --known-peers to all but servers.
void add_session_options(CLI::App& command, SessionSettings& settings, SessionEnd end);

/// What the library is told. Without a policy, there is an offer where there is a secret or key,
/// and none for 0.0.8; a server or node that is told whom it admits requires sessions. Throws
/// Failure.
SessionOptions make_session_options(const SessionSettings& settings,
                                    const ProtectionOptions& protection, SessionEnd end,
                                    const Called& called = called_on_command_line);

/// Gives who has sessions, and named no seed, one that stays in a file, which is made where there
/// is none. Throws Failure.
void keep_seed(const std::string& file, SessionOptions& options);

/// The sentence by which a server says its key; empty for one that has no sessions, or no lasting
/// key.
std::string own_key_text(const SessionOptions& options);

}  // namespace netaio::app
