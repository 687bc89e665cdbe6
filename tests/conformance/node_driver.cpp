#include "node_driver.hpp"

#include <gtest/gtest.h>

#include "core/layers.hpp"

namespace netaio::vectors {
namespace {

const Address remote_address = *Address::parse("192.0.2.1", 4000);

// Answers with the reply of the case, and keeps what it was called with.
class RecordingHandler final : public core::Handler {
public:
    RecordingHandler(std::vector<OwnedMessage>& handled, const Json& reply)
        : Handler(false), handled_(handled), reply_(reply) {}

    std::optional<OwnedMessage> call(const Message& message, core::Source&) const override {
        handled_.push_back(message.own());
        return reply_.is_null() ? std::nullopt : std::optional(message_of(reply_));
    }

private:
    std::vector<OwnedMessage>& handled_;
    Json reply_;
};

Json member(const Json& object, const char* name) {
    return object.contains(name) ? object.at(name) : Json();
}

}  // namespace

class NodeDriver::Remote final : public core::Source {
public:
    const Address& remote() const noexcept override { return remote_address; }
    void push(OwnedMessage, const Plugins&) override { ADD_FAILURE() << "nothing is to be pushed"; }
};

NodeDriver::NodeDriver(const Json& one_case, core::Role role)
    : environment_(one_case),
      node_(role),
      dispatcher_(node_, tallies_),
      remote_(std::make_unique<Remote>()) {
    const Json& description = one_case.at("node");
    const Dialect dialect = dialect_of(one_case);
    node_.environment = environment_.environment;
    node_.outer = {auth_plugin(member(description, "auth"), dialect),
                   cipher_plugin(member(description, "cipher"), dialect)};
    node_.peer_plugin = std::make_shared<DefaultPeer>();
    if (description.contains("handlers")) {
        add_handlers(description.at("handlers"), dialect);
    }
    if (description.contains("manage_app_id")) {
        manage_peers(description, dialect);
    }
}

void NodeDriver::add_handlers(const Json& handlers, Dialect dialect) {
    for (const Json& handler : handlers) {
        const auto type = static_cast<MessageType>(handler.at("type").get<int>());
        const Key key = handler.contains("uri")
                            ? Key(type, from_hex(handler.at("uri").get<std::string>()))
                            : Key(type);
        const Plugins inner{auth_plugin(member(handler, "auth"), dialect),
                            cipher_plugin(member(handler, "cipher"), dialect)};
        auto recording = std::make_shared<RecordingHandler>(handled, member(handler, "reply"));
        if (key.uri && inner.cipher && inner.cipher->hides_uri()) {
            // Such a handler can never be found, which ours says at once.
            EXPECT_THROW(node_.router.add(key, {recording, inner}), std::invalid_argument);
            continue;
        }
        node_.router.add(key, {std::move(recording), inner});
    }
}

void NodeDriver::manage_peers(const Json& description, Dialect dialect) {
    const Json& local = description.at("local_peer");
    node_.local_peer = Peer{.id = from_hex(local.at("id").at("v").get<std::string>()),
                            .data = from_hex(local.at("data").at("v").get<std::string>())};
    const Plugins inner{auth_plugin(member(description, "manage_auth"), dialect),
                        cipher_plugin(member(description, "manage_cipher"), dialect)};
    management_ = std::make_shared<core::PeerManagement>(
        core::PeerManagement{node_.peers, node_.environment, peer_plugin_, *node_.local_peer,
                             from_hex(description.at("manage_app_id").get<std::string>()), inner});
    for (const MessageType type :
         {MessageType::advertise_peer, MessageType::peer_discovered, MessageType::disconnect}) {
        if (inner.cipher && inner.cipher->hides_uri()) {
            continue;
        }
        node_.router.add(Key(type, management_->app_id),
                         {core::peer_handler(type, management_), inner});
    }
}

void NodeDriver::feed_stream(std::string data) {
    std::span<char> rest(data);
    while (true) {
        auto frame = next_frame(rest, node_.types, node_.limits);
        if (!frame) {
            ended = true;
            return;
        }
        if (!*frame) {
            return;
        }
        rest = rest.subspan((*frame)->header.frame_size());
        auto outcome = dispatcher_.receive(**frame, *remote_, sent);
        switch (outcome.kind) {
            case core::Outcome::Kind::fatal: ended = true; return;
            case core::Outcome::Kind::returned: returned.push_back(outcome.message->own()); break;
            case core::Outcome::Kind::discarded: returned.push_back(std::nullopt); break;
            default: break;
        }
    }
}

bool NodeDriver::feed_datagram(std::string datagram) {
    const auto frame = datagram_frame(datagram, node_.types, node_.limits);
    return frame && dispatcher_.receive(*frame, *remote_, sent).kind != core::Outcome::Kind::fatal;
}

std::string NodeDriver::management_message(MessageType type) {
    std::string out;
    auto message =
        core::peer_message(type, management_->app_id, management_->local, management_->plugin);
    EXPECT_TRUE(message.has_value());
    EXPECT_FALSE(
        dispatcher_.send(std::move(*message), management_->inner, node_.outer, nullptr, out));
    return out;
}

}  // namespace netaio::vectors
