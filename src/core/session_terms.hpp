#pragma once

#include <netaio/plugins.hpp>
#include <netaio/session.hpp>

#include "../crypto/key_pair.hpp"

namespace netaio::core {

struct Node;

/// Throws std::invalid_argument for options that say who is admitted, but have no sessions: nobody
/// would look at them.
void require_policy(const SessionOptions& options);

/// Why a handshake that somebody asked for cannot go on, for the log.
std::string said_of_handshake(std::error_code why);

/// Why there is no session with somebody.
struct SessionRefusal {
    std::error_code code;
    std::string why;
};

/// What a node brings into all of its sessions.
struct SessionTerms {
    /// Throws std::invalid_argument for options that make no sense.
    SessionTerms(SessionOptions given, const Plugins& outer, bool connects, Random& random);

    /// Throws std::invalid_argument where a session is required with anybody, as that protects from
    /// nobody.
    void require_somebody(const Plugins& outer) const;

    /// Whose key has to be at the other end, which is known by a name; nothing where there is no
    /// such key.
    Result<std::optional<SessionKey>> expected(const std::string& name) const;
    /// Whether nobody is spoken to without a session, whoever is expected.
    bool requires_one() const noexcept {
        return options.policy == SessionPolicy::require || !options.peer_keys.empty();
    }
    /// Why there is to be none with whoever proved to be there, if so.
    std::optional<SessionRefusal> refusal(const std::optional<SessionKey>& expected,
                                          const SessionPeer& peer) const;
    /// Keeps whose key is to be there from now on, where that was not known.
    std::error_code keep(const std::string& name, const std::optional<SessionKey>& expected,
                         const SessionPeer& peer, const Node& node) const;

    SessionOptions options;
    bool connects;  // rather than being connected to
    crypto::KeyPair own;
    bool lasting;  // the own key
};

/// What a session's keys are made from beside those of both ends.
struct SessionSecret {
    crypto::SecretKey psk = {};
    Identities who = {};    ///< who is known by the secrets
    bool is_there = false;  ///< whether there were any; zeros otherwise
};
/// That of the secrets of the node's layer which are named, or else of its first ones.
SessionSecret session_secret(const Plugins& outer, const Identities* whose);

/// Has a peer say in its data, where that is a dict, that it knows sessions; a hint, and no more.
void hint_at_sessions(Peer& peer, const PeerPlugin& plugin);
bool hints_at_sessions(const Peer& peer, const PeerPlugin& plugin);

/// What of a node's layer messages within a session pass.
Plugins within_session(const Plugins& outer);

}  // namespace netaio::core
