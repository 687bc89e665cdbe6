#include "peer_handler.hpp"

#include <atomic>

namespace netaio::core {

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
        if (!peer || !management_->plugin.validate(*peer)) {
            return std::nullopt;
        }
        if (peer->id == management_->local.id) {
            if (type_ == MessageType::advertise_peer) {
                warn_of_namesake(source);
            }
            return std::nullopt;
        }
        if (management_->may_change) {
            const auto known = management_->peers.find_id(peer->id);
            if (known && !management_->may_change(*known, source)) {
                only_hear(*known, *peer, source.remote());
                return std::nullopt;
            }
        }
        if (type_ == MessageType::disconnect) {
            const auto known = management_->peers.find_id(peer->id);
            if (known && known->addresses.contains(source.remote())) {
                management_->peers.remove(peer->id);
            }
            return std::nullopt;
        }
        const auto now = management_->environment.clock->steady_now();
        const bool kept = management_->peers.hear(*peer, source.remote(), now,
                                                  !management_->vouched || management_->vouched());
        if (!kept && management_->environment.log.enabled(LogLevel::debug)) {
            management_->environment.log(
                LogLevel::debug,
                source.remote().str() + ": a peer was not added: too many are known");
        }
        if (kept && management_->named && !message.who().empty()) {
            management_->named(source.remote());
        }
        if (kept && type_ == MessageType::peer_discovered && management_->discovered) {
            management_->discovered(source.remote());
        }
        return kept && type_ == MessageType::advertise_peer ? introduce(source) : std::nullopt;
    }

    // All it says is that the peer is at that address, too; it may have changed or left since.
    void hear_again(const Message& message, Source& source) const override {
        const auto peer = management_->plugin.unpack(message.content());
        if (!peer || type_ == MessageType::disconnect || peer->id == management_->local.id) {
            return;
        }
        management_->peers.hear_again(peer->id, source.remote(),
                                      management_->environment.clock->steady_now());
    }

private:
    // Anybody could say so who is not the peer.
    void only_hear(const Peer& known, const Peer& says, const Address& from) const {
        const bool is_there = known.addresses.contains(from);
        if (is_there && type_ != MessageType::disconnect) {
            management_->peers.refresh(from, management_->environment.clock->steady_now());
        }
        if (type_ != MessageType::disconnect && (!is_there || known.data != says.data)) {
            management_->ask_about(from);
        }
    }

    // Both would wait for each other for ever.
    void warn_of_namesake(const Source& source) const {
        if (!warned_of_namesake_.test_and_set()) {
            management_->environment.log(
                LogLevel::error, source.remote().str() +
                                     ": another node has the id of this one, so neither sees the "
                                     "other: give each an id of its own");
        }
    }

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
    mutable std::atomic_flag warned_of_namesake_;
};

class PeersHandler final : public Handler {
public:
    explicit PeersHandler(TellPeers tell) : Handler(false), tell_(std::move(tell)) {}

    std::optional<OwnedMessage> call(const Message& message, Source& source) const override {
        const bool named = !message.who().empty();
        auto answer = OwnedMessage::make(
            named ? MessageType::respond_uri : MessageType::not_found, message.uri(),
            named ? tell_(source.remote(), message.content().size()) : "not found");
        return answer ? std::optional(std::move(*answer)) : std::nullopt;
    }

private:
    TellPeers tell_;
};

}  // namespace

std::shared_ptr<const Handler> peers_handler(TellPeers tell) {
    return std::make_shared<PeersHandler>(std::move(tell));
}

std::shared_ptr<const Handler> peer_handler(MessageType type,
                                            std::shared_ptr<const PeerManagement> management) {
    return std::make_shared<PeerHandler>(type, std::move(management));
}

}  // namespace netaio::core
