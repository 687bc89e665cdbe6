#pragma once

#include <netaio/plugins.hpp>
#include <netaio/session.hpp>

#include "../crypto/key_pair.hpp"

namespace netaio::core {

/// Throws std::invalid_argument for options that say who is admitted, but have no sessions: nobody
/// would look at them.
void require_policy(const SessionOptions& options);

/// Why a handshake that somebody asked for cannot go on, for the log.
std::string said_of_handshake(std::error_code why);

/// What a node brings into all of its sessions.
struct SessionTerms {
    /// Throws std::invalid_argument for options that make no sense.
    SessionTerms(SessionOptions given, const Plugins& outer, bool connects, Random& random);

    /// Throws std::invalid_argument where a session is required with anybody, as that protects from
    /// nobody.
    void require_somebody(const Plugins& outer) const;

    /// Whether somebody may be at the other end, as far as the options say.
    bool admits(const SessionPeer& peer) const;

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
