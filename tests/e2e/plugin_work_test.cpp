#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <future>
#include <thread>

#include "support/blocking.hpp"
#include "support/net.hpp"
#include "support/working_auth.hpp"

/// Messages that wait for the work of plugins, over real sockets.
namespace netaio {
namespace {

using namespace test;
using boost::asio::use_awaitable;

class PluginWorkTest : public ::testing::Test {
public:
    PluginWorkTest() {
        theirs->demands = 1;
        server_options.auth = theirs;
        client_options.auth = ours;
        ours->retries = true;
    }
    void start() {
        server.emplace(server_options);
        server->on(MessageType::request_uri, [](const Message& message) {
            return respond(message.uri(), message.content());
        });
        server->on({MessageType::request_uri, "hang up"},
                   [](const Message&, Connection& from) { from.close(); });
        server->on(MessageType::publish_uri, [this](const Message& message) {
            const std::lock_guard lock(mutex);
            published.push_back(std::stoi(message.content().str()));
        });
        EXPECT_FALSE(server->start());
        port = server->port();
    }
    std::size_t count() {
        const std::lock_guard lock(mutex);
        return published.size();
    }
    // Ends the works that were asked for, as soon as they are.
    std::jthread ending_works(std::shared_ptr<WorkingAuth> auth) {
        return std::jthread([auth](const std::stop_token& stop) {
            std::size_t ended = 0;
            while (!stop.stop_requested()) {
                const auto works = auth->works();
                for (; ended < works.size(); ++ended) {
                    works[ended]->end();
                }
                std::this_thread::sleep_for(1ms);
            }
        });
    }

