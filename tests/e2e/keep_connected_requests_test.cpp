#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "keep_connected.hpp"

/// What becomes of the requests and subscriptions of clients that stay connected.
namespace netaio {
namespace {

using namespace test;

using KeptRequestsTest = KeepConnectedTest;

TEST_F(KeptRequestsTest, HasRequestsWaitUntilItIsConnected) {
    kill(server);
    keep();
    std::vector<std::string> answers;
    for (const std::string content : {"1", "2", "3"}) {
        client->request("a", content, {.timeout = 1min},
                        [&](boost::system::error_code error, const OwnedMessage& reply) {
                            answers.push_back(error ? error.message() : reply.content().str());
                        });
    }
    network.advance(10s);
    EXPECT_TRUE(answers.empty());
    server = serve();
    network.advance(30s);
    EXPECT_EQ(answers, (Strings{"1", "2", "3"}));
}

TEST_F(KeptRequestsTest, HasThemWaitAsLongAsEachMayTake) {
    kill(server);
    keep();
    EXPECT_EQ(why_not(client->request("a", {.timeout = 3s}), 3s), Errc::timeout);
    EXPECT_EQ(why_not(client->request("a"), 11s), Errc::timeout);
    hangs = true;
    auto how = options();
    how.heartbeat = never;
    how.backoff = {.delay = 1s, .factor = 1, .jitter = 0};
    keep(how);
    server = serve();
    // It waits for a connection for one second, and then for an answer.
    EXPECT_EQ(why_not(client->request("a", {.timeout = 3s}), 3s + 1ms), Errc::timeout);
}

TEST_F(KeptRequestsTest, HasThemFailWhereThatIsWanted) {
    kill(server);
    auto how = options();
    how.requests = Meanwhile::fail;
    keep(how);
    EXPECT_EQ(why_not(client->request("a"), 0s), Errc::not_connected);
}

TEST_F(KeptRequestsTest, LetsNoMoreOfThemWaitThanMay) {
    kill(server);
    auto how = options();
    how.waiting_max = 2000;
    keep(how);
    int waiting = 0;
    int full = 0;
    for (int i = 0; i < 5; ++i) {
        client->request("a", {.timeout = 1min},
                        [&](boost::system::error_code error, const OwnedMessage&) {
                            full += error == Errc::queue_full ? 1 : 0;
                            waiting += error == Errc::timeout ? 1 : 0;
                        });
    }
    network.run();
    EXPECT_EQ(full, 2);
    network.advance(2min);
    EXPECT_EQ(waiting, 3);
}

TEST_F(KeptRequestsTest, LetsThemBeCancelled) {
    kill(server);
    keep();
    boost::asio::cancellation_signal signal;
    std::error_code error;
    client->request("a", {.timeout = 1min},
                    boost::asio::bind_cancellation_slot(
                        signal.slot(), [&](boost::system::error_code failed, const OwnedMessage&) {
                            error = failed;
                        }));
    signal.emit(boost::asio::cancellation_type::terminal);
    network.run();
    EXPECT_EQ(error, Errc::cancelled);
}

TEST_F(KeptRequestsTest, FailsWhatIsInFlightAtAnEnd) {
    keep();
    server->on({request_uri, "never"}, [] {});
    std::error_code error;
    client->request("never", {},
                    [&](boost::system::error_code failed, const OwnedMessage&) { error = failed; });
    network.run();
    kill(server);
    EXPECT_EQ(error, Errc::closed);
}

TEST_F(KeptRequestsTest, SubscribesAgainWithNothingMissed) {
    server->publish("room/1", "a");
    server->publish("room/2", "b");
    server->publish("lamp", "on");
    client->keep_connected(network.address().str(), 0, options());
    network.run(client->subscribe("room/", {.prefix = true, .present = true}));
    network.run(client->subscribe("lamp", {.present = true}));
    network.run(client->subscribe("news"));
    network.run(client->subscribe("gone"));
    network.run(client->unsubscribe("gone"));
    network.run();
    EXPECT_EQ(heard, (Strings{"room/1=a", "room/2=b", "lamp=on"}));
    heard.clear();
    kill(server);
    network.advance(3s);
    server = serve();
    server->publish("room/2", "c");
    server->publish("lamp", "off");
    network.advance(30s);
    EXPECT_TRUE(stands("connected"));
    EXPECT_EQ(heard, (Strings{"lamp=off", "room/2=c"}));
    EXPECT_EQ(server->subscriber_count("news"), 1u);
    EXPECT_EQ(server->subscriber_count("gone"), 0u);
    heard.clear();
    server->publish("room/3", "d");
    network.run();
    EXPECT_EQ(heard, (Strings{"room/3=d"}));
}

TEST_F(KeptRequestsTest, SubscribesAgainToAsMuchAsItHad) {
    make_client({.requests_max = 10});
    keep();
    for (int i = 0; i < 300; ++i) {
        network.run(client->subscribe("room/" + std::to_string(i)));
    }
    kill(server);
    server = serve();
    network.advance(10s);
    EXPECT_TRUE(stands("connected"));
    for (int i = 0; i < 300; ++i) {
        EXPECT_EQ(server->subscriber_count("room/" + std::to_string(i)), 1u);
    }
}

TEST_F(KeptRequestsTest, TakesAServerThatGrantsLessThanBeforeForOneThatFails) {
    keep();
    network.run(client->subscribe("room/", {.prefix = true}));
    kill(server);
    states.clear();
    errors.clear();
    server = std::make_unique<TcpServer>(network.executor(), network.options(TcpServerOptions()));
    server->on(subscribe_uri,
               [](const Message& message) { return error(message.uri(), "not here"); });
    EXPECT_FALSE(server->start());
    network.advance(1min);
    EXPECT_EQ(std::ranges::count_if(
                  states, [](const auto& state) { return state.starts_with("connected"); }),
              0);
    EXPECT_GT(std::ranges::count(errors, std::make_error_code(std::errc::permission_denied)), 1);
    EXPECT_TRUE(lines.contains("does not grant again"));
    kill(server);
    server = serve();
    network.advance(1min);
    EXPECT_TRUE(stands("connected"));
    server->publish("room/1", "a");
    network.run();
    EXPECT_EQ(heard, Strings{"room/1=a"});
}

TEST_F(KeptRequestsTest, LeavesAReceiveLoopStoppedThatWasStopped) {
    keep();
    client->stop_receive_loop();
    kill(server);
    server = serve();
    network.advance(10s);
    EXPECT_TRUE(stands("connected"));
    EXPECT_TRUE(client->receive_loops().empty());
    network.advance(1h);
    EXPECT_TRUE(stands("connected"));
}

TEST_F(KeptRequestsTest, BeginsWithTheFirstCallWhereItHasNoExecutor) {
    TcpClient late(network.options(TcpClientOptions()));
    late.keep_connected(network.address().str(), 0, options());
    const auto session = [](TcpClient& with) -> awaitable<std::string> {
        const OwnedMessage reply = co_await with.request("a", "b");
        co_return reply.content().str();
    };
    EXPECT_EQ(network.run(session(late)), "b");
    EXPECT_TRUE(stands("connected"));
}

TEST_F(KeptRequestsTest, HasThemWaitUntilTheServerWasGreeted) {
    Strings order;
    auto how = options();
    how.greet = [&](Address at) -> awaitable<void> {
        const OwnedMessage reply = co_await client->request("greeting", {.server = at});
        Timer timer(co_await boost::asio::this_coro::executor, 5s);
        co_await timer.async_wait(boost::asio::use_awaitable);
        order.push_back(reply.uri().str());
    };
    keep(how);
    client->request("a", {}, [&](boost::system::error_code, const OwnedMessage& reply) {
        order.push_back(reply.uri().str());
    });
    network.advance(4s);
    EXPECT_EQ(order, Strings());
    EXPECT_TRUE(stands("connecting"));
    network.advance(2s);
    EXPECT_EQ(order, (Strings{"greeting", "a"}));
    EXPECT_TRUE(stands("connected"));
}

TEST_F(KeptRequestsTest, AGreetingThatThrowsIsAnAttemptThatFailed) {
    auto how = options();
    how.greet = [&](Address) -> awaitable<void> {
        throw Error(make_error_code(Errc::auth_failed), "not you");
        co_return;
    };
    keep(how);
    EXPECT_TRUE(stands("waiting 1"));
    EXPECT_EQ(errors.back(), Errc::auth_failed);
    EXPECT_TRUE(lines.contains("the greeting failed: not you"));
}

TEST_F(KeptRequestsTest, AGreetingEndsWithItsConnection) {
    const auto there = std::make_shared<int>();
    auto how = options();
    how.greet = [there](Address) -> awaitable<void> {
        const auto kept = there;
        Timer timer(co_await boost::asio::this_coro::executor, 1h);
        co_await timer.async_wait(boost::asio::use_awaitable);
    };
    keep(how);
    EXPECT_TRUE(stands("connecting"));
    kill(server);
    network.run();
    EXPECT_TRUE(stands("waiting"));
    client.reset();
    network.run();
    how.greet = nullptr;
    EXPECT_EQ(there.use_count(), 1);
}
}  // namespace
}  // namespace netaio
