#include "peers.hpp"

namespace netaio::core {

bool PeerTable::hear(const Peer& peer, const Address& address, TimePoint now) {
    const std::lock_guard lock(mutex_);
    auto known = by_id_.find(peer.id);
    if (known == by_id_.end()) {
        if (by_id_.size() >= peers_max_) {
            return false;
        }
        known = by_id_.emplace(peer.id, nullptr).first;
        count_.store(by_id_.size(), std::memory_order_relaxed);
    }
    if (const auto id = id_at_.find(address); id != id_at_.end() && id->second != peer.id) {
        detach(address);
    }
    auto next = std::make_shared<Peer>(known->second ? *known->second : peer);
    next->data = peer.data;
    next->addresses.insert(address);
    next->last_heard = now;
    known->second = std::move(next);
    id_at_[address] = peer.id;
    return true;
}

void PeerTable::refresh(const Address& address, TimePoint now) {
    const std::lock_guard lock(mutex_);
    const auto id = id_at_.find(address);
    if (id == id_at_.end()) {
        return;
    }
    Snapshot& known = by_id_.find(id->second)->second;
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
        id_at_.erase(address);
    }
    by_id_.erase(known);
    count_.store(by_id_.size(), std::memory_order_relaxed);
    return addresses;
}

void PeerTable::remove_address(const Address& address) {
    const std::lock_guard lock(mutex_);
    detach(address);
}

void PeerTable::detach(const Address& address) {
    const auto id = id_at_.find(address);
    if (id == id_at_.end()) {
        return;
    }
    const auto known = by_id_.find(id->second);
    id_at_.erase(id);
    auto next = std::make_shared<Peer>(*known->second);
    next->addresses.erase(address);
    if (next->addresses.empty()) {
        by_id_.erase(known);
        count_.store(by_id_.size(), std::memory_order_relaxed);
    } else {
        known->second = std::move(next);
    }
}

PeerTable::Snapshot PeerTable::find(const Address& address) const {
    const std::lock_guard lock(mutex_);
    const auto id = id_at_.find(address);
    return id == id_at_.end() ? nullptr : by_id_.find(id->second)->second;
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
            management_->environment.log(LogLevel::error, "the local peer cannot be packed: " +
                                                              answer.error().message());
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