    std::shared_ptr<WorkingAuth> ours = std::make_shared<WorkingAuth>();
    std::shared_ptr<WorkingAuth> theirs = std::make_shared<WorkingAuth>();
    TcpServerOptions server_options = local_options();
    TcpClientOptions client_options;
    std::mutex mutex;
    std::vector<int> published;
    std::optional<TcpServer> server;
    std::uint16_t port = 0;
};

constexpr int many = 60;

TEST_F(PluginWorkTest, MessagesOfAConnectionKeepTheirOrder) {
    ours->on_threads = true;
    start();
    run([](PluginWorkTest& test) -> awaitable<void> {
        TcpClient client(test.client_options);
        co_await client.connect("127.0.0.1", test.port);
        for (int i = 0; i < many; ++i) {
            const auto message = publish("number", std::to_string(i));
            EXPECT_FALSE(client.send(message));
        }
        const auto reply = co_await client.request("echo", "content");
        EXPECT_EQ(reply.content(), "content");
    }(*this));
    ASSERT_EQ(count(), static_cast<std::size_t>(many));
    EXPECT_TRUE(std::ranges::is_sorted(published));
    EXPECT_EQ(server->counters().rejected_unpaid, 0u);
}

TEST_F(PluginWorkTest, WhatWasGivenToAConnectionIsSentBeforeAProgramEnds) {
    ours->on_threads = true;
    start();
    run([](PluginWorkTest& test) -> awaitable<void> {
        TcpClient client(test.client_options);
        co_await client.connect("127.0.0.1", test.port);
        EXPECT_FALSE(client.send(publish("number", "7")));
        client.close();
    }(*this));
    EXPECT_TRUE(eventually([this] { return count() == 1; }));
}

TEST_F(PluginWorkTest, ARequestTimesOutWhileItWaitsAndLetsOthersPass) {
    start();
    run([](PluginWorkTest& test) -> awaitable<void> {
        TcpClient client(test.client_options);
        co_await client.connect("127.0.0.1", test.port);
        const auto [error, reply] = co_await client.request("echo", {.timeout = 30ms}, as_result);
        EXPECT_EQ(error, Errc::timeout);
        EXPECT_TRUE(test.ours->work(0)->cancelled());
        test.ours->at_once = true;
        EXPECT_EQ((co_await client.request("echo", "content")).content(), "content");
    }(*this));
}

TEST_F(PluginWorkTest, ARequestIsCancelledWhileItWaits) {
    start();
    run([](PluginWorkTest& test) -> awaitable<void> {
        TcpClient client(test.client_options);
        co_await client.connect("127.0.0.1", test.port);
        boost::asio::cancellation_signal cancel;
        std::optional<std::error_code> ended;
        client.request(
            "echo", {},
            boost::asio::bind_cancellation_slot(
                cancel.slot(), [&](std::error_code error, const OwnedMessage&) { ended = error; }));
        EXPECT_TRUE(co_await until([&] { return test.ours->works().size() == 1; }));
        cancel.emit(boost::asio::cancellation_type::terminal);
        EXPECT_TRUE(co_await until([&] { return ended.has_value(); }));
        EXPECT_EQ(*ended, Errc::cancelled);
        EXPECT_TRUE(test.ours->work(0)->cancelled());
    }(*this));
}

TEST_F(PluginWorkTest, ALostConnectionEndsTheWork) {
    start();
    run([](PluginWorkTest& test) -> awaitable<void> {
        TcpClient client(test.client_options);
        co_await client.connect("127.0.0.1", test.port);
        std::optional<std::error_code> ended;
        client.request("echo", {},
                       [&](std::error_code error, const OwnedMessage&) { ended = error; });
        test.server->stop(0ms);
        EXPECT_TRUE(co_await until([&] { return ended.has_value(); }));
        EXPECT_TRUE(*ended && *ended != Errc::timeout) << *ended;
        EXPECT_TRUE(test.ours->work(0)->cancelled());
    }(*this));
}

TEST_F(PluginWorkTest, AServerThatStopsWaitsForRepliesAndCutsThemOffInTheEnd) {
    ours->on_threads = true;
    theirs->pays_for_answers = true;
    for (const bool ends : {true, false}) {
        start();
        RawPeer asking(port);
        OwnedMessage message = request("echo", "content");
        message.auth().set_integer("paid", 1);
        EXPECT_TRUE(asking.send(encoded(message)));
        const std::size_t before = ends ? 0 : 1;
        EXPECT_TRUE(eventually([&] { return theirs->works().size() > before; }));
        auto stopped = server->stop(ends ? 10s : 50ms, boost::asio::use_future);
        if (ends) {
            theirs->work(before)->end();
        }
        const auto report = stopped.get();
        EXPECT_EQ(report.drained, ends ? 1u : 0u);
        EXPECT_EQ(report.cut_off, ends ? 0u : 1u);
        EXPECT_EQ(asking.receive().has_value(), ends);
        EXPECT_EQ(theirs->work(before)->cancelled(), !ends);
        server.reset();
    }
}

TEST_F(PluginWorkTest, AClientMayGoWhileWorksEndOnOtherThreads) {
    ours->on_threads = true;
    start();
    for (int round = 0; round < 20; ++round) {
        run([](PluginWorkTest& test) -> awaitable<void> {
            TcpClient client(test.client_options);
            co_await client.connect("127.0.0.1", test.port);
            for (int i = 0; i < 5; ++i) {
                client.request("echo", {}, [](std::error_code, const OwnedMessage&) {});
                EXPECT_FALSE(client.send(publish("number", "1")));
            }
            co_await pause(std::chrono::milliseconds(1));
        }(*this));
    }
}

TEST_F(PluginWorkTest, AContextMayGoWhileWorksEndOnOtherThreads) {
    ours->on_threads = true;
    start();
    for (int round = 0; round < 20; ++round) {
        std::optional<TcpClient> client;
        boost::asio::io_context context;
        client.emplace(context.get_executor(), client_options);
        bool connected = false;
        client->connect("127.0.0.1", port,
                        [&](std::error_code, const Address&) { connected = true; });
        EXPECT_TRUE(run_until(context, [&] { return connected; }));
        for (int i = 0; i < 5; ++i) {
            EXPECT_FALSE(client->send(publish("number", "1")));
        }
        context.poll();
        client.reset();
    }
}

TEST_F(PluginWorkTest, ARequestIsMadeAnewForAHigherPrice) {
    ours->on_threads = true;
    theirs->demands = 5;
    start();
    run([](PluginWorkTest& test) -> awaitable<void> {
        TcpClient client(test.client_options);
        co_await client.connect("127.0.0.1", test.port);
        const auto reply = co_await client.request("echo", "content");
        EXPECT_EQ(reply.type(), MessageType::respond_uri);
        EXPECT_EQ(reply.content(), "content");
    }(*this));
    EXPECT_EQ(server->counters().rejected_unpaid, 1u);
}

TEST_F(PluginWorkTest, ABlockingClientWaitsForWork) {
    ours->on_threads = true;
    theirs->demands = 5;
    start();
    BlockingClient client(client_options);
    client.connect("127.0.0.1", port);
    EXPECT_EQ(client.request("echo", "content").content(), "content");
    client.send(publish("number", "3"));
    EXPECT_EQ(client.request("echo", "again").content(), "again");
    EXPECT_EQ(count(), 1u);
}

TEST_F(PluginWorkTest, ABlockingClientWaitsNoLongerThanItMay) {
    start();
    BlockingClient client(client_options);
    client.connect("127.0.0.1", port);
    EXPECT_EQ(why_not(client, "echo", {.timeout = 30ms}), Errc::timeout);
    EXPECT_TRUE(ours->work(0)->cancelled());
    const std::jthread ending = ending_works(ours);
    EXPECT_EQ(client.request("echo", "content").content(), "content");
}

TEST_F(PluginWorkTest, ABlockingClientIsCancelledWhileItWaits) {
    start();
    BlockingClient client(client_options);
    client.connect("127.0.0.1", port);
    const std::jthread cancels([&] {
        EXPECT_TRUE(eventually([&] { return ours->works().size() == 1; }));
        client.cancel();
    });
    EXPECT_EQ(why_not(client, "echo", {.timeout = never}), Errc::cancelled);
    EXPECT_TRUE(ours->work(0)->cancelled());
}

TEST_F(PluginWorkTest, ABlockingClientNoticesALostConnectionWhileItWaits) {
    start();
    BlockingClient client(client_options);
    client.connect("127.0.0.1", port);
    const std::jthread stops([&] {
        EXPECT_TRUE(eventually([&] { return ours->works().size() == 1; }));
        server->stop(0ms);
    });
    const auto why = why_not(client, "echo", {.timeout = never});
    EXPECT_TRUE(why && why != Errc::timeout) << why;
    EXPECT_TRUE(ours->work(0)->cancelled());
}

TEST_F(PluginWorkTest, ABlockingClientMayGoWhileWorksEndOnOtherThreads) {
    ours->on_threads = true;
    start();
    for (int round = 0; round < 20; ++round) {
        BlockingClient client(client_options);
        client.connect("127.0.0.1", port);
        (void)why_not(client, "echo", {.timeout = 0ms});
    }
}

class PluginWorkNodeTest : public ::testing::Test {
public:
    PluginWorkNodeTest() {
        theirs->demands = 1;
        ours->retries = true;
        asking.auth = ours;
        answering.auth = theirs;
    }
    static Address at(const UdpNode& node) { return *Address::parse("127.0.0.1", node.port()); }
    static void echo(UdpNode& node) {
        node.on(MessageType::request_uri,
                [](const Message& message) { return respond(message.uri(), message.content()); });
    }

