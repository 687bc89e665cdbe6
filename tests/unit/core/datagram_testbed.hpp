#pragma once

#include <netaio/default_peer.hpp>

#include "core/datagram_node.hpp"
#include "testbed.hpp"

/// A UDP node without a network: datagrams go in, datagrams come out, time passes as told.
namespace netaio::core::test {

using netaio::test::FixedClock;

class TestDatagrams {
public:
    struct Sent {
        Address to;
        bool to_group;
        std::string bytes;

        MessageType type() const { return static_cast<MessageType>(bytes.front()); }
        OwnedMessage message() const { return decode_message(bytes, MessageTypes()).value(); }
    };

    explicit TestDatagrams(std::string id = "local", const DatagramBounds& bounds = {},
                           Plugins outer = {})
        : node(std::make_shared<Node>(Role::node)),
          core(
              prepared(std::move(id), std::move(outer)), bounds,
              [this](auto handler) { started.push_back(std::move(handler)); },
              [this] { ++woken; }) {}

    void receive(std::string bytes, const Address& from = there) { core.receive(bytes, from); }
    void receive(OwnedMessage message, const Address& from = there, const Plugins& inner = {}) {
        receive(frame(std::move(message), inner, node->outer), from);
    }
    /// A message as a datagram, protected with these plugins, with a request id if there is to be
    /// one.
    std::string frame(OwnedMessage message, const Plugins& inner = {}, const Plugins& outer = {},
                      std::optional<RequestId> id = {}) {
        std::string out;
        EXPECT_FALSE(seal(message, inner, outer, node->context(nullptr)));
        EXPECT_FALSE(encode_message(message, out, id));
        return out;
    }
    /// What a peer says of itself.
    OwnedMessage peer_says(MessageType type, const std::string& id) {
        return *peer_message(type, "netaio", Peer{.id = id}, *node->peer_plugin);
    }

    /// Empties the outbox.
    std::vector<Sent> take() {
        std::vector<Sent> sent;
        for (const auto& item : core.outbox().items) {
            sent.push_back({item.to, item.to_group, core.outbox().view(item).str()});
        }
        EXPECT_EQ(core.outbox().end(), core.outbox().bytes.size());
        core.outbox().clear();
        return sent;
    }

    bool knows(const std::string& id) const { return node->peers.find_id(id) != nullptr; }
    bool logged(std::string_view part) const { return lines.contains(part); }

    std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>();
    netaio::test::LogLines lines;
    std::vector<std::shared_ptr<Suspended>> started;
    int woken = 0;
    std::shared_ptr<Node> node;
    DatagramNode core;

private:
    std::shared_ptr<Node> prepared(std::string id, Plugins outer) {
        node->environment = {.clock = clock,
                             .random = std::make_shared<netaio::test::CountingRandom>(),
                             .log = lines.log(LogLevel::trace)};
        node->outer = std::move(outer);
        node->local_peer = Peer{.id = std::move(id)};
        node->peer_plugin = std::make_shared<DefaultPeer>();
        return node;
    }
};

}  // namespace netaio::core::test
