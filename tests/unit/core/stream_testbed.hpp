#pragma once

#include "core/outgoing.hpp"
#include "core/stream.hpp"
#include "support/wire.hpp"
#include "testbed.hpp"

/// A connection without a network: bytes go in, bytes come out, and turns end as told.
namespace netaio::core::test {

/// One end of a connection.
class TestStream : public StreamOwner {
public:
    explicit TestStream(Role role, Plugins outer = {}, const StreamLimits& limits = {})
        : node(std::make_shared<Node>(role)) {
        node->environment = {.clock = clock,
                             .random = std::make_shared<netaio::test::CountingRandom>(),
                             .log = lines.log(LogLevel::trace)};
        node->outer = std::move(outer);
        hub = std::make_shared<TurnedHub>(node, limits);
        stream = std::make_shared<Stream>(Ends{there, here}, hub, owner);
        if (role == Role::client) {
            stream->enable_requests(100);
        }
        stream->start(std::make_unique<WireCarrier>(wire));
    }
    ~TestStream() override {
        if (stream) {
            stream->abort({});
        }
        hub->run();  // what it still holds for a turn
    }

    void returned(Stream&, Outcome) override {}
    void closed(Stream&, std::error_code why) override { ended = why; }

    /// Asks as a client does.
    RequestTable::Id ask(std::string uri, Told& told,
                         std::chrono::milliseconds timeout = std::chrono::seconds(10),
                         Plugins inner = {}) {
        OwnedMessage message = netaio::request(uri, "?");
        const auto id = *stream->requests()->add(uri, message.type(), inner, hub->now() + timeout,
                                                 told.completion());
        EXPECT_FALSE(stream->append(std::move(message), inner, *hub->dispatcher().outer(),
                                    RequestTable::on_wire(id)));
        return id;
    }
    void receive(std::string bytes) { stream->received(bytes); }
    void receive(OwnedMessage message, std::optional<RequestId> id = {},
                 const Plugins& outer = {}) {
        std::string out;
        EXPECT_FALSE(seal(message, {}, outer, node->context(nullptr)));
        EXPECT_FALSE(encode_message(message, out, id));
        receive(std::move(out));
    }
    /// What was sent since it was asked last.
    std::vector<OwnedMessage> sent() {
        hub->run();
        std::vector<OwnedMessage> all;
        buffers.push_back(std::exchange(wire->sent, {}));
        std::span<char> rest(buffers.back());
        while (const auto frame = next_frame(rest, node->types)) {
            if (!*frame) {
                break;
            }
            all.push_back((*frame)->message()->own());
            rest = rest.subspan((*frame)->header.frame_size());
        }
        EXPECT_TRUE(rest.empty());
        return all;
    }
    std::vector<std::string> sent_uris() {
        std::vector<std::string> uris;
        for (const auto& message : sent()) {
            uris.push_back(message.uri().str());
        }
        return uris;
    }
    bool logged(std::string_view part) const { return lines.contains(part); }

    std::shared_ptr<netaio::test::FixedClock> clock = std::make_shared<netaio::test::FixedClock>();
    netaio::test::LogLines lines;
    std::deque<std::string> buffers;
    std::shared_ptr<StreamOwner> owner{this, [](auto*) {}};
    std::shared_ptr<Node> node;
    std::shared_ptr<TurnedHub> hub;
    std::shared_ptr<Wire> wire = std::make_shared<Wire>();
    std::shared_ptr<Stream> stream;
    std::optional<std::error_code> ended;
};

}  // namespace netaio::core::test
