#include <netaio/peer_registry.hpp>

#include "core/peer_manager.hpp"

namespace netaio {

void PeerRegistry::manage_peers(PeerManagementOptions options) {
    core::PeerManager::check(core_node(), options);
    with_peer_manager(
        [options = std::move(options)](core::PeerManager& manager) { manager.manage(options); });
}

void PeerRegistry::stop_managing_peers(std::string app_id) {
    with_peer_manager(
        [app_id = std::move(app_id)](core::PeerManager& manager) { manager.stop(app_id); });
}

void PeerRegistry::set_peer_callbacks(PeerCallbacks callbacks) {
    core_node().on_peer = {std::move(callbacks.joined), std::move(callbacks.changed),
                           std::move(callbacks.left)};
}

std::vector<Peer> PeerRegistry::peers() const {
    std::vector<Peer> all;
    for (const auto& peer : core_node().peers.all()) {
        all.push_back(*peer);
    }
    return all;
}

std::optional<Peer> PeerRegistry::peer(ByteView id) const {
    const auto found = core_node().peers.find_id(id);
    return found ? std::optional(*found) : std::nullopt;
}

std::optional<Peer> PeerRegistry::peer_at(const Address& address) const {
    const auto found = core_node().peers.find(address);
    return found ? std::optional(*found) : std::nullopt;
}

bool PeerRegistry::add_peer(const Peer& peer) {
    const auto node = core_node().shared_from_this();  // a callback may destroy this
    return node->peers.keep(peer, node->environment.clock->steady_now());
}

bool PeerRegistry::remove_peer(ByteView id) {
    const auto node = core_node().shared_from_this();  // a callback may destroy this
    const bool known = node->peers.find_id(id) != nullptr;
    node->peers.remove(id);
    return known;
}

}  // namespace netaio
