#include <gtest/gtest.h>

#include <filesystem>

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

// A server with several threads that ends, at once or gently, while it knows peers.
void come_and_go(bool gently) {
    auto options = server_options();
    options.threads = 3;
    auto server = std::make_unique<TcpServer>(options);
    server->manage_peers(often);
    ASSERT_FALSE(server->start());
    run([](std::unique_ptr<TcpServer>& owned, bool stops) -> awaitable<void> {
        std::vector<std::unique_ptr<TcpClient>> clients;
        for (const char* id : {"1", "2", "3", "4", "5", "6"}) {
            clients.push_back(std::make_unique<TcpClient>(client_options(id)));
            clients.back()->manage_peers(often);
            co_await clients.back()->connect("127.0.0.1", owned->port());
        }
        EXPECT_TRUE(co_await until([&] { return owned->peers().size() == clients.size(); }));
        if (stops) {
            co_await owned->stop(1s, boost::asio::use_awaitable);
        }
        owned.reset();
    }(server, gently));
}

TEST(TcpPeersOfAServerThatEnds, LeaveNoDescriptorsBehind) {
    const std::filesystem::path descriptors = "/proc/self/fd";
    if (!std::filesystem::exists(descriptors)) {
        GTEST_SKIP() << "this system does not say which descriptors are open";
    }
    const auto count = [&] {
        return std::distance(std::filesystem::directory_iterator(descriptors),
                             std::filesystem::directory_iterator());
    };
    come_and_go(false);  // what is made once for all is made
    const auto before = count();
    for (int i = 0; i < 3; ++i) {
        come_and_go(false);
        come_and_go(true);
    }
    EXPECT_EQ(count(), before);
}

}  // namespace
}  // namespace netaio
