#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <thread>

#include "support/net.hpp"

namespace netaio {
namespace {

using namespace test;

class SharedClientTest : public testing::Test {
protected:
    SharedClientTest() {
        server.on({MessageType::request_uri, "echo"}, [](const Message& m) { return m.content(); });
        server.on({MessageType::request_uri, "never"}, [] { return std::optional<std::string>(); });
        server.on({MessageType::request_uri, "silence"},
                  [](const Message&) -> awaitable<std::string> {
                      Timer timer(co_await boost::asio::this_coro::executor, 1h);
                      co_await timer.async_wait(boost::asio::use_awaitable);
                      co_return "late";
                  });
        server.grant_subscriptions();
        EXPECT_FALSE(server.start());
    }

    void connect(SharedClient& client) { client.connect("127.0.0.1", server.port()).get(); }

    LogLines lines;
    TcpServer server{local_options()};
};

TEST_F(SharedClientTest, IsUsedByManyThreadsAtOnce) {
    SharedClient client;
    connect(client);
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            for (int k = 0; k < 200; ++k) {
                const auto text = std::to_string(i) + "." + std::to_string(k);
                good +=
                    client.exchange(MessageType::request_uri, "echo", text).get().content() == text;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(good, 1600);
}

TEST_F(SharedClientTest, ThrowsFromTheFutureWhatWentWrong) {
    SharedClient client;
    auto unconnected = client.request("echo");
    try {
        unconnected.get();
        FAIL();
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), Errc::not_connected);
    }
    connect(client);
    auto late = client.request("silence", {.timeout = 20ms});
    try {
        late.get();
        FAIL();
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), Errc::timeout);
    }
}

TEST_F(SharedClientTest, CallsBackOnTheExecutorThatIsChosen) {
    boost::asio::io_context window;
    SharedClient client;
    connect(client);
    auto open = boost::asio::make_work_guard(window);
    std::thread::id called = {};
    client.exchange(
        MessageType::request_uri, "echo", "x", {},
        boost::asio::bind_executor(window, [&](std::error_code error, const OwnedMessage& reply) {
            EXPECT_FALSE(error);
            EXPECT_EQ(reply.content(), "x");
            called = std::this_thread::get_id();
            open.reset();
        }));
    window.run();
    EXPECT_EQ(called, std::this_thread::get_id());
}

TEST_F(SharedClientTest, IsAwaitedByACoroutineElsewhere) {
    run([](std::uint16_t port) -> awaitable<void> {
        SharedClient client;
        const auto here = std::this_thread::get_id();
        co_await client.connect("127.0.0.1", port, boost::asio::use_awaitable);
        const auto reply = co_await client.exchange(MessageType::request_uri, "echo", "y", {},
                                                    boost::asio::use_awaitable);
        EXPECT_EQ(reply.content(), "y");
        EXPECT_EQ(std::this_thread::get_id(), here);
    }(server.port()));
}

TEST_F(SharedClientTest, CancelsWhatWaitsElsewhere) {
    boost::asio::io_context window;
    SharedClient client;
    connect(client);
    boost::asio::cancellation_signal signal;
    std::error_code ended;
    client.request("silence", {.timeout = 1h},
                   boost::asio::bind_cancellation_slot(
                       signal.slot(), boost::asio::bind_executor(
                                          window, [&](std::error_code error, const OwnedMessage&) {
                                              ended = error;
                                          })));
    boost::asio::post(window, [&] { signal.emit(boost::asio::cancellation_type::terminal); });
    EXPECT_TRUE(run_until(window, [&] { return bool(ended); }));
    EXPECT_EQ(ended, Errc::cancelled);
    EXPECT_EQ(client.exchange(MessageType::request_uri, "echo", "z").get().content(), "z");
}