    std::shared_ptr<WorkingAuth> ours = std::make_shared<WorkingAuth>();
    std::shared_ptr<WorkingAuth> theirs = std::make_shared<WorkingAuth>();
    UdpNodeOptions asking = local_node_options("asking");
    UdpNodeOptions answering = local_node_options("answering");
};

TEST_F(PluginWorkNodeTest, ARequestWaitsForItsWorkAndIsMadeAnewForAHigherPrice) {
    ours->on_threads = true;
    theirs->demands = 5;
    run([](PluginWorkNodeTest& test) -> awaitable<void> {
        UdpNode server(test.answering);
        UdpNode client(test.asking);
        echo(server);
        co_await server.start();
        co_await client.start();
        const Address to = at(server);
        const auto reply = co_await client.request("echo", "content", {.server = to});
        EXPECT_EQ(reply.type(), MessageType::respond_uri);
        EXPECT_EQ(reply.content(), "content");
        EXPECT_EQ(server.counters().rejected_unpaid, 1u);
    }(*this));
}

TEST_F(PluginWorkNodeTest, ARequestEndsWhileItWaits) {
    run([](PluginWorkNodeTest& test) -> awaitable<void> {
        UdpNode server(test.answering);
        UdpNode client(test.asking);
        echo(server);
        co_await server.start();
        co_await client.start();
        const Address to = at(server);
        const auto [error, reply] =
            co_await client.request("echo", {.timeout = 30ms, .server = to}, as_result);
        EXPECT_EQ(error, Errc::timeout);
        EXPECT_TRUE(test.ours->work(0)->cancelled());
        std::optional<std::error_code> ended;
        client.request("echo", {.server = to},
                       [&](std::error_code why, const OwnedMessage&) { ended = why; });
        client.stop(0ms);
        EXPECT_TRUE(co_await until([&] { return ended.has_value(); }));
        EXPECT_EQ(*ended, Errc::cancelled);
        EXPECT_TRUE(test.ours->work(1)->cancelled());
    }(*this));
}

TEST_F(PluginWorkNodeTest, ANodeThatStopsSendsFirstWhatWaits) {
    std::atomic<bool> heard = false;
    run([](PluginWorkNodeTest& test, std::atomic<bool>& there) -> awaitable<void> {
        UdpNode server(test.answering);
        UdpNode client(test.asking);
        server.on(MessageType::publish_uri, [&] { there = true; });
        co_await server.start();
        co_await client.start();
        EXPECT_FALSE(client.send(at(server), publish("uri", "content")));
        const std::jthread ends([&] { test.ours->work(0)->end(); });
        co_await client.stop(10s, use_awaitable);
        EXPECT_TRUE(co_await until([&] { return there.load(); }));
    }(*this, heard));
}

TEST_F(PluginWorkNodeTest, ANodeMayGoWhileWorksEndOnOtherThreads) {
    ours->on_threads = true;
    for (int round = 0; round < 20; ++round) {
        boost::asio::io_context context;
        UdpNode node(context.get_executor(), asking);
        EXPECT_FALSE(node.start());
        const Address to = at(node);
        for (int i = 0; i < 5; ++i) {
            EXPECT_FALSE(node.send(to, publish("uri", "content")));
            node.request("echo", {.server = to}, [](std::error_code, const OwnedMessage&) {});
        }
        context.poll();
    }
}

}  // namespace
}  // namespace netaio
