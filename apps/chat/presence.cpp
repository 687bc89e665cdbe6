#include "presence.hpp"

#include <netaio/chat/limits.hpp>
#include <netaio/default_peer.hpp>

#include "relay_protocol.hpp"

namespace netaio::chat_app {
namespace {

std::string presence_statement(const chat::PublicKey& key, std::string_view name) {
    std::string statement = "netaio-chat presence";
    statement += name;
    statement += ByteView(key.bytes());
    return statement;
}

std::string dated_statement(const chat::PublicKey& key, std::string_view name, std::uint64_t at) {
    std::string statement = "netaio-chat dated presence";
    for (int shift = 56; shift >= 0; shift -= 8) statement += static_cast<char>(at >> shift & 0xff);
    statement += name;
    statement += ByteView(key.bytes());
    return statement;
}

}  // namespace

Peer Presence::peer(const chat::Identity& identity, const std::string& name, std::uint64_t at) {
    const chat::PublicKey& key = identity.public_key();
    Peer peer{.id = random_id()};
    peer.data =
        peer_data({{"name", name},
                   {"key", Bytes(key.bytes())},
                   {"signature", Bytes(identity.sign(presence_statement(key, name)))},
                   {"time", at},
                   {"dated_signature", Bytes(identity.sign(dated_statement(key, name, at)))}});
    return peer;
}

Result<Presence> Presence::parse(const Peer& peer) {
    const auto data = unpack_strangers(peer.data);
    const Value* const name = data ? data->find("name") : nullptr;
    const Value* const key = data ? data->find("key") : nullptr;
    const Value* const signature = data ? data->find("signature") : nullptr;
    if (!name || !name->as_str() || !key || !key->as_bytes() || !signature ||
        !signature->as_bytes()) {
        return Errc::malformed;
    }
    if (name->as_str()->size() > chat::name_size_max) return Errc::too_large;
    const auto parsed = chat::PublicKey::parse(*key->as_bytes());
    if (!parsed) return parsed.error();
    if (!parsed->signed_this(presence_statement(*parsed, *name->as_str()),
                             *signature->as_bytes())) {
        return Errc::auth_failed;
    }
    Presence presence{*parsed, std::string(*name->as_str())};
    if (const Value* const time = data->find("time")) {
        const Value* const dated = data->find("dated_signature");
        if (!time->as_uint() || !dated || !dated->as_bytes()) return Errc::malformed;
        presence.at = *time->as_uint();
        if (!parsed->signed_this(dated_statement(*parsed, presence.name, presence.at),
                                 *dated->as_bytes())) {
            return Errc::auth_failed;
        }
    }
    return presence;
}

}  // namespace netaio::chat_app
