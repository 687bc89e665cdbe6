#include "daemon_peers.hpp"

#include <algorithm>
#include <iterator>
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
        learn(std::move(*peer));
        return true;
    }
    if (what == "left") {
        forget(peer->id);
        return true;
    }
    return false;
}

std::optional<std::vector<Peer>> DaemonPeers::parse(ByteView content) {
    const auto said = unpack(content);
    const List* list = said ? said->as_list() : nullptr;
    if (!list) {
        return std::nullopt;
    }
    std::vector<Peer> peers;
    for (const Value& item : list->items) {
        auto peer = parse_peer(item);
        if (!peer) {
            return std::nullopt;
        }
        peers.push_back(std::move(*peer));
    }
    return peers;
}

void DaemonPeers::doubt(TimePoint until) {
    doubt_.reset();
    if (!by_id_.empty()) {
        doubt_ = Doubt{until};
    }
}

void DaemonPeers::tick() {
    if (!doubt_ || environment_.clock->steady_now() < doubt_->until) {
        return;
    }
    const Peers told = std::move(std::exchange(doubt_, std::nullopt)->told);
    for (const Peer& known : all()) {
        const auto found = told.find(known.id);
        if (found == told.end()) {
            forget(known.id);
        } else if (by_id_.contains(known.id)) {  // a callback may have ended all this
            know(found->second);
        }
    }
}

// While it is in doubt, it is also where it was before.
void DaemonPeers::learn(Peer peer) {
    peer.last_heard = environment_.clock->steady_now();
    if (doubt_) {
        const Peer before = std::exchange(doubt_->told[peer.id], peer);
        if (const auto known = by_id_.find(peer.id); known != by_id_.end()) {
            std::ranges::set_difference(known->second.addresses, before.addresses,
                                        std::inserter(peer.addresses, peer.addresses.end()));
        }
    }
    know(peer);
}

void DaemonPeers::know(const Peer& peer) {
    const auto known = by_id_.find(peer.id);
    if (known == by_id_.end()) {
        by_id_.emplace(peer.id, peer);
        tell(joined_, peer);
        return;
    }
    const Peer before = std::exchange(known->second, peer);
    vacate(before.addresses);
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
    if (doubt_) {
        doubt_->told.erase(id);
    }
    vacate(peer.addresses);
    tell(left_, peer);
}

void DaemonPeers::forget_all() {
    doubt_.reset();
    for (const Peer& peer : all()) {
        forget(peer.id);
    }
}

void DaemonPeers::vacate(const std::set<Address>& addresses) {
    for (const Address& address : addresses) {
        if (!find_at(address)) {
            vacated_(address);
        }
    }
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
