#pragma once

#include <netaio/chat/keys.hpp>
#include <netaio/errc.hpp>
#include <netaio/peer.hpp>
#include <string>

namespace netaio::chat_app {

/// The app id under which people of a network find each other.
inline constexpr const char* presence_app_id = "netaio-chat";

/// Who somebody on the network says they are, signed with the key that makes them that person. What
/// was said once, others can say again: it shows where to look for somebody, not that they are
/// there.
struct Presence {
    chat::PublicKey key;
    std::string name;

    /// What a node tells of itself, to be its `local_peer`.
    static Peer peer(const chat::Identity& identity, const std::string& name);
    /// What a peer tells. Errc::malformed, Errc::too_large for a long name, Errc::auth_failed where
    /// it is not signed so.
    static Result<Presence> parse(const Peer& peer);

    bool operator==(const Presence&) const = default;
};

}  // namespace netaio::chat_app
