#pragma once

#include <gtest/gtest.h>

#include <netaio/packify.hpp>
#include <netaio/testing.hpp>

#include "relay.hpp"
#include "support/log_lines.hpp"
#include "support/net.hpp"

/// A relay in a network and a time of its own, programs of its machine, and a client from
/// elsewhere.
namespace netaio::daemon::test {

using namespace netaio::test;

inline RelayOptions in_memory(const TestNetwork& network) {
    RelayOptions options;
    options.socket = TestNetwork::address("netaiod");
    options.tcp = network.options(TcpServerOptions(), "machine");
    options.environment = network.environment();
    return options;
}

// A program of the machine, that speaks the link's protocol.
class TestProgram {
public:
    explicit TestProgram(TestNetwork& network)
        : network_(network),
          client(network.executor(), network.options(TcpClientOptions{.answers = true})) {
        network.run(client.connect(TestNetwork::address("netaiod")));
        client.start_receive_loop();
    }
    TestProgram(TestNetwork& network, std::string name) : TestProgram(network) {
        EXPECT_EQ(ask(create_uri, "netaiod/app", Dict{{"name", std::move(name)}}).type(),
                  MessageType::ok);
    }

    OwnedMessage exchange(OwnedMessage message, std::string_view to = "") {
        message.auth().set("@", to);
        return network_.run(client.exchange(std::move(message), {.timeout = 90s}), 2min);
    }
    OwnedMessage ask(MessageType type, std::string_view uri, Value content) {
        return exchange(OwnedMessage(type, uri, *pack(content)));
    }
    OwnedMessage serve(MessageType type, std::string_view uri, std::string_view how = "uri",
                       Dict more = {}) {
        more.set("type", static_cast<int>(type));
        more.set(std::string(how), Bytes(std::string(uri)));
        return ask(create_uri, "netaiod/key", Value(std::move(more)));
    }
    void notify(std::string_view key, std::string_view uri, std::string_view content) {
        OwnedMessage message(notify_uri, uri, content);
        message.auth().set("@", "subscribers:" + std::string(key));
        EXPECT_FALSE(client.send(message));
        network_.run();
    }

private:
    TestNetwork& network_;

public:
    TcpClient client;
};

inline std::vector<std::string> origin_in(const Message& message) {
    std::vector<std::string> all;
    const auto field = message.auth().bytes("@");
    const auto value = field ? unpack(*field) : Result<Value>(Errc::malformed);
    EXPECT_TRUE(value && value->as_list());
    if (!value || !value->as_list()) {
        return all;
    }
    for (const Value& item : value->as_list()->items) {
        all.push_back(item.as_bytes()->str());
    }
    return all;
}

class RelayTest : public ::testing::Test {
public:
    void SetUp() override { restart(); }
    void restart() {
        relay.reset();
        network.run();
        relay = std::make_shared<Relay>(network.executor(), options);
        ASSERT_FALSE(relay->start());
    }
    TcpClient& remote() {
        if (!remote_) {
            remote_.emplace(network.executor(), network.options(TcpClientOptions()));
            network.run(remote_->connect(TestNetwork::address("machine")));
        }
        return *remote_;
    }
    std::string asked(std::string_view uri) {
        const auto reply = network.run(remote().request(uri), 2min);
        return reply.type() == MessageType::respond_uri
                   ? reply.content().str()
                   : std::string(built_in_name(reply.type())) + " " + reply.content().str();
    }

    netaio::test::LogLines log_lines;  // of what logs there, as long as the network is there
    TestNetwork network;
    RelayOptions options = in_memory(network);
    std::shared_ptr<Relay> relay;
    std::optional<TcpClient> remote_;
};

}  // namespace netaio::daemon::test
