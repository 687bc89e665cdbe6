#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <deque>
#include <set>
#include <thread>

#include "support/net.hpp"

namespace netaio {
namespace {

using namespace test;

// A server that echoes requests, and a way to talk to it.
class TcpServerTest : public ::testing::Test {
protected:
    void start(TcpServerOptions options = local_options()) {
        options.environment.log = lines.log();
        server.emplace(std::move(options));
        server->on(MessageType::request_uri, [](const Message& message) {
            return respond(message.uri(), message.content());
        });
    }
    std::uint16_t listen() {
        EXPECT_FALSE(server->start());
        return server->port();
    }

    LogLines lines;
    std::optional<TcpServer> server;
};

TEST_F(TcpServerTest, AnswersFramesThatArriveTogetherInOrder) {
    start();
    RawPeer peer(listen());
    std::string frames;
    for (int i = 0; i < 1000; ++i) {
        frames += encoded(request("n", std::to_string(i)));
    }
    ASSERT_TRUE(peer.send(frames));
    for (int i = 0; i < 1000; ++i) {
        const auto reply = peer.receive();
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->content(), std::to_string(i));
    }
    EXPECT_EQ(server->counters().frames_in, 1000u);
}

TEST_F(TcpServerTest, AnswersAFrameThatArrivesByteByByte) {
    start();
    RawPeer peer(listen());
    for (const char byte : encoded(request("slowly", "but surely"))) {
        ASSERT_TRUE(peer.send(std::string_view(&byte, 1)));
    }
    EXPECT_EQ(peer.receive()->content(), "but surely");
}

TEST_F(TcpServerTest, AnswersTheLargestMessageThereIs) {
    start();
    RawPeer peer(listen());
    const std::string content(Body::payload_max - 3, 'x');
    ASSERT_TRUE(peer.send(encoded(request("big", content)) + encoded(request("big", content))));
    EXPECT_EQ(peer.receive()->content(), content);
    EXPECT_EQ(peer.receive()->content(), content);
}

TEST_F(TcpServerTest, TakesHandlersOfEveryForm) {
    start();
    server->on({MessageType::request_uri, "silent"}, [] {});
    server->on({MessageType::request_uri, "maybe"},
               [](const Message&) -> std::optional<Message> { return ok("maybe"); });
    server->on(
        {MessageType::request_uri, "none"},
        [](const Message&, Connection&) -> std::optional<OwnedMessage> { return std::nullopt; });
    server->on({MessageType::request_uri, "later"},
               [](const Message& message) -> awaitable<Message> {
                   co_await pause(5ms);
                   co_return ok(message.uri(), message.content());
               });
    server->on({MessageType::request_uri, "later, silent"},
               [](const Message&, Connection&) -> awaitable<void> { co_await pause(1ms); });
    server->on({MessageType::request_uri, "at once"},
               [](const Message&, Connection&) -> awaitable<std::optional<OwnedMessage>> {
                   co_return ok("at once");
               });
    RawPeer peer(listen());
    std::string frames;
    for (const char* uri :
         {"silent", "maybe", "none", "later", "later, silent", "at once", "plain"}) {
        frames += encoded(request(uri, "content"));
    }
    ASSERT_TRUE(peer.send(frames));
    EXPECT_EQ(peer.receive()->uri(), "maybe");
    const auto later = peer.receive();
    EXPECT_EQ(later->uri(), "later");
    EXPECT_EQ(later->content(), "content");
    EXPECT_EQ(peer.receive()->uri(), "at once");
    EXPECT_EQ(peer.receive()->uri(), "plain");
}

TEST_F(TcpServerTest, HandlesTheFramesOfOneConnectionOneAfterAnother) {
    start();
    std::atomic<int> running{0};
    std::atomic<bool> overlapped{false};
    server->on({MessageType::request_uri, "x"}, [&](const Message& message) -> awaitable<Message> {
        overlapped = overlapped || running.fetch_add(1) > 0;
        co_await pause(2ms);
        running.fetch_sub(1);
        co_return ok(message.uri(), message.content());
    });
    RawPeer peer(listen());
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(peer.send(encoded(request("x", std::to_string(i)))));
    }
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(peer.receive()->content(), std::to_string(i));
    }
    EXPECT_FALSE(overlapped);
}

TEST_F(TcpServerTest, AnswersAPeerThatHasFinishedSending) {
    start();
    server->on({MessageType::request_uri, "later"},
               [](const Message& message) -> awaitable<Message> {
                   co_await pause(5ms);
                   co_return ok(message.uri());
               });
    RawPeer peer(listen());
    ASSERT_TRUE(peer.send(encoded(request("later")) + encoded(request("now"))));
    peer.finish_sending();
    EXPECT_EQ(peer.receive()->uri(), "later");
    EXPECT_EQ(peer.receive()->uri(), "now");
    EXPECT_TRUE(peer.closed_by_peer());
}