TEST_F(SharedClientTest, ReceivesAllTheTimeForHandlersOnAnExecutor) {
    boost::asio::io_context window;
    SharedClient client;
    auto open = boost::asio::make_work_guard(window);
    std::string seen;
    client.on(MessageType::notify_uri, on_executor(window.get_executor(), [&](const Message& m) {
                  seen = m.uri().str() + "=" + m.content().str();
                  open.reset();
              }));
    connect(client);
    client.subscribe("news").get();
    server.notify("news", notify("news", "spring"));
    window.run();
    EXPECT_EQ(seen, "news=spring");
}

TEST_F(SharedClientTest, EndsWhatWaitsWhenItIsDestroyed) {
    std::future<OwnedMessage> reply;
    {
        SharedClient client;
        connect(client);
        reply = client.request("silence", {.timeout = 1h});
    }
    try {
        reply.get();
        FAIL();
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), Errc::cancelled);
    }
}

TEST_F(SharedClientTest, LetsCallbacksUseItWhileItIsDestroyed) {
    std::vector<std::error_code> told;
    {
        SharedClient client;
        connect(client);
        client.request("silence", {.timeout = 1h}, [&](std::error_code error, const OwnedMessage&) {
            told.push_back(error);
            client.request("echo", {}, [&](std::error_code again, const OwnedMessage&) {
                told.push_back(again);
            });
            client.on(MessageType::notify_uri, [](const Message&) {});
            client.keep_connected("127.0.0.1", server.port());
            client.close_all();
        });
    }
    EXPECT_EQ(told, std::vector<std::error_code>(2, Errc::cancelled));
}

TEST_F(SharedClientTest, KeepsOneHandlerForAllThatComesToAnExecutor) {
    boost::asio::io_context window;
    SharedClient client;
    int last = 0;
    client.on(MessageType::notify_uri,
              on_executor(window.get_executor(),
                          [&last, count = 0](const Message&) mutable { last = ++count; }));
    connect(client);
    client.subscribe("news").get();
    for (int i = 0; i < 3; ++i) {
        server.notify("news", notify("news", "again"));
    }
    EXPECT_TRUE(run_until(window, [&] { return last == 3; }));
}

TEST_F(SharedClientTest, LogsWhatACallbackThrowsAndGoesOn) {
    SharedClient client({.environment = {.log = lines.log()}});
    connect(client);
    client.request("echo", {}, [](std::error_code, const OwnedMessage&) {
        throw std::runtime_error("a callback's own fault");
    });
    EXPECT_TRUE(eventually([&] { return lines.contains("a callback's own fault"); }));
    EXPECT_EQ(client.exchange(MessageType::request_uri, "echo", "on").get().content(), "on");
}

TEST_F(SharedClientTest, StaysConnected) {
    SharedClient client;
    std::atomic<int> connected = 0;
    EXPECT_THROW(client.keep_connected(std::vector<ServerName>()), std::invalid_argument);
    client.keep_connected(
        "127.0.0.1", server.port(),
        {.on_state = [&](ConnectionState state, std::error_code,
                         unsigned) { connected += state == ConnectionState::connected; },
         .backoff = {.delay = 1ms}});
    EXPECT_EQ(client.request("echo", "1").get().content(), "1");
    boost::asio::post(client.executor(), [&] { client.client().connection()->close(); });
    EXPECT_TRUE(eventually([&] { return connected == 2; }));
    EXPECT_EQ(client.request("echo", "2").get().content(), "2");
    client.close_all();
    EXPECT_THROW(client.request("echo").get(), Error);
}

TEST_F(SharedClientTest, LendsItsClientOnItsExecutor) {
    SharedClient client;
    connect(client);
    EXPECT_THROW((void)client.client().connected(), std::logic_error);
    std::promise<bool> connected;
    boost::asio::post(client.executor(), [&] { connected.set_value(client.client().connected()); });
    EXPECT_TRUE(connected.get_future().get());
    client.close_all();
    EXPECT_THROW(client.request("echo").get(), boost::system::system_error);
}

}  // namespace
}  // namespace netaio
