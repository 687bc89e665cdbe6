#include <gtest/gtest.h>

#include "support/net.hpp"

namespace netaio {
namespace {

using namespace test;

const PeerManagementOptions often{.advertise_every = 50ms, .peer_timeout = 5s};

TcpServerOptions server_options() {
    TcpServerOptions options = local_options();
    options.local_peer = Peer{.id = "server", .data = "s"};
    return options;
}

TcpClientOptions client_options(std::string id) {
    TcpClientOptions options;
    options.local_peer = Peer{.id = std::move(id)};
    return options;
}

class TcpPeers : public testing::TestWithParam<unsigned> {
public:
    TcpPeers()
        : server([] {
              auto options = server_options();
              options.threads = GetParam();
              return options;
          }()) {
        server.on(MessageType::request_uri,
                  [](const Message& message) { return respond(message.uri(), ""); });
        server.on(MessageType::subscribe_uri, [&](const Message& message, Connection& from) {
            server.subscribe(message.uri(), from);
            return confirm_subscribe(message.uri());
        });
        server.set_peer_callbacks(
            {.joined = [this](const Peer&) { ++joined; }, .left = [this](const Peer&) { ++left; }});
        EXPECT_FALSE(server.start());
    }

    TcpServer server;
    std::atomic<int> joined{0};
    std::atomic<int> left{0};
};
INSTANTIATE_TEST_SUITE_P(OneThreadAndSeveral, TcpPeers, testing::Values(1u, 3u));

TEST_P(TcpPeers, AreFoundWhenAClientConnects) {
    server.manage_peers(often);
    run([](TcpPeers& test) -> awaitable<void> {
        TcpClient client(client_options("client"));
        client.manage_peers(often);
        co_await client.connect("127.0.0.1", test.server.port());
        EXPECT_TRUE(co_await until([&] { return client.peer("server") && test.joined == 1; }));
        EXPECT_EQ(client.peer("server")->data, "s");
        EXPECT_EQ(test.server.peers().at(0).id, "client");
        client.close();
        EXPECT_TRUE(co_await until([&] { return test.left == 1; }));
        EXPECT_TRUE(client.peers().empty());
    }(*this));
}

TEST_P(TcpPeers, AreFoundWhenTheServerTurnsItOn) {
    run([](TcpPeers& test) -> awaitable<void> {
        TcpClient client(client_options("client"));
        // It advertises when it connects, and then not for long.
        client.manage_peers({.advertise_every = 1h, .peer_timeout = 1h});
        co_await client.connect("127.0.0.1", test.server.port());
        co_await client.request("x");
        test.server.manage_peers(often);
        EXPECT_TRUE(co_await until([&] { return client.peer("server") && test.joined == 1; }));
    }(*this));
}

TEST_P(TcpPeers, LeaveWithTheirConnection) {
    server.manage_peers(often);
    run([](TcpPeers& test) -> awaitable<void> {
        {
            TcpClient client(client_options("client"));
            client.manage_peers(often);
            co_await client.connect("127.0.0.1", test.server.port());
            EXPECT_TRUE(co_await until([&] { return test.joined == 1; }));
        }
        EXPECT_TRUE(co_await until([&] { return test.left == 1; }));
        EXPECT_TRUE(test.server.peers().empty());
    }(*this));
}

TEST_P(TcpPeers, AreToldWhenTheServerStops) {
    server.manage_peers(often);
    run([](TcpPeers& test) -> awaitable<void> {
        TcpClient client(client_options("client"));
        std::vector<std::string> gone;
        client.set_peer_callbacks({.left = [&](const Peer& peer) { gone.push_back(peer.id); }});
        client.manage_peers(often);
        co_await client.connect("127.0.0.1", test.server.port());
        EXPECT_TRUE(co_await until([&] { return client.peers().size() == 1; }));
        test.server.stop();
        EXPECT_TRUE(co_await until([&] { return !gone.empty(); }));
        EXPECT_EQ(gone, std::vector<std::string>{"server"});
    }(*this));
}

TEST_P(TcpPeers, LoseTheirSubscriptionsWhenTheyLeave) {
    server.manage_peers(often);
    run([](TcpPeers& test) -> awaitable<void> {
        TcpClient client(client_options("client"));
        client.manage_peers(often);
        co_await client.connect("127.0.0.1", test.server.port());
        co_await client.subscribe("news");
        EXPECT_TRUE(co_await until([&] { return test.joined == 1; }));
        EXPECT_EQ(test.server.subscriber_count("news"), 1u);
        // It leaves, and its connection stays.
        client.stop_managing_peers();
        EXPECT_TRUE(co_await until([&] { return test.left == 1; }));
        EXPECT_TRUE(co_await until([&] { return test.server.subscriber_count("news") == 0; }));
        EXPECT_EQ((co_await client.request("x")).type(), MessageType::respond_uri);
    }(*this));
}

TEST_P(TcpPeers, OfAnotherAppAreNotSeen) {
    server.manage_peers(often);
    run([](TcpPeers& test) -> awaitable<void> {
        TcpClient other(client_options("other"));
        auto managed = often;
        managed.app_id = "another";
        other.manage_peers(managed);
        co_await other.connect("127.0.0.1", test.server.port());
        TcpClient client(client_options("client"));
        client.manage_peers(often);
        co_await client.connect("127.0.0.1", test.server.port());
        EXPECT_TRUE(co_await until([&] { return test.joined == 1; }));
        co_await pause(100ms);
        EXPECT_EQ(test.server.peers().size(), 1u);
        EXPECT_TRUE(other.peers().empty());
    }(*this));
}

}  // namespace
}  // namespace netaio
