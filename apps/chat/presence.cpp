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

}  // namespace

Peer Presence::peer(const chat::Identity& identity, const std::string& name) {
    const chat::PublicKey& key = identity.public_key();
    Peer peer{.id = random_id()};
    peer.data = peer_data({{"name", name},
                           {"key", Bytes(key.bytes())},
                           {"signature", Bytes(identity.sign(presence_statement(key, name)))}});
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
    return Presence{*parsed, std::string(*name->as_str())};
}

}  // namespace netaio::chat_app
