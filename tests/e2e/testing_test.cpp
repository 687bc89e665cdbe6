#include <netaio/testing.hpp>

#include <gtest/gtest.h>

#include <thread>

#include "support/net.hpp"

namespace netaio {
namespace {

using namespace test;

class TestNetworkTest : public ::testing::Test {
protected:
    TestNetworkTest() {
        server.on({MessageType::request_uri, "echo"},
                  [](const Message& message) { return respond(message.uri(), message.content()); });
        server.on({MessageType::request_uri, "silent"}, [] {});
        server.on({MessageType::request_uri, "slow"}, [](const Message& m) -> awaitable<Message> {
            Timer timer(co_await boost::asio::this_coro::executor, 1min);
            co_await timer.async_wait(boost::asio::use_awaitable);
            co_return respond(m.uri(), "at last");
        });
        server.on(MessageType::subscribe_uri, [&](const Message& m, Connection& from) {
            server.subscribe(m.uri(), from);
            return confirm_subscribe(m.uri());
        });
        EXPECT_FALSE(server.start());
    }
    void connect() { network.run(client.connect(network.address())); }

    TestNetwork network;
    TcpServer server{network.executor(), network.options(TcpServerOptions{.idle_timeout = 1h})};
    TcpClient client{network.executor(), network.options(TcpClientOptions())};
};

TEST_F(TestNetworkTest, CarriesRequestsAndAnswers) {
    connect();
    EXPECT_EQ(network.run(client.exchange(MessageType::request_uri, "echo", "hello")).content(),
              "hello");
    EXPECT_EQ(server.endpoints(), (std::vector<Address>{network.address()}));
    EXPECT_EQ(server.connection_count(), 1u);
}

TEST_F(TestNetworkTest, CarriesMoreThanFitsAtOnce) {
    connect();
    const std::string content(60000, 'x');
    const auto all = [](TcpClient& with, const std::string& what) -> awaitable<int> {
        int right = 0;
        int ended = 0;
        const auto executor = co_await boost::asio::this_coro::executor;
        for (int i = 0; i < 40; ++i) {
            with.exchange(MessageType::request_uri, "echo", what, {},
                          [&](boost::system::error_code error, const OwnedMessage& reply) {
                              right += !error && reply.content() == what ? 1 : 0;
                              ++ended;
                          });
        }
        while (ended < 40) {
            co_await boost::asio::post(executor, boost::asio::use_awaitable);
        }
        co_return right;
    };
    EXPECT_EQ(network.run(all(client, content)), 40);
}

TEST_F(TestNetworkTest, HasTimePassOnlyWhenToldTo) {
    connect();
    const auto began = network.environment().clock->steady_now();
    std::error_code error;
    client.request("silent", {.timeout = 2s},
                   [&](boost::system::error_code failed, OwnedMessage) { error = failed; });
    network.run();
    EXPECT_FALSE(error);
    network.advance(1999ms);
    EXPECT_FALSE(error);
    network.advance(2ms);
    EXPECT_EQ(error, Errc::timeout);
    EXPECT_EQ(network.environment().clock->steady_now() - began, 2001ms);
}

TEST_F(TestNetworkTest, RunsACoroutineAsFarAsItIsPatient) {
    connect();
    EXPECT_EQ(network.run(client.request("slow", {.timeout = 1h}), 61s).content(), "at last");
    EXPECT_THROW(network.run(client.request("slow", {.timeout = 1h})), std::logic_error);
    EXPECT_THROW(network.run(client.request("silent", {.timeout = 1s}), 2s),
                 boost::system::system_error);
}

TEST_F(TestNetworkTest, HasDueThingsHappenInTheirOrder) {
    std::vector<int> order;
    Timer late(network.executor(), 3h);
    Timer early(network.executor(), 1h);
    late.async_wait([&](boost::system::error_code) { order.push_back(3); });
    early.async_wait([&](boost::system::error_code) {
        order.push_back(1);
        late.expires_after(1h);  // cancels
        late.async_wait([&](boost::system::error_code) { order.push_back(2); });
    });
    network.advance(4h);
    EXPECT_EQ(order, (std::vector<int>{1, 3, 2}));
}

TEST_F(TestNetworkTest, HasTimePassForEver) {
    const auto sleep = [](std::chrono::hours time) -> awaitable<void> {
        Timer timer(co_await boost::asio::this_coro::executor, time);
        co_await timer.async_wait(boost::asio::use_awaitable);
    };
    network.run(sleep(24h * 365), std::chrono::nanoseconds::max());
    network.advance(std::chrono::nanoseconds::max());
    network.advance(std::chrono::nanoseconds::max());
    EXPECT_GT(network.environment().clock->now(),
              std::chrono::system_clock::time_point(200 * 365 * 24h));
}

TEST_F(TestNetworkTest, TellsOfEnds) {
    connect();
    std::error_code why;
    client.set_disconnect_handler([&](const Address&, std::error_code error) { why = error; });
    client.start_receive_loop();
    server.stop(0ms);
    network.run();
    network.advance(1ms);
    EXPECT_EQ(why, Errc::closed);
    EXPECT_FALSE(client.connected());
    const auto [refused, at] = network.run(client.connect(network.address(), as_result));
    EXPECT_EQ(refused, std::errc::connection_refused);
}

TEST_F(TestNetworkTest, ClosesWhatIsIdle) {
    connect();
    network.advance(59min);
    EXPECT_EQ(server.connection_count(), 1u);
    network.advance(2min);
    EXPECT_EQ(server.connection_count(), 0u);
}

TEST_F(TestNetworkTest, Notifies) {
    connect();
    std::vector<std::string> heard;
    client.on(MessageType::notify_uri,
              [&](const Message& message) { heard.push_back(message.content().str()); });
    client.start_receive_loop();
    network.run(client.subscribe("news"));
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(server.notify("news", notify("news", std::to_string(i))));
    }
    network.run();
    EXPECT_EQ(heard, (std::vector<std::string>{"0", "1", "2"}));
}

TEST_F(TestNetworkTest, HasASlowReaderStopTheWriter) {
    connect();
    network.run(client.subscribe("news"));
    const std::string much(60000, 'x');
    for (int i = 0; i < 200; ++i) {
        EXPECT_FALSE(server.notify("news", notify("news", much)));
    }
    network.run();
    EXPECT_GT(server.counters().dropped_oldest, 0u);
    EXPECT_LT(server.counters().frames_out, 202u);
}

TEST_F(TestNetworkTest, IsOneOnAThread) {
    EXPECT_THROW(TestNetwork{}, std::logic_error);
    std::thread([] { EXPECT_NO_THROW(TestNetwork{}); }).join();
}

TEST_F(TestNetworkTest, HasEachServerAtItsOwnPlace) {
    TcpServer second(network.executor(), network.options(TcpServerOptions(), "second"));
    ASSERT_FALSE(second.start());
    TcpServer third(network.executor(), network.options(TcpServerOptions(), "second"));
    EXPECT_EQ(third.start(), std::errc::address_in_use);
    network.run(client.connect(network.address("second")));
    EXPECT_EQ(second.connection_count(), 1u);
    EXPECT_EQ(server.connection_count(), 0u);
}

TEST_F(TestNetworkTest, LetsEndsGoInAnyOrder) {
    connect();
    auto second = std::make_unique<TcpServer>(network.executor(),
                                              network.options(TcpServerOptions(), "second"));
    ASSERT_FALSE(second->start());
    TcpClient other(network.executor(), network.options(TcpClientOptions()));
    network.run(other.connect(network.address("second")));
    second.reset();
    network.run();
    EXPECT_THROW(network.run(other.request("x")), boost::system::system_error);
}

}  // namespace
}  // namespace netaio
