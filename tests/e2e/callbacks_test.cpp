#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <functional>

#include "support/net.hpp"

/// What users' code may do in what a node calls: throw, replace itself, destroy what called it.
namespace netaio {
namespace {

using namespace test;
namespace asio = boost::asio;
using boost::system::error_code;

class CallbackTest : public ::testing::Test {
protected:
    CallbackTest() {
        server.on(MessageType::request_uri,
                  [](const Message& message) { return respond(message.uri(), message.content()); });
        server.on({MessageType::request_uri, "never"}, [] {});
        server.on({MessageType::request_uri, "hang up"},
                  [](const Message&, Connection& from) { from.close(); });
        server.on({MessageType::request_uri, "push"}, [](const Message& message, Connection& from) {
            (void)from.send(notify("pushed", "x"));
            return respond(message.uri(), "after");
        });
        EXPECT_FALSE(server.start());
    }

    TcpClientOptions options() {
        TcpClientOptions chosen;
        chosen.environment.log = lines.log();
        chosen.local_peer = Peer{.id = "client"};
        return chosen;
    }
    template <class Executor>
    void connect(const Executor& executor) {
        client = std::make_unique<TcpClient>(executor, options());
        bool connected = false;
        client->connect("127.0.0.1", server.port(), [&](error_code error, Address) {
            EXPECT_FALSE(error);
            connected = true;
        });
        run_until([&] { return connected; });
    }
    // Sends a request whose end is counted.
    void ask(std::string uri, std::chrono::milliseconds timeout = 10s) {
        client->request(uri, {.timeout = timeout},
                        [this](error_code error, OwnedMessage) { ends.push_back(error); });
    }
    // As a program does that survives exceptions.
    void run_until(const std::function<bool()>& condition) {
        const auto end = std::chrono::steady_clock::now() + 10s;
        while (!condition() && std::chrono::steady_clock::now() < end) {
            try {
                context.restart();
                context.run_one_for(10ms);
            } catch (const std::exception& failure) {
                thrown.push_back(failure.what());
            }
        }
        EXPECT_TRUE(condition());
    }
    void run_until_ends(std::size_t count) {
        run_until([&] { return ends.size() >= count; });
    }

