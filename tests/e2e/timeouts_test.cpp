#include <gtest/gtest.h>

#include <netaio/testing.hpp>

#include "support/net.hpp"

/// "No bound", "the default" and "at once" are three things.
namespace netaio {
namespace {

using namespace test;

class TimeoutsTest : public ::testing::Test {
protected:
    TimeoutsTest() {
        server.on({request_uri, "slow"}, []() -> awaitable<std::string> {
            Timer timer(co_await boost::asio::this_coro::executor, 1h);
            co_await timer.async_wait(boost::asio::use_awaitable);
            co_return "at last";
        });
        EXPECT_FALSE(server.start());
        network.run(client.connect(network.address()));
    }
    void ask(RequestOptions options) {
        ended.reset();
        client.request("slow", options,
                       [this](std::error_code error, const OwnedMessage&) { ended = error; });
        EXPECT_FALSE(ended);
        network.run();
    }

    TestNetwork network;
    TcpServer server{network.executor(), network.options(TcpServerOptions())};
    TcpClient client{network.executor(),
                     network.options(TcpClientOptions{.request_timeout = 30min})};
    std::optional<std::error_code> ended;
};

TEST_F(TimeoutsTest, WithoutATimeoutARequestHasTheClients) {
    ask({});
    network.advance(29min);
    EXPECT_FALSE(ended);
    network.advance(2min);
    EXPECT_EQ(ended, make_error_code(Errc::timeout));
}

TEST_F(TimeoutsTest, WithZeroARequestEndsAtOnce) {
    ask({.timeout = 0ms});
    network.advance(10ms);
    EXPECT_EQ(ended, make_error_code(Errc::timeout));
}

TEST_F(TimeoutsTest, ARequestThatMayTakeForEverEndsWithItsAnswer) {
    ask({.timeout = never});
    network.advance(59min);
    EXPECT_FALSE(ended);
    network.advance(2min);
    EXPECT_EQ(ended, std::error_code());
}

TEST_F(TimeoutsTest, AReceiverTakesWhatIsThereOrWaits) {
    const auto receive = [&](ReceiveOptions options) {
        ended.reset();
        client.receive_once(options,
                            [this](std::error_code error, const OwnedMessage&) { ended = error; });
        network.run();
    };
    receive({.timeout = 0ms});
    network.advance(1ms);
    EXPECT_EQ(ended, make_error_code(Errc::timeout));
    receive({});
    network.advance(9min);
    EXPECT_FALSE(ended);
    server.broadcast(notify("n", "n"));
    network.run();
    EXPECT_EQ(ended, std::error_code());
}

TEST(TimeoutOptionsTest, LimitsOfZeroAreRefusedBySentencesThatNameNever) {
    const auto expect_refused = [](auto make) {
        try {
            make();
            ADD_FAILURE() << "a limit of zero was taken";
        } catch (const std::invalid_argument& problem) {
            EXPECT_NE(std::string_view(problem.what()).find("netaio::never"), std::string::npos);
        }
    };
    using Time = std::chrono::milliseconds;
    for (const auto member : {&TcpServerOptions::idle_timeout, &TcpServerOptions::frame_timeout,
                              &TcpServerOptions::send_timeout, &TcpServerOptions::keepalive_timeout,
                              &TcpServerOptions::stranger_timeout}) {
        for (const Time time : {Time(0), Time(-1)}) {
            TcpServerOptions options;
            options.*member = time;
            expect_refused([&] { TcpServer refused(options); });
            options.*member = never;
            EXPECT_NO_THROW(TcpServer taken(options));
        }
    }
    for (const auto member : {&TcpClientOptions::connect_timeout, &TcpClientOptions::frame_timeout,
                              &TcpClientOptions::send_timeout, &TcpClientOptions::keepalive_timeout,
                              &TcpClientOptions::request_timeout}) {
        TcpClientOptions options;
        options.*member = Time(0);
        expect_refused([&] { TcpClient refused(options); });
        options.*member = never;
        EXPECT_NO_THROW(TcpClient taken(options));
    }
    expect_refused([] { UdpNode refused({.request_timeout = 0ms}); });
    TcpClient client;
    expect_refused([&] { auto_reconnect(client, {.attempt_timeout = 0ms}); });
}

}  // namespace
}  // namespace netaio
