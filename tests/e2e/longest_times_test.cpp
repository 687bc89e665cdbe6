#include <gtest/gtest.h>

#include <thread>

#include "support/net.hpp"

/// `never` means that wherever a time is asked for.
namespace netaio {
namespace {

using namespace test;

class LongestTimesTest : public ::testing::Test {
protected:
    void start(TcpServerOptions options) {
        server = std::make_unique<TcpServer>(std::move(options));
        server->on(MessageType::request_uri, [](const Message& asked) -> awaitable<OwnedMessage> {
            OwnedMessage reply = respond(asked.uri(), "x");
            co_await pause(20ms);
            co_return reply;
        });
        ASSERT_FALSE(server->start());
    }

    std::unique_ptr<TcpServer> server;
};

TEST_F(LongestTimesTest, AServersLimitsCloseNoConnection) {
    auto options = local_options();
    options.idle_timeout = never;
    options.frame_timeout = never;
    options.send_timeout = 1ms;  // so that the limits are looked after often
    start(options);
    RawPeer peer(server->port());
    const std::string frame = encoded(request("a"));
    std::this_thread::sleep_for(30ms);
    ASSERT_TRUE(peer.send(ByteView(frame).substr(0, 5)));
    std::this_thread::sleep_for(30ms);
    ASSERT_TRUE(peer.send(ByteView(frame).substr(5)));
    EXPECT_TRUE(peer.receive());
    EXPECT_EQ(server->counters().closed_idle + server->counters().closed_slow_frame, 0u);
}

TEST_F(LongestTimesTest, AClientConnectsAsksAndReceives) {
    start(local_options());
    run([](TcpServer& to) -> awaitable<void> {
        TcpClient client({.connect_timeout = never,
                          .request_timeout = never,
                          .frame_timeout = never,
                          .send_timeout = never});
        const Address reached = co_await client.connect("127.0.0.1", to.port());
        co_await client.request("a");
        co_await client.request("a", {.timeout = never});
        std::optional<std::error_code> ended;
        client.receive_once({.timeout = never},
                            [&](boost::system::error_code error, OwnedMessage) { ended = error; });
        co_await pause(10ms);
        EXPECT_FALSE(ended);
        to.broadcast(notify("n", "n"));
        EXPECT_TRUE(co_await until([&] { return ended.has_value(); }));
        EXPECT_FALSE(*ended);
        std::optional<std::error_code> reconnected;
        auto reconnect = auto_reconnect(
            client, {.attempt_timeout = never,
                     .delay = never,
                     .delay_max = never,
                     .done = [&](const Address&, std::error_code error) { reconnected = error; }});
        const TimeoutContext context{MessageType::request_uri, "a", never, reached};
        co_await reconnect(context);
        EXPECT_TRUE(reconnected.has_value());
        EXPECT_FALSE(*reconnected);
    }(*server));
}

TEST_F(LongestTimesTest, AServerThatStopsWaitsForWhatIsInHand) {
    start(local_options());
    run([](TcpServer& to) -> awaitable<void> {
        TcpClient client;
        co_await client.connect("127.0.0.1", to.port());
        std::optional<std::error_code> ended;
        client.request("a", {},
                       [&](boost::system::error_code error, OwnedMessage) { ended = error; });
        EXPECT_TRUE(co_await until([&] { return to.counters().frames_in == 1; }));
        const StopReport report = co_await to.stop(never, boost::asio::use_awaitable);
        EXPECT_EQ(report.cut_off, 0u);
        EXPECT_TRUE(co_await until([&] { return ended.has_value(); }));
        EXPECT_FALSE(*ended);
    }(*server));
}

TEST_F(LongestTimesTest, PeersOfAClientStay) {
    start(local_options());
    run([](std::uint16_t port) -> awaitable<void> {
        TcpClient client({.local_peer = Peer{.id = "client"}});
        co_await client.connect("127.0.0.1", port);
        client.manage_peers({.advertise_every = never, .peer_timeout = never});
        EXPECT_EQ((co_await client.request("a")).content(), "x");
        // One that did not say when to be called next would have been called without end.
        EXPECT_LE(client.counters().frames_out, 2u);
    }(server->port()));
}

TEST_F(LongestTimesTest, ANodeRenewsNothingBefore) {
    run([]() -> awaitable<void> {
        UdpNode node(local_node_options("node"));
        node.grant_subscriptions();
        co_await node.start();
        const Address to = *Address::parse("127.0.0.1", node.port());
        auto options = local_node_options("guest");
        options.renew_subscriptions = never;
        options.renewal_backoff = {.delay = never, .delay_max = never};
        UdpNode guest(options);
        co_await guest.start();
        guest.manage_peers({.advertise_every = never, .peer_timeout = never});
        EXPECT_FALSE(guest.keep_introduced(to));
        co_await guest.subscribe("a", {.server = to});
        co_await pause(20ms);
        EXPECT_LE(guest.counters().frames_out, 3u);
    }());
}

}  // namespace
}  // namespace netaio
