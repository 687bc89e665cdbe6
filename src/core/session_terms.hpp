#pragma once

#include <netaio/plugins.hpp>
#include <netaio/session.hpp>

#include "../crypto/key_pair.hpp"

namespace netaio::core {

/// What a node brings into all of its sessions.
struct SessionTerms {
    /// Throws std::invalid_argument for options that make no sense.
    SessionTerms(SessionOptions given, const Plugins& outer, Random& random);

    /// Whether somebody may be at the other end, as far as the options say.
    bool admits(const SessionPeer& peer) const;

    SessionOptions options;
    crypto::KeyPair own;
    bool lasting;  // the own key
};

/// What a session's keys are made from beside those of both ends: the secrets of the node's layer
/// that is named, or else its first ones. `who` is who is known by them.
crypto::SecretKey session_psk(const Plugins& outer, const Identities* whose, Identities& who);

/// What of a node's layer messages within a session pass.
Plugins within_session(const Plugins& outer);

}  // namespace netaio::core