TEST_F(TcpServerTest, ServesOneMessageWithAnEphemeralHandler) {
    start();
    server->once({MessageType::request_uri, "x"}, [] { return ok("x", "first"); });
    server->once({MessageType::request_uri, "x"}, [] { return ok("x", "second"); });
    RawPeer peer(listen());
    ASSERT_TRUE(
        peer.send(encoded(request("x")) + encoded(request("x")) + encoded(request("x", "echo"))));
    EXPECT_EQ(peer.receive()->content(), "first");
    EXPECT_EQ(peer.receive()->content(), "second");
    EXPECT_EQ(peer.receive()->content(), "echo");
}

TEST_F(TcpServerTest, TakesHandlersAwayWhileItRuns) {
    start();
    server->on({MessageType::request_uri, "x"}, [] { return ok("x"); });
    RawPeer peer(listen());
    ASSERT_TRUE(peer.send(encoded(request("x"))));
    EXPECT_EQ(peer.receive()->type(), MessageType::ok);
    EXPECT_TRUE(server->remove_handler({MessageType::request_uri, "x"}));
    EXPECT_FALSE(server->remove_handler({MessageType::request_uri, "x"}));
    EXPECT_TRUE(server->remove_handler(MessageType::request_uri));
    ASSERT_TRUE(peer.send(encoded(request("x"))));
    const auto reply = peer.receive();
    EXPECT_EQ(reply->type(), MessageType::not_found);
    EXPECT_EQ(reply->uri(), "x");
}

TEST_F(TcpServerTest, LivesOnWhenAHandlerThrows) {
    start();
    server->on({MessageType::request_uri, "plain"},
               [](const Message&) -> Message { throw std::runtime_error("secret detail"); });
    server->on({MessageType::request_uri, "later"}, [](const Message&) -> awaitable<Message> {
        co_await pause(1ms);
        throw std::runtime_error("another detail");
    });
    RawPeer peer(listen());
    ASSERT_TRUE(
        peer.send(encoded(request("plain")) + encoded(request("later")) + encoded(request("x"))));
    for (const char* uri : {"plain", "later"}) {
        const auto reply = peer.receive();
        EXPECT_EQ(reply->type(), MessageType::error);
        EXPECT_EQ(reply->uri(), uri);
        EXPECT_EQ(reply->content().find("detail"), ByteView::npos);
    }
    EXPECT_EQ(peer.receive()->uri(), "x");
    EXPECT_TRUE(lines.contains("secret detail"));
    EXPECT_EQ(server->counters().handler_failures, 2u);
}

TEST_F(TcpServerTest, ReplacesTheDefaultAndTheAuthErrorHandler) {
    auto options = local_options();
    options.auth = hmac_auth({.secret = "test"});
    start(std::move(options));
    server->set_default_handler(
        [](const Message& message) { return error(message.uri(), "what?"); });
    server->set_auth_error_handler(
        [](const AuthPlugin&, const Message& message) { return error(message.uri(), "who?"); });
    const std::uint16_t port = listen();
    EXPECT_THROW(server->set_default_handler([] {}), std::logic_error);
    RawPeer peer(port);
    ASSERT_TRUE(peer.send(encoded(request("x"))));
    EXPECT_EQ(peer.receive()->content(), "who?");
    run([](std::uint16_t to) -> awaitable<void> {
        TcpClient client({.auth = hmac_auth({.secret = "test"})});
        co_await client.connect("127.0.0.1", to);
        const OwnedMessage reply = co_await client.create("x", "y");
        EXPECT_EQ(reply.content(), "what?");
    }(port));
}

