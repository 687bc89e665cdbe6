#include "peers.hpp"

namespace netaio::core {

bool PeerTable::hear(const Peer& peer, const Address& address, TimePoint now) {
    const std::lock_guard lock(mutex_);
    if (ids_at_.size() >= peers_max_ && !ids_at_.contains(address)) {
        return false;
    }
    auto known = by_id_.find(peer.id);
    if (known == by_id_.end()) {
        if (by_id_.size() >= peers_max_) {
            return false;
        }
        known = by_id_.emplace(peer.id, std::make_shared<Peer>(Peer{.id = peer.id})).first;
        count_.store(by_id_.size(), std::memory_order_relaxed);
    }
    auto next = std::make_shared<Peer>(*known->second);
    next->data = peer.data;
    next->addresses.insert(address);
    next->last_heard = now;
    known->second = std::move(next);
    auto& ids = ids_at_[address];
    std::erase(ids, peer.id);
    ids.push_back(peer.id);
    return true;
}

void PeerTable::refresh(const Address& address, TimePoint now) {
    const std::lock_guard lock(mutex_);
    const auto ids = ids_at_.find(address);
    if (ids == ids_at_.end()) {
        return;
    }
    Snapshot& known = by_id_.find(ids->second.back())->second;
    if (known->last_heard != now) {
        auto next = std::make_shared<Peer>(*known);
        next->last_heard = now;
        known = std::move(next);
    }
}

std::set<Address> PeerTable::remove(ByteView id) {
    const std::lock_guard lock(mutex_);
    const auto known = by_id_.find(id);
    if (known == by_id_.end()) {
        return {};
    }
    const auto addresses = known->second->addresses;
    for (const Address& address : addresses) {
        forget(known->first, address);
    }
    by_id_.erase(known);
    count_.store(by_id_.size(), std::memory_order_relaxed);
    return addresses;
}

void PeerTable::remove_address(const Address& address) {
    const std::lock_guard lock(mutex_);
    const auto found = ids_at_.find(address);
    if (found == ids_at_.end()) {
        return;
    }
    const std::vector<std::string> ids = std::move(found->second);
    ids_at_.erase(found);
    for (const std::string& id : ids) {
        const auto known = by_id_.find(id);
        auto next = std::make_shared<Peer>(*known->second);
        next->addresses.erase(address);
        if (next->addresses.empty()) {
            by_id_.erase(known);
        } else {
            known->second = std::move(next);
        }
    }
    count_.store(by_id_.size(), std::memory_order_relaxed);
}

void PeerTable::forget(const std::string& id, const Address& address) {
    const auto ids = ids_at_.find(address);
    std::erase(ids->second, id);
    if (ids->second.empty()) {
        ids_at_.erase(ids);
    }
}

PeerTable::Snapshot PeerTable::find(const Address& address) const {
    const std::lock_guard lock(mutex_);
    const auto ids = ids_at_.find(address);
    return ids == ids_at_.end() ? nullptr : by_id_.find(ids->second.back())->second;
}

PeerTable::Snapshot PeerTable::find_id(ByteView id) const {
    const std::lock_guard lock(mutex_);
    const auto known = by_id_.find(id);
    return known == by_id_.end() ? nullptr : known->second;
}

std::vector<PeerTable::Snapshot> PeerTable::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<Snapshot> peers;
    for (const auto& [id, peer] : by_id_) {
        peers.push_back(peer);
    }
    return peers;
}

Result<OwnedMessage> peer_message(MessageType type, ByteView app_id, const Peer& peer,
                                  const PeerPlugin& plugin) {
    const auto packed = plugin.pack(peer);
    return packed ? OwnedMessage::make(type, app_id, *packed) : packed.error();
}

namespace {

class PeerHandler final : public Handler {
public:
    PeerHandler(MessageType type, std::shared_ptr<const PeerManagement> management)
        : Handler(false), type_(type), management_(std::move(management)) {}

    std::optional<OwnedMessage> call(const Message& message, Source& source) const override {
        const auto peer = management_->plugin.unpack(message.content());
        if (!peer || !management_->plugin.validate(*peer) || peer->id == management_->local.id) {
            return std::nullopt;
        }
        if (type_ == MessageType::disconnect) {
            const auto addresses = management_->peers.remove(peer->id);
            if (management_->left && !addresses.empty()) {
                management_->left(*peer, addresses);
            }
            return std::nullopt;
        }
        const auto now = management_->environment.clock->steady_now();
        const bool kept = management_->peers.hear(*peer, source.remote(), now);
        return kept && type_ == MessageType::advertise_peer ? introduce(source) : std::nullopt;
    }

private:
    std::optional<OwnedMessage> introduce(Source& source) const {
        auto answer = peer_message(MessageType::peer_discovered, management_->app_id,
                                   management_->local, management_->plugin);
        if (!answer) {
            management_->environment.log(
                LogLevel::error, "the local peer cannot be packed: " + answer.error().message());
            return std::nullopt;
        }
        if (management_->replies) {
            return std::move(*answer);
        }
        source.push(std::move(*answer), management_->inner);
        return std::nullopt;
    }

    MessageType type_;
    std::shared_ptr<const PeerManagement> management_;
};

}  // namespace

std::shared_ptr<const Handler> peer_handler(MessageType type,
                                            std::shared_ptr<const PeerManagement> management) {
    return std::make_shared<PeerHandler>(type, std::move(management));
}

}  // namespace netaio::core
