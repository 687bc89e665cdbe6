#include "daemon_peers.hpp"

#include <netaio/packify.hpp>

namespace netaio::net {
namespace {

std::optional<std::string> bytes_at(const Value& dict, std::string_view name) {
    const Value* value = dict.find(name);
    const auto bytes = value ? value->as_bytes() : std::nullopt;
    return bytes ? std::optional(bytes->str()) : std::nullopt;
}

std::optional<Peer> parse_peer(const Value& said) {
    auto id = bytes_at(said, "id");
    auto data = bytes_at(said, "data");
    const Value* addresses = said.find("addresses");
    const List* list = addresses ? addresses->as_list() : nullptr;
    if (!id || id->empty() || !data || !list) {
        return std::nullopt;
    }
    Peer peer{.id = std::move(*id), .data = std::move(*data)};
    for (const Value& item : list->items) {
        const auto text = item.as_bytes();
        const auto address = text ? Address::parse(*text) : Result<Address>(Errc::malformed);
        if (!address) {
            return std::nullopt;
        }
        peer.addresses.insert(*address);
    }
    return peer;
}

}  // namespace

void DaemonPeers::set_callbacks(PeerCallbacks callbacks) {
    joined_ = std::move(callbacks.joined);
    changed_ = std::move(callbacks.changed);
    left_ = std::move(callbacks.left);
}

bool DaemonPeers::told(std::string_view what, ByteView content) {
    const auto said = unpack(content);
    auto peer = said ? parse_peer(*said) : std::nullopt;
    if (!peer) {
        return false;
    }
    if (what == "joined" || what == "changed") {
        know(std::move(*peer));
        return true;
    }
    if (what == "left") {
        forget(peer->id);
        return true;
    }
    return false;
}

bool DaemonPeers::told_all(ByteView content) {
    const auto said = unpack(content);
    const List* list = said ? said->as_list() : nullptr;
    if (!list) {
        return false;
    }
    std::map<std::string, Peer, std::less<>> now;
    for (const Value& item : list->items) {
        auto peer = parse_peer(item);
        if (!peer) {
            return false;
        }
        std::string id = peer->id;
        now.insert_or_assign(std::move(id), std::move(*peer));
    }
    for (const Peer& peer : all()) {
        if (!now.contains(peer.id)) {
            forget(peer.id);
        }
    }
    for (auto& [id, peer] : now) {
        know(std::move(peer));
    }
    return true;
}

void DaemonPeers::know(Peer peer) {
    peer.last_heard = environment_.clock->steady_now();
    const auto known = by_id_.find(peer.id);
    if (known == by_id_.end()) {
        by_id_.emplace(peer.id, peer);
        tell(joined_, peer);
        return;
    }
    const Peer before = std::exchange(known->second, peer);
    for (const Address& address : before.addresses) {
        if (!peer.addresses.contains(address)) {
            vacated_(address);
        }
    }
    if (before.data != peer.data || before.addresses != peer.addresses) {
        tell(changed_, peer);
    }
}

void DaemonPeers::forget(const std::string& id) {
    const auto known = by_id_.find(id);
    if (known == by_id_.end()) {
        return;
    }
    const Peer peer = std::move(known->second);
    by_id_.erase(known);
    for (const Address& address : peer.addresses) {
        vacated_(address);
    }
    tell(left_, peer);
}

std::vector<Peer> DaemonPeers::all() const {
    std::vector<Peer> peers;
    for (const auto& [id, peer] : by_id_) {
        peers.push_back(peer);
    }
    return peers;
}

std::optional<Peer> DaemonPeers::find(ByteView id) const {
    const auto known = by_id_.find(id);
    return known == by_id_.end() ? std::nullopt : std::optional(known->second);
}

std::optional<Peer> DaemonPeers::find_at(const Address& address) const {
    for (const auto& [id, peer] : by_id_) {
        if (peer.addresses.contains(address)) {
            return peer;
        }
    }
    return std::nullopt;
}

}  // namespace netaio::net