TEST_F(TcpServerTest, NotifiesTheSubscribersOfAKeyAndNobodyElse) {
    start();
    server->on(MessageType::subscribe_uri, [&](const Message& message, Connection& from) {
        server->subscribe(message.uri(), from);
        return confirm_subscribe(message.uri());
    });
    server->on(MessageType::unsubscribe_uri, [&](const Message& message, Connection& from) {
        server->unsubscribe(message.uri(), from);
        return confirm_unsubscribe(message.uri());
    });
    const std::uint16_t port = listen();
    RawPeer first(port), second(port), other(port);
    const auto ask = [](RawPeer& peer, MessageType type, std::string_view uri) {
        return peer.send(encoded(OwnedMessage(type, uri))) ? peer.receive()->type()
                                                           : MessageType::error;
    };
    for (RawPeer* peer : {&first, &second}) {
        EXPECT_EQ(ask(*peer, MessageType::subscribe_uri, "news"), MessageType::confirm_subscribe);
    }
    EXPECT_EQ(ask(other, MessageType::subscribe_uri, "else"), MessageType::confirm_subscribe);
    EXPECT_EQ(server->subscriber_count("news"), 2u);
    EXPECT_FALSE(server->notify("news", notify("news", "1")));
    EXPECT_EQ(first.receive()->content(), "1");
    EXPECT_EQ(second.receive()->content(), "1");
    EXPECT_EQ(ask(second, MessageType::unsubscribe_uri, "news"), MessageType::confirm_unsubscribe);
    EXPECT_EQ(ask(second, MessageType::unsubscribe_uri, "news"), MessageType::confirm_unsubscribe);
    EXPECT_FALSE(server->notify("news", notify("news", "2")));
    EXPECT_FALSE(server->broadcast(notify("all", "3")));
    EXPECT_EQ(first.receive()->content(), "2");
    EXPECT_EQ(first.receive()->content(), "3");
    EXPECT_EQ(second.receive()->content(), "3");
    EXPECT_EQ(other.receive()->content(), "3");
    first.reset();
    EXPECT_TRUE(eventually([&] { return server->subscriber_count("news") == 0; }));
}

TEST_F(TcpServerTest, SpreadsConnectionsOverItsThreads) {
    auto options = local_options();
    options.threads = 2;
    start(std::move(options));
    std::mutex mutex;
    std::set<std::thread::id> threads;
    server->on({MessageType::request_uri, "who"}, [&](const Message&, Connection& from) {
        const std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
        server->subscribe("all", from);
        return ok("who");
    });
    const std::uint16_t port = listen();
    std::deque<RawPeer> peers;
    for (int i = 0; i < 8; ++i) {
        peers.emplace_back(port);
        ASSERT_TRUE(peers.back().send(encoded(request("who"))));
        ASSERT_TRUE(peers.back().receive());
    }
    EXPECT_EQ(threads.size(), 2u);
    EXPECT_EQ(server->subscriber_count("all"), 8u);
    for (int i = 0; i < 50; ++i) {
        EXPECT_FALSE(server->notify("all", notify("all", std::to_string(i))));
    }
    for (RawPeer& peer : peers) {
        for (int i = 0; i < 50; ++i) {
            EXPECT_EQ(peer.receive()->content(), std::to_string(i));
        }
    }
}

TEST_F(TcpServerTest, ListensOnIPv6AndOnBoth) {
    auto options = local_options();
    options.interfaces = {"::"};
    start(std::move(options));
    const std::uint16_t port = listen();
    for (const char* host : {"127.0.0.1", "::1"}) {
        run([](std::uint16_t to, std::string name) -> awaitable<void> {
            TcpClient client;
            const Address reached = co_await client.connect(name, to);
            EXPECT_EQ(reached.host(), name);
            const OwnedMessage reply = co_await client.request("x");
            EXPECT_EQ(reply.uri(), "x");
        }(port, host));
    }
}

TEST_F(TcpServerTest, SharesOnePortAmongItsInterfaces) {
    auto options = local_options();
    options.interfaces = {"127.0.0.1", "::1"};
    start(std::move(options));
    listen();
    ASSERT_EQ(server->endpoints().size(), 2u);
    EXPECT_EQ(server->endpoints()[0].port(), server->endpoints()[1].port());
}

TEST_F(TcpServerTest, SaysWhatItCannotDo) {
    start();
    const std::uint16_t port = listen();
    EXPECT_THROW((void)server->start(), std::logic_error);
    auto options = local_options();
    options.port = port;
    TcpServer second(options);
    EXPECT_EQ(second.start(), std::errc::address_in_use);
    options.interfaces = {"localhost"};
    EXPECT_THROW(TcpServer{options}, std::invalid_argument);
    options.interfaces = {};
    EXPECT_THROW(TcpServer{options}, std::invalid_argument);
    const auto hiding = stream_cipher({.key = "k"});
    EXPECT_THROW(server->on({MessageType::ok, "x"}, {.cipher = hiding}, [] {}),
                 std::invalid_argument);
}

TEST_F(TcpServerTest, DrainsBeforeItStops) {
    start();
    server->on({MessageType::request_uri, "later"},
               [](const Message& message) -> awaitable<Message> {
                   co_await pause(50ms);
                   co_return ok(message.uri());
               });
    const std::uint16_t port = listen();
    RawPeer busy(port), idle(port);
    ASSERT_TRUE(busy.send(encoded(request("later"))));
    EXPECT_TRUE(eventually(
        [&] { return server->counters().frames_in == 1 && server->connection_count() == 2; }));
    auto stopped = server->stop(10s, boost::asio::use_future);
    EXPECT_EQ(busy.receive()->uri(), "later");
    const StopReport report = stopped.get();
    EXPECT_EQ(report.drained, 2u);
    EXPECT_EQ(report.cut_off, 0u);
    EXPECT_TRUE(idle.closed_by_peer());
    EXPECT_THROW(RawPeer{port}, std::exception);
}