    LogLines lines;
    TcpServer server{local_options()};
    asio::io_context context{1};
    std::unique_ptr<TcpClient> client;
    std::vector<std::error_code> ends;
    std::vector<std::string> thrown;
    const std::string captured = std::string(200, 'z');
};

TEST_F(CallbackTest, EveryRequestEndsAlthoughTheDisconnectHandlerThrows) {
    connect(context.get_executor());
    client->set_disconnect_handler(
        [](const Address&, std::error_code) { throw std::runtime_error("at the end"); });
    ask("never");
    ask("never");
    ask("hang up");
    run_until_ends(3);
    EXPECT_EQ(ends, std::vector<std::error_code>(3, make_error_code(Errc::closed)));
    EXPECT_TRUE(thrown.empty());
    EXPECT_TRUE(lines.contains("the disconnect handler threw: at the end"));
}

TEST_F(CallbackTest, EveryRequestEndsAlthoughTheTimeoutHandlerThrows) {
    connect(context.get_executor());
    client->set_timeout_handler([](const TimeoutContext&) { throw std::runtime_error("late"); });
    for (int i = 0; i < 3; ++i) {
        ask("never", 5ms);
    }
    ask("never", 20ms);
    run_until_ends(4);
    EXPECT_EQ(ends, std::vector<std::error_code>(4, make_error_code(Errc::timeout)));
    EXPECT_TRUE(thrown.empty());
    EXPECT_TRUE(lines.contains("the timeout handler threw: late"));
}

TEST_F(CallbackTest, EveryRequestEndsAlthoughATimeoutHandlerThrowsBeforeItIsACoroutine) {
    connect(context.get_executor());
    client->set_timeout_handler(
        [](const TimeoutContext&) -> awaitable<void> { throw std::runtime_error("none"); });
    ask("never", 5ms);
    ask("never", 5ms);
    run_until_ends(2);
    EXPECT_TRUE(thrown.empty());
    EXPECT_TRUE(lines.contains("the timeout handler threw: none"));
}

TEST_F(CallbackTest, WhatCompletionHandlersThrowLeavesTheStrandsRunAndBreaksNothing) {
    const auto strand = asio::make_strand(context);
    connect(strand);
    asio::post(strand, [&] {
        client->receive_once({}, [](error_code, OwnedMessage) { throw std::runtime_error("one"); });
        client->request("push", {},
                        [](error_code, OwnedMessage) { throw std::runtime_error("two"); });
    });
    run_until([&] { return thrown.size() == 2; });
    EXPECT_EQ(thrown, (std::vector<std::string>{"one", "two"}));
    asio::post(strand, [&] {
        for (int i = 0; i < 3; ++i) {
            ask("echo");
        }
    });
    run_until_ends(3);
    EXPECT_EQ(ends, std::vector<std::error_code>(3));
}

TEST_F(CallbackTest, ALogSinkThatThrowsKeepsNobodyWaiting) {
    auto loud = options();
    loud.environment.log = Log(
        LogLevel::trace, [](LogLevel, std::string_view) { throw std::runtime_error("disk full"); });
    client = std::make_unique<TcpClient>(context.get_executor(), loud);
    client->connect("127.0.0.1", server.port(), [&](error_code, Address) {
        client->set_timeout_handler([](const TimeoutContext&) { throw 1; });
        ask("never", 5ms);
        ask("never", 5ms);
    });
    run_until_ends(2);
    EXPECT_TRUE(thrown.empty());
}

TEST_F(CallbackTest, HandlersThatReplaceThemselvesLastUntilTheyReturn) {
    connect(context.get_executor());
    std::vector<std::string> seen;
    client->set_timeout_handler([&, own = captured](const TimeoutContext&) {
        client->set_timeout_handler([](const TimeoutContext&) {});
        seen.push_back(own);
    });
    ask("never", 5ms);
    run_until_ends(1);
    client->set_timeout_handler([&, own = captured](TimeoutContext) -> awaitable<void> {
        client->set_timeout_handler([](const TimeoutContext&) {});
        co_await pause(1ms);
        seen.push_back(own);
    });
    ask("never", 5ms);
    run_until([&] { return seen.size() == 2; });
    client->set_peer_callbacks({.left = [&, own = captured](const Peer&) {
        client->set_peer_callbacks({});
        seen.push_back(own);
    }});
    client->add_peer(Peer{.id = "someone"});
    client->remove_peer("someone");
    client->set_disconnect_handler([&, own = captured](const Address&, std::error_code) {
        client->set_disconnect_handler({});
        seen.push_back(own);
    });
    ask("hang up");
    run_until([&] { return seen.size() == 4; });
    EXPECT_EQ(seen, std::vector<std::string>(4, captured));
}

TEST_F(CallbackTest, AnAuthErrorHandlerThatReplacesItselfLastsUntilItReturns) {
    auto guarded = options();
    guarded.auth = hmac_auth({.secret = "another"});
    client = std::make_unique<TcpClient>(context.get_executor(), guarded);
    std::string seen;
    client->set_auth_error_handler(
        [&, own = captured](const AuthPlugin&, const Message&) -> std::optional<OwnedMessage> {
            client->set_auth_error_handler({});
            seen = own;
            return std::nullopt;
        });
    client->connect("127.0.0.1", server.port(), [&](error_code, Address) {
        EXPECT_TRUE(client->start_receive_loop());
        EXPECT_FALSE(client->send(request("push"), {.use_auth = false}));
    });
    run_until([&] { return !seen.empty(); });
    EXPECT_EQ(seen, captured);
}

TEST_F(CallbackTest, TheClientMayBeDestroyedByAnyOfItsCallbacks) {
    const auto destroy = [&] { client.reset(); };
    const std::vector<std::function<void()>> ways{
        [&] {
            client->set_disconnect_handler([&](const Address&, std::error_code) { destroy(); });
            ask("never");
            ask("hang up");
        },
        [&] {
            client->set_timeout_handler([&](const TimeoutContext&) { destroy(); });
            ask("never", 5ms);
            ask("never", 5ms);
        },
        [&] {
            client->set_timeout_handler([&](TimeoutContext) -> awaitable<void> {
                destroy();
                co_return;
            });
            ask("never", 5ms);
            ask("never", 5ms);
        },
        [&] {
            client->receive_once({}, [&](error_code, OwnedMessage) { destroy(); });
            ask("never");
            ask("push");
        }};
    for (const auto& begin : ways) {
        ends.clear();
        connect(context.get_executor());
        begin();
        run_until_ends(2);
        EXPECT_EQ(client, nullptr);
        EXPECT_EQ(thrown, std::vector<std::string>());
    }
}

TEST_F(CallbackTest, TheClientMayBeDestroyedWhenOneOfSeveralPeersLeaves) {
    connect(context.get_executor());
    client->manage_peers({.advertise_every = 1ms, .peer_timeout = 1ms});
    int left = 0;
    client->set_peer_callbacks({.left = [&](const Peer&) {
        ++left;
        client.reset();
    }});
    EXPECT_TRUE(client->start_receive_loop());
    ASSERT_TRUE(eventually([&] { return server.connection_count() == 1; }));
    for (const char* id : {"x", "y", "z"}) {
        auto packed = DefaultPeer().pack(Peer{.id = id, .data = ""});
        ASSERT_TRUE(packed);
        server.broadcast(OwnedMessage(MessageType::peer_discovered, "netaio", *packed));
    }
    run_until([&] { return !client; });
    EXPECT_EQ(left, 1);
    EXPECT_TRUE(thrown.empty());
}

TEST_F(CallbackTest, NobodyIsToldOfPeersAfterTheNodeWasDestroyedWhenOneLeft) {
    auto chosen = UdpNodeOptions();
    chosen.local_peer = Peer{.id = "node"};
    auto node = std::make_unique<UdpNode>(context.get_executor(), chosen);
    node->set_peer_callbacks({.left = [&](const Peer&) { node.reset(); }});
    EXPECT_TRUE(node->add_peer(Peer{.id = "x"}));
    EXPECT_TRUE(node->add_peer(Peer{.id = "y"}));
    EXPECT_TRUE(node->remove_peer("x"));
    EXPECT_EQ(node, nullptr);
}

// What a coroutine handler does after it destroyed its node: end, suspend, or throw.
enum class Then { end, suspend, fail };

awaitable<std::optional<OwnedMessage>> destroy_and(std::function<void()> destroy, Then then) {
    destroy();
    if (then == Then::suspend) {
        co_await pause(1ms);
    } else if (then == Then::fail) {
        throw std::runtime_error("destroyed");
    }
    co_return respond("x", "y");
}

TEST_F(CallbackTest, TheClientMayBeDestroyedByItsCoroutineHandler) {
    for (const Then then : {Then::end, Then::suspend, Then::fail}) {
        connect(context.get_executor());
        client->on(MessageType::notify_uri,
                   [&, then](const Message&) -> awaitable<std::optional<OwnedMessage>> {
                       return destroy_and([&] { client.reset(); }, then);
                   });
        ends.clear();
        ask("never");
        ask("push");
        run_until_ends(2);
        context.restart();
        context.run_for(5ms);
        EXPECT_EQ(client, nullptr);
        EXPECT_TRUE(thrown.empty());
        EXPECT_EQ(lines.contains("threw"), then == Then::fail);
    }
}

TEST_F(CallbackTest, TheServerMayBeDestroyedByItsCoroutineHandler) {
    for (const Then then : {Then::end, Then::suspend, Then::fail}) {
        auto chosen = local_options();
        chosen.environment.log = lines.log();
        auto destroyed = std::make_unique<TcpServer>(context.get_executor(), chosen);
        destroyed->on(MessageType::request_uri,
                      [&, then](const Message&) -> awaitable<std::optional<OwnedMessage>> {
                          return destroy_and([&] { destroyed.reset(); }, then);
                      });
        ASSERT_FALSE(destroyed->start());
        RawPeer peer(destroyed->port());
        ASSERT_TRUE(peer.send(encoded(request("x")) + encoded(request("x"))));
        run_until([&] { return !destroyed; });
        context.restart();
        context.run_for(5ms);
        EXPECT_FALSE(peer.receive());
        EXPECT_TRUE(thrown.empty());
        EXPECT_EQ(lines.contains("threw"), then == Then::fail);
    }
}

TEST_F(CallbackTest, TheNodeMayBeDestroyedByItsCoroutineHandler) {
    for (const Then then : {Then::end, Then::suspend, Then::fail}) {
        UdpNodeOptions chosen;
        chosen.port = 0;
        chosen.interfaces = {"lo"};
        chosen.ipv6 = false;
        chosen.environment.log = lines.log();
        auto node = std::make_unique<UdpNode>(context.get_executor(), chosen);
        node->on(MessageType::request_uri,
                 [&, then](const Message&) -> awaitable<std::optional<OwnedMessage>> {
                     return destroy_and([&] { node.reset(); }, then);
                 });
        ends.clear();
        node->start([&](error_code error, std::uint16_t port) {
            EXPECT_FALSE(error);
            for (int i = 0; i < 2; ++i) {
                node->request(*Address::parse("127.0.0.1", port), "x", {},
                              [&](error_code ended, OwnedMessage) { ends.push_back(ended); });
            }
        });
        run_until_ends(2);
        EXPECT_EQ(node, nullptr);
        EXPECT_TRUE(thrown.empty());
    }
}

TEST_F(CallbackTest, DestroyingAClientEndsAConnectThatWaits) {
    // A listener whose backlog is full lets whoever else connects wait.
    asio::ip::tcp::acceptor full(context, {asio::ip::address_v4::loopback(), 0});
    full.listen(0);
    std::vector<asio::ip::tcp::socket> filling;
    for (int i = 0; i < 3; ++i) {
        filling.emplace_back(context);
        filling.back().async_connect(full.local_endpoint(), [](error_code) {});
    }
    context.poll();
    context.restart();
    client = std::make_unique<TcpClient>(context.get_executor(), options());
    std::optional<std::error_code> ended;
    client->connect("127.0.0.1", full.local_endpoint().port(),
                    [&](error_code error, Address) { ended = error; });
    context.poll();
    EXPECT_FALSE(ended);
    client.reset();
    run_until([&] { return ended.has_value(); });
    EXPECT_EQ(*ended, Errc::cancelled);
    filling.clear();
    full.close();
    context.restart();
    EXPECT_LT(context.run_for(5s), 100u);
    EXPECT_TRUE(context.stopped());  // nothing is left to do
}

}  // namespace
}  // namespace netaio
