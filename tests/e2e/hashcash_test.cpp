#include <gtest/gtest.h>

#include "support/net.hpp"

/// Stamps over real sockets.
namespace netaio::hashcash_tests {
namespace {

using namespace test;

HashcashOptions asking(unsigned bits) {
    return {.realm = "kitchen",
            .bits = bits,
            .seen = std::make_shared<SeenMessages>(SeenOptions{.ran_before = false})};
}

std::shared_ptr<const AuthPlugin> paying(unsigned bits) {
    return hashcash_auth({.realm = "kitchen", .pay = bits});
}

class HashcashEndToEnd : public testing::Test {
public:
    void serve(std::shared_ptr<const AuthPlugin> auth) {
        TcpServerOptions options = local_options();
        options.auth = std::move(auth);
        server.emplace(std::move(options));
        server->on(MessageType::request_uri, [](const Message& message) {
            return respond(message.uri(), message.content());
        });
        ASSERT_FALSE(server->start());
    }

    std::optional<TcpServer> server;
};

TEST_F(HashcashEndToEnd, HearsWhoPaysAndTellsWhoDoesNot) {
    const auto secret = hmac_auth({.secret = "shared"});
    serve(all_of({hashcash_auth(asking(8)), secret}));
    run([](HashcashEndToEnd& test) -> awaitable<void> {
        const auto same = hmac_auth({.secret = "shared"});
        TcpClient payer({.auth = all_of({paying(8), same})});
        co_await payer.connect("127.0.0.1", test.server->port());
        for (int i = 0; i < 20; ++i) {
            const OwnedMessage answer = co_await payer.request("uri", "hello");
            EXPECT_EQ(answer.content(), "hello");
        }
        TcpClient stranger({.auth = same});
        co_await stranger.connect("127.0.0.1", test.server->port());
        const auto [error, answer] = co_await stranger.request("uri", "hello", {}, as_result);
        EXPECT_EQ(error, Errc::auth_failed_unverified);
    }(*this));
    EXPECT_EQ(server->counters().rejected_unpaid, 1u);
}

TEST_F(HashcashEndToEnd, AClientPaysMoreWhenItIsToldThePrice) {
    HashcashOptions options = asking(4);
    options.busy = {.rate = 0.001, .step = 8, .bits_max = 12};
    const auto receiver = std::make_shared<const HashcashAuth>(options);
    serve(receiver);
    run([](HashcashEndToEnd& test, const HashcashAuth& asks) -> awaitable<void> {
        TcpClient client({.auth = paying(4)});
        co_await client.connect("127.0.0.1", test.server->port());
        // Each one counts, and the price rises with the first after a second.
        for (int i = 0; i < 2000 && asks.price() == 4; ++i) {
            const OwnedMessage answer = co_await client.request("uri", "hello");
            EXPECT_EQ(answer.content(), "hello");
            co_await pause(5ms);
        }
        EXPECT_EQ(asks.price(), 12u);
        for (int i = 0; i < 5; ++i) {
            const OwnedMessage answer = co_await client.request("uri", "again");
            EXPECT_EQ(answer.content(), "again");
        }
    }(*this, *receiver));
    EXPECT_GE(server->counters().rejected_unpaid, 1u);
}

TEST_F(HashcashEndToEnd, ABlockingClientPays) {
    serve(hashcash_auth(asking(8)));
    BlockingClient client("127.0.0.1", server->port(), {.auth = paying(8)});
    EXPECT_EQ(client.request("uri", "hello").content(), "hello");
}

TEST_F(HashcashEndToEnd, NodesPayEachOther) {
    run([]() -> awaitable<void> {
        const auto both = [] {
            HashcashOptions options = asking(6);
            options.pay = 6;
            return hashcash_auth(options);
        };
        UdpNodeOptions asker_options = local_node_options("asking");
        asker_options.auth = both();
        UdpNodeOptions answerer_options = local_node_options("answering");
        answerer_options.auth = both();
        UdpNode asker(asker_options);
        UdpNode answerer(answerer_options);
        answerer.on(MessageType::request_uri, [](const Message& message) {
            return respond(message.uri(), message.content());
        });
        co_await answerer.start();
        co_await asker.start();
        const Address to = Address::parse("127.0.0.1", answerer.port()).value();
        for (int i = 0; i < 10; ++i) {
            const OwnedMessage answer = co_await asker.request("uri", "hello", {.server = to});
            EXPECT_EQ(answer.content(), "hello");
        }
        EXPECT_EQ(answerer.counters().rejected_unpaid, 0u);
        EXPECT_EQ(asker.counters().rejected_unpaid, 0u);
    }());
}

}  // namespace
}  // namespace netaio::hashcash_tests
