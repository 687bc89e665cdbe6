#include <netaio/default_peer.hpp>
#include <netaio/environment.hpp>
#include <stdexcept>
#include <vector>

namespace netaio {
namespace {

const std::vector<Value>* items(const Value& value) noexcept {
    if (const Tuple* tuple = value.as_tuple()) {
        return &tuple->items;
    }
    const List* list = value.as_list();
    return list ? &list->items : nullptr;
}

std::optional<ByteView> as_bytes(const Value& value) noexcept {
    const auto bytes = value.as_bytes();
    return bytes ? bytes : value.as_bytearray();
}

}  // namespace

std::string random_id() {
    std::string id(16, '\0');
    Environment::secure_random()->fill(id);
    return id;
}

bool DefaultPeer::validate(const Peer&) const {
    // What a peer must have, an id, unpack() has seen to.
    return true;
}

Result<Value> DefaultPeer::parse_data(const Peer& peer) const {
    return netaio::unpack(peer.data);
}

Result<std::string> DefaultPeer::encode_data(const Value& data) const {
    return netaio::pack(data);
}

Result<std::string> DefaultPeer::pack(const Peer& peer) const {
    return netaio::pack(Tuple{Bytes(ByteView(peer.id)), Bytes(ByteView(peer.data))});
}

Result<Peer> DefaultPeer::unpack(ByteView packed) const {
    const Result<Value> value = netaio::unpack(packed);
    if (!value) {
        return value.error();
    }
    const std::vector<Value>* pair = items(*value);
    if (!pair || pair->size() != 2) {
        return Errc::malformed;
    }
    const auto id = as_bytes((*pair)[0]);
    const auto data = as_bytes((*pair)[1]);
    if (!id || !data) {
        return Errc::malformed;
    }
    return Peer{.id = id->str(), .data = data->str()};
}

std::string peer_data(const Dict& data) {
    auto packed = netaio::pack(data);
    if (!packed) {
        throw std::invalid_argument("peer data cannot be packed: " + packed.error().message());
    }
    return std::move(*packed);
}

}  // namespace netaio
