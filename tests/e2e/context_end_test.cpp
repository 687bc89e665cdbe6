#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>

#include "support/net.hpp"

/// What an event loop leaves when it ends: nothing, whoever still waits on it.
namespace netaio {
namespace {

using namespace test;
namespace asio = boost::asio;

// Shows whether what it is part of still lives.
struct Mark {
    std::shared_ptr<int> alive = std::make_shared<int>();
};

class ContextEndTest : public ::testing::Test {
protected:
    ContextEndTest() {
        server.on(MessageType::request_uri,
                  [](const Message& message) { return respond(message.uri(), message.content()); });
        server.on({MessageType::request_uri, "never"}, [this] { ++asked; });
        EXPECT_FALSE(server.start());
    }

    std::unique_ptr<asio::io_context> new_context() {
        auto context = std::make_unique<asio::io_context>(1);
        use_io_uring(*context);
        return context;
    }
    bool server_sees_none() {
        return eventually([&] { return server.connection_count() == 0; });
    }

    std::atomic<int> asked{0};
    TcpServer server{local_options()};
};

awaitable<void> ask(TcpClient& client, std::uint16_t port) {
    co_await client.connect("127.0.0.1", port);
    const auto reply = co_await client.request("echo", "x");
    EXPECT_EQ(reply.content(), "x");
}

awaitable<void> ask_and_throw(TcpClient& client, std::uint16_t port) {
    co_await ask(client, port);
    throw std::runtime_error("done");
}

TEST_F(ContextEndTest, RunReturnsWithItsCoroutineAlthoughAClientStaysConnected) {
    TcpClient client;
    for (int i = 0; i < 2; ++i) {
        run(ask(client, server.port()));
        EXPECT_FALSE(client.connected());
        EXPECT_TRUE(server_sees_none());
    }
    EXPECT_THROW(run(ask_and_throw(client, server.port())), std::runtime_error);
    EXPECT_TRUE(server_sees_none());
    EXPECT_EQ(client.counters().connections_accepted, 3u);
    EXPECT_EQ(client.counters().connections, 0u);
}

TEST_F(ContextEndTest, RunReturnsAlthoughOthersStillWait) {
    TcpClient client;
    const auto program = [](TcpClient& asking, std::uint16_t port) -> awaitable<void> {
        co_await asking.connect("127.0.0.1", port);
        asking.request("never", {.timeout = 1h}, asio::detached);
        asking.receive_once({}, asio::detached);
    };
    run(program(client, server.port()));
    EXPECT_TRUE(server_sees_none());
}

TEST_F(ContextEndTest, RunSendsWhatConnectionsWereGiven) {
    std::atomic<std::size_t> arrived{0};
    server.on(MessageType::publish_uri,
              [&](const Message& message) { arrived += message.content().size(); });
    TcpClient client;
    const auto program = [](TcpClient& sending, std::uint16_t port) -> awaitable<void> {
        co_await sending.connect("127.0.0.1", port);
        for (int i = 0; i < 50; ++i) {
            EXPECT_FALSE(sending.send(
                OwnedMessage(MessageType::publish_uri, "big", std::string(60'000, 'x'))));
        }
    };
    run(program(client, server.port()));
    EXPECT_TRUE(eventually([&] { return arrived == 3'000'000u; }));
}

TEST_F(ContextEndTest, ANodeThatOutlivesRunCanBeStartedAnew) {
    UdpNode node({.port = 0, .interfaces = {"lo"}, .ipv6 = false});
    const auto program = [](UdpNode& starting) -> awaitable<void> {
        (void)co_await starting.start();
        EXPECT_FALSE(starting.endpoints().empty());
    };
    for (int i = 0; i < 2; ++i) {
        run(program(node));
        EXPECT_TRUE(node.endpoints().empty());
    }
}

TEST_F(ContextEndTest, AnIdleClientIsToldThatItsServerIsGone) {
    const auto context = new_context();
    TcpClient client(context->get_executor());
    auto going = std::make_unique<TcpServer>(local_options());
    ASSERT_FALSE(going->start());
    std::vector<std::error_code> told;
    client.set_disconnect_handler(
        [&](const Address&, std::error_code why) { told.push_back(why); });
    client.connect("127.0.0.1", going->port(), asio::detached);
    EXPECT_TRUE(run_until(*context, [&] { return client.connected(); }));
    EXPECT_TRUE(run_until(*context, [&] { return going->connection_count() == 1; }));
    going.reset();
    EXPECT_TRUE(run_until(*context, [&] { return !told.empty(); }));
    EXPECT_EQ(told, std::vector<std::error_code>{Errc::closed});
}

TEST_F(ContextEndTest, AnEndThatComesWithTheLastReplyIsNoticed) {
    const auto context = new_context();
    asio::io_context blocking;
    asio::ip::tcp::acceptor acceptor(blocking, {asio::ip::address_v4::loopback(), 0});
    TcpClient client(context->get_executor());
    bool told = false;
    bool answered = false;
    client.set_disconnect_handler([&](const Address&, std::error_code) { told = true; });
    client.connect("127.0.0.1", acceptor.local_endpoint().port(), asio::detached);
    EXPECT_TRUE(run_until(*context, [&] { return client.connected(); }));
    client.request("last", {},
                   [&](boost::system::error_code error, OwnedMessage) { answered = !error; });
    context->poll();
    auto peer = acceptor.accept();
    asio::write(peer, asio::buffer(encoded(respond("last", "x"))));
    peer.close();
    EXPECT_TRUE(run_until(*context, [&] { return told; }));
    EXPECT_TRUE(answered);
}

// Coroutines that wait on a client they own.
using Waiting = awaitable<void>(std::shared_ptr<TcpClient>, std::uint16_t, Mark);
awaitable<void> wait_for_reply(std::shared_ptr<TcpClient> client, std::uint16_t port, Mark) {
    co_await client->connect("127.0.0.1", port);
    co_await client->request("never", {.timeout = 1h});
}
awaitable<void> wait_for_message(std::shared_ptr<TcpClient> client, std::uint16_t port, Mark) {
    co_await client->connect("127.0.0.1", port);
    (void)client->send(request("never"));
    co_await client->receive_once({.timeout = 1h});
}
awaitable<void> wait_in_handler(std::shared_ptr<TcpClient> client, std::uint16_t port, Mark mark) {
    co_await client->connect("127.0.0.1", port);
    client->set_timeout_handler(
        [weak = std::weak_ptr(client), mark](TimeoutContext) -> awaitable<void> {
            const auto kept = weak.lock();
            const Mark own = mark;
            (void)kept->send(request("never"));
            co_await pause(1h);
        });
    (void)co_await client->request("never", {.timeout = 1ms}, as_result);
    co_await pause(1h);
}

TEST_F(ContextEndTest, WhatWaitsOnAContextEndsWithIt) {
    const std::vector<std::pair<Waiting*, int>> ways{
        {wait_for_reply, 1}, {wait_for_message, 1}, {wait_in_handler, 2}};
    for (const auto& [waiting, asks] : ways) {
        for (const bool on_strand : {false, true}) {
            auto context = new_context();
            Mark mark;
            const std::weak_ptr<int> frame = mark.alive;
            asio::any_io_executor executor = context->get_executor();
            if (on_strand) {
                executor = asio::make_strand(*context);
            }
            auto client = std::make_shared<TcpClient>(executor);
            const std::weak_ptr<TcpClient> owned = client;
            asked = 0;
            const int count = asks;
            asio::co_spawn(executor, waiting(std::move(client), server.port(), std::move(mark)),
                           asio::detached);
            executor = {};
            EXPECT_TRUE(run_until(*context, [&] { return asked == count; }));
            EXPECT_FALSE(frame.expired());
            context.reset();
            EXPECT_TRUE(frame.expired());
            EXPECT_TRUE(owned.expired());
            EXPECT_TRUE(server_sees_none());
        }
    }
}

TEST_F(ContextEndTest, AConnectionThatIsKeptMayOutliveItsContext) {
    auto context = new_context();
    auto client = std::make_unique<TcpClient>(context->get_executor());
    client->connect("127.0.0.1", server.port(), asio::detached);
    EXPECT_TRUE(run_until(*context, [&] { return client->connected(); }));
    const auto open = client->connection();
    client->close();
    EXPECT_TRUE(run_until(*context, [&] { return !open->open(); }));
    client->connect("127.0.0.1", server.port(), asio::detached);
    EXPECT_TRUE(run_until(*context, [&] { return client->connected(); }));
    const auto closed = client->connection();
    context.reset();
    for (const auto& kept : {open, closed}) {
        EXPECT_FALSE(kept->open());
        EXPECT_EQ(kept->send(request("x"), {}), Errc::closed);
        EXPECT_EQ(kept->queued_bytes(), 0u);
        kept->close();
    }
    EXPECT_TRUE(server_sees_none());
    client.reset();
}

TEST_F(ContextEndTest, AServerEndsWithTheUsersContext) {
    for (const bool before : {false, true}) {
        auto context = new_context();
        auto ending = std::make_unique<TcpServer>(context->get_executor(), local_options());
        Mark mark;
        const std::weak_ptr<int> frame = mark.alive;
        std::shared_ptr<Connection> kept;
        ending->on(MessageType::request_uri,
                   [&kept, mark = std::move(mark)](
                       const Message&, Connection& from) -> awaitable<std::optional<OwnedMessage>> {
                       kept = from.shared();
                       const Mark own = mark;
                       co_await pause(1h);
                       co_return std::nullopt;
                   });
        ASSERT_FALSE(ending->start());
        RawPeer peer(ending->port());
        EXPECT_TRUE(peer.send(encoded(request("x"))));
        EXPECT_TRUE(run_until(*context, [&] { return kept != nullptr; }));
        EXPECT_FALSE(ending->subscribe("key", *kept));
        if (before) {
            ending.reset();
        }
        context.reset();
        EXPECT_TRUE(peer.closed_by_peer());
        EXPECT_FALSE(kept->open());
        if (ending) {
            EXPECT_EQ(ending->subscribe("key", *kept), Errc::closed);
            EXPECT_FALSE(ending->broadcast(notify("x", "y")));
            EXPECT_EQ(ending->counters().connections_accepted, 1u);
        }
        ending.reset();
        kept.reset();
        EXPECT_TRUE(frame.expired());
    }
}

awaitable<void> wait_on_node(std::shared_ptr<UdpNode> node, Mark mark, bool& waits) {
    co_await node->start();
    node->on(MessageType::request_uri,
             [weak = std::weak_ptr(node), mark, &waits](
                 const Message&, const Address&) -> awaitable<std::optional<OwnedMessage>> {
                 const auto own = std::pair(weak.lock(), mark);
                 waits = true;
                 co_await pause(1h);
                 co_return std::nullopt;
             });
    const auto self = *Address::parse("127.0.0.1", node->port());
    (void)co_await node->request(self, "x", {.timeout = 1h}, as_result);
}

TEST_F(ContextEndTest, WhatWaitsOnANodeEndsWithItsContext) {
    auto context = new_context();
    Mark mark;
    const std::weak_ptr<int> frame = mark.alive;
    auto node = std::make_shared<UdpNode>(
        context->get_executor(), UdpNodeOptions{.port = 0, .interfaces = {"lo"}, .ipv6 = false});
    const std::weak_ptr<UdpNode> owned = node;
    bool waits = false;
    asio::co_spawn(*context, wait_on_node(node, std::move(mark), waits), asio::detached);
    EXPECT_TRUE(run_until(*context, [&] { return waits; }));
    node.reset();
    context.reset();
    EXPECT_TRUE(owned.expired());
    EXPECT_TRUE(frame.expired());
}

}  // namespace
}  // namespace netaio
