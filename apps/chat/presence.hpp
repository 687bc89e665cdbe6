#pragma once

#include <cstdint>
#include <netaio/chat/keys.hpp>
#include <netaio/errc.hpp>
#include <netaio/peer.hpp>
#include <string>

namespace netaio::chat_app {

/// The app id under which people of a network find each other.
inline constexpr const char* presence_app_id = "netaio-chat";

/// Who somebody on the network says they are, signed with the key that makes them that person. What
/// was said once, others can say again: it shows where to look for somebody, not that they are
/// there; the time shows which of their names is the later one.
struct Presence {
    chat::PublicKey key;
    std::string name;
    std::uint64_t at = 0;  ///< seconds since 1970, by their clock; 0 where they do not say it

    /// What a node tells of itself, to be its `local_peer`: `name`, `key`, `signature` of
    /// `netaio-chat presence`, the name and the key; `time`, and `dated_signature` of `netaio-chat
    /// dated presence`, the time in eight bytes, the greatest first, the name and the key.
    static Peer peer(const chat::Identity& identity, const std::string& name, std::uint64_t at = 0);
    /// What a peer tells, who need not tell the time. Errc::malformed, Errc::too_large for a long
    /// name, Errc::auth_failed where it is not signed so.
    static Result<Presence> parse(const Peer& peer);

    bool operator==(const Presence&) const = default;
};

}  // namespace netaio::chat_app