TEST_F(TcpServerTest, CutsOffWhatDoesNotEndInTime) {
    start();
    server->on({MessageType::request_uri, "never"},
               [](const Message& message) -> awaitable<Message> {
                   co_await pause(1h);
                   co_return ok(message.uri());
               });
    RawPeer peer(listen());
    ASSERT_TRUE(peer.send(encoded(request("never"))));
    EXPECT_TRUE(eventually([&] { return server->counters().frames_in == 1; }));
    const StopReport report = server->stop(20ms, boost::asio::use_future).get();
    EXPECT_EQ(report.cut_off, 1u);
    EXPECT_TRUE(peer.closed_by_peer());
}

TEST_F(TcpServerTest, RunsUntilItIsStopped) {
    start();
    server->on({MessageType::request_uri, "stop"}, [&] {
        server->stop(5s);
        return ok("stop");
    });
    std::thread client([&, port = listen()] {
        RawPeer peer(port);
        EXPECT_TRUE(peer.send(encoded(request("stop"))));
        EXPECT_EQ(peer.receive()->uri(), "stop");
    });
    const StopReport report = server->run();
    client.join();
    EXPECT_EQ(report.drained, 1u);
}

TEST(TcpServer, WorksOnAnExecutorOfTheUsers) {
    boost::asio::io_context context;
    TcpServer server(context.get_executor(), local_options());
    server.on(MessageType::request_uri,
              [](const Message& message) { return respond(message.uri(), ""); });
    ASSERT_FALSE(server.start());
    EXPECT_THROW((void)server.run(), std::logic_error);
    bool answered = false;
    boost::asio::co_spawn(
        context,
        [&]() -> awaitable<void> {
            TcpClient client;
            co_await client.connect("127.0.0.1", server.port());
            const OwnedMessage reply = co_await client.request("x");
            answered = reply.type() == MessageType::respond_uri;
            client.close();
            const StopReport report = co_await server.stop(1s, boost::asio::use_awaitable);
            EXPECT_EQ(report.cut_off, 0u);
        },
        boost::asio::detached);
    context.run();
    EXPECT_TRUE(answered);
}

// ThreadSanitizer sees whether the loop has to do with that.
TEST(TcpServer, LetsAnotherThreadBeTheLastToKeepAConnection) {
    std::mutex mutex;
    std::vector<std::shared_ptr<Connection>> kept;
    TcpServer server(local_options());
    server.on(MessageType::request_uri,
              [](const Message& message) { return respond(message.uri(), ""); });
    server.on({MessageType::request_uri, "keep"}, [&](const Message& message, Connection& from) {
        const std::lock_guard lock(mutex);
        kept.push_back(from.shared());
        return respond(message.uri(), "");
    });
    ASSERT_FALSE(server.start());
    std::atomic<bool> ended = false;
    std::thread letting_go([&] {
        while (!ended) {
            std::vector<std::shared_ptr<Connection>> gone;
            const std::lock_guard lock(mutex);
            std::erase_if(kept, [&](auto& connection) {
                const bool last = connection.use_count() == 1;
                if (last) {
                    gone.push_back(std::move(connection));
                }
                return last;
            });
        }
    });
    run([](std::uint16_t port) -> awaitable<void> {
        TcpClient busy;
        co_await busy.connect("127.0.0.1", port);
        for (int i = 0; i < 50; ++i) {
            TcpClient client;
            co_await client.connect("127.0.0.1", port);
            co_await client.request("keep");
            client.close();
            for (int other = 0; other < 3; ++other) {
                co_await busy.request("other");
            }
        }
    }(server.port()));
    ended = true;
    letting_go.join();
}

TEST(TcpServer, LetsUsersKeepAConnectionLongerThanIt) {
    std::shared_ptr<Connection> kept;
    {
        TcpServer server(local_options());
        server.on(MessageType::request_uri, [&](const Message&, Connection& from) {
            kept = from.shared();
            return ok("x");
        });
        ASSERT_FALSE(server.start());
        RawPeer peer(server.port());
        ASSERT_TRUE(peer.send(encoded(request("x"))));
        ASSERT_TRUE(peer.receive());
    }
    ASSERT_TRUE(kept);
    EXPECT_FALSE(kept->open());
    EXPECT_EQ(kept->send(ok("x")), Errc::closed);
}

}  // namespace
}  // namespace netaio
