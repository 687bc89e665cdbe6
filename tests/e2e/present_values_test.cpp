#include <gtest/gtest.h>

#include <netaio/testing.hpp>
#include <thread>

#include "support/net.hpp"

/// Subscriptions to prefixes, and the present values that they begin with.
namespace netaio {
namespace {

using namespace test;
using Seen = std::vector<std::pair<std::string, std::string>>;

class PresentValuesTest : public ::testing::Test {
protected:
    PresentValuesTest() { begin({}); }

    void begin(TcpServerOptions options) {
        client.reset();
        server.reset();
        network.run();
        options.environment.log = lines.log();
        server.emplace(network.executor(), network.options(std::move(options)));
        server->grant_subscriptions();
        EXPECT_FALSE(server->start());
        client.emplace(network.executor(), network.options(TcpClientOptions{}));
        client->on(notify_uri, [this](const Message& message) {
            seen.emplace_back(message.uri(), message.content());
        });
        network.run(client->connect(network.address()));
        client->start_receive_loop();
    }
    OwnedMessage subscribe(ByteView uri, const SubscribeOptions& options) {
        return network.run(client->subscribe(uri, options), 20s);
    }
    std::error_code why_not(ByteView uri, const SubscribeOptions& options) {
        try {
            subscribe(uri, options);
        } catch (const boost::system::system_error& error) {
            return error.code();
        }
        return {};
    }
    void settle() { network.advance(1s); }

    LogLines lines;
    TestNetwork network;
    std::optional<TcpServer> server;
    std::optional<TcpClient> client;
    Seen seen;
};

TEST_F(PresentValuesTest, OfAUriAreHandedToTheHandlerBeforeTheCallEnds) {
    server->publish("lamp", "on");
    EXPECT_EQ(subscribe("lamp", {.present = true}).content(), "present\non");
    EXPECT_EQ(seen, (Seen{{"lamp", "on"}}));
    server->publish("lamp", "off");
    settle();
    EXPECT_EQ(seen, (Seen{{"lamp", "on"}, {"lamp", "off"}}));
}

TEST_F(PresentValuesTest, ThatAreNotThereAreSaidToBeAbsent) {
    EXPECT_EQ(subscribe("lamp", {.present = true}).content(), "absent\n");
    EXPECT_EQ(subscribe("room/", {.prefix = true, .present = true}).content(),
              "prefix present 0\n");
    settle();
    EXPECT_TRUE(seen.empty());
}

TEST_F(PresentValuesTest, OfAPrefixComeInTheOrderOfTheirUris) {
    for (const char* uri : {"room/b", "roof", "room/a", "room0", "room/", "room"}) {
        server->publish(uri, "1");
    }
    EXPECT_EQ(subscribe("room/", {.prefix = true, .present = true}).content(),
              "prefix present 3\n");
    server->publish("room/b", "2");
    server->publish("room", "2");
    settle();
    EXPECT_EQ(seen, (Seen{{"room/", "1"}, {"room/a", "1"}, {"room/b", "1"}, {"room/b", "2"}}));
}

TEST_F(PresentValuesTest, AreOfNoPrefixOfMoreThan1024Bytes) {
    EXPECT_EQ(subscribe(std::string(1024, 'p'), {.prefix = true}).type(),
              MessageType::confirm_subscribe);
    EXPECT_EQ(subscribe(std::string(1025, 'p'), {.prefix = true}).type(), MessageType::error);
    EXPECT_EQ(server->counters().subscriptions_refused, 1u);
}

TEST_F(PresentValuesTest, AreThereUntilWithdrawn) {
    server->publish("room/a", "1");
    server->publish("room/b", "1");
    EXPECT_TRUE(server->withdraw("room/a"));
    EXPECT_FALSE(server->withdraw("room/a"));
    subscribe("room/", {.prefix = true, .present = true});
    server->withdraw("room/b");
    settle();
    EXPECT_EQ(seen, (Seen{{"room/b", "1"}, {"room/b", ""}}));
}

TEST_F(PresentValuesTest, AreNotBeyondTheBound) {
    begin({.present_max = 1000});
    EXPECT_FALSE(server->publish("a", std::string(600, 'a')));
    EXPECT_EQ(server->publish("b", std::string(600, 'b')), Errc::queue_full);
    EXPECT_FALSE(server->publish("a", std::string(700, 'b')));
    EXPECT_TRUE(server->withdraw("a"));
    EXPECT_FALSE(server->publish("b", std::string(600, 'b')));
    EXPECT_EQ(subscribe("", {.prefix = true, .present = true}).content(), "prefix present 1\n");
}

TEST_F(PresentValuesTest, SubscriptionsThatOverlapDeliverOnce) {
    subscribe("room/a", {});
    subscribe("room/", {.prefix = true});
    subscribe("r", {.prefix = true});
    subscribe("", {.prefix = true});
    server->publish("room/a", "1");
    server->notify("room/b", notify("room/b", "2"));
    settle();
    EXPECT_EQ(seen, (Seen{{"room/a", "1"}, {"room/b", "2"}}));
}

TEST_F(PresentValuesTest, AreNoMoreOfWhatWasUnsubscribedFrom) {
    subscribe("room/", {.prefix = true});
    subscribe("room/", {});
    network.run(client->unsubscribe("room/", {.prefix = true}));
    server->publish("room/a", "1");
    server->publish("room/", "2");
    settle();
    EXPECT_EQ(seen, (Seen{{"room/", "2"}}));
    network.run(client->unsubscribe("room/"));
    server->publish("room/", "3");
    settle();
    EXPECT_EQ(seen.size(), 1u);
}

TEST_F(PresentValuesTest, AreUnsupportedWhereTheServerDoesNotGrantThem) {
    std::vector<std::string> asked;
    const auto keep = [&](const Message& message) {
        asked.push_back(message.content().str());
        return message.content();  // as a server may that echoes
    };
    server->on({subscribe_uri, "room/"}, keep);
    server->on({unsubscribe_uri, "room/"}, keep);
    EXPECT_EQ(why_not("room/", {.prefix = true, .present = true}), Errc::unsupported);
    EXPECT_EQ(why_not("room/", {.present = true}), Errc::unsupported);
    settle();
    EXPECT_EQ(asked, (std::vector<std::string>{"prefix present", "prefix", "present", ""}));
}

TEST_F(PresentValuesTest, AreNotGrantedThatDoNotFitIntoTheConfirmation) {
    server->publish("u", std::string(Body::payload_max - 1, 'x'));
    EXPECT_EQ(why_not("u", {.present = true}), Errc::unsupported);
    settle();
    EXPECT_EQ(server->subscriber_count("u"), 0u);
}

TEST_F(PresentValuesTest, ArePartOfWhatSubscriptionsMayTake) {
    begin({.subscriptions_max = 1600});
    const auto refused = [&](ByteView uri, bool prefix) {
        return subscribe(uri, {.prefix = prefix}).type() == MessageType::error;
    };
    EXPECT_FALSE(refused("one", false));
    EXPECT_FALSE(refused("two", true));
    EXPECT_FALSE(refused("three", false));
    EXPECT_TRUE(refused("four", true));
    EXPECT_TRUE(refused("five", false));
    EXPECT_FALSE(refused("two", true)) << "it has that already";
}

TEST_F(PresentValuesTest, GoThroughThePluginsOfTheSubscription) {
    const Plugins inner{.auth = hmac_auth({.secret = "inner"})};
    server->on(subscribe_uri, inner, [&](const Message& asked, Connection& from) {
        return server->grant(asked, from, {.plugins = inner});
    });
    client->on(notify_uri, inner, [this](const Message& message) {
        seen.emplace_back(message.uri(), message.content());
    });
    server->publish("room/a", "1", {.plugins = inner});
    const std::shared_ptr<const AuthPlugin>& auth = inner.auth;
    subscribe("room/a", {.present = true, .auth = auth});
    subscribe("room/", {.prefix = true, .present = true, .auth = auth});
    settle();
    EXPECT_EQ(seen, (Seen{{"room/a", "1"}, {"room/a", "1"}}));
}

// With real threads: what changes while somebody subscribes comes before or after, never twice or
// not at all.
class PresentWhileChanging : public ::testing::TestWithParam<unsigned> {};

TEST_P(PresentWhileChanging, HaveNoGapAndNoRepetition) {
#if defined(__OPTIMIZE__) && !defined(__clang__)
    constexpr int changes = 1'000'000;
#else  // sanitizers take their time
    constexpr int changes = 50'000;
#endif
    auto options = local_options();
    options.threads = GetParam();
    options.send_queue_max = 256 << 20;
    TcpServer server(options);
    server.grant_subscriptions();
    ASSERT_FALSE(server.start());
    server.publish("room/a", "0");
    std::atomic<int> value = 0;
    std::thread changing([&] {
        for (int i = 1; i <= changes; ++i) {
            EXPECT_FALSE(server.publish("room/a", std::to_string(i)));
            value = i;
        }
    });
    const auto watch = [&](bool prefix) -> awaitable<void> {
        while (value < changes) {
            TcpClient client;
            int last = -1;
            int first = -1;
            bool in_order = true;
            client.on(notify_uri, [&](const Message& message) {
                const int at = std::stoi(message.content().str());
                in_order = in_order && (last < 0 || at == last + 1);
                first = first < 0 ? at : first;
                last = at;
            });
            co_await client.connect("127.0.0.1", server.port());
            const int before = value;
            client.start_receive_loop();
            co_await client.subscribe(prefix ? "room/" : "room/a",
                                      {.prefix = prefix, .present = true, .timeout = 60s});
            const int wanted = std::min(changes, before + 2000);
            EXPECT_TRUE(co_await until([&] { return last >= wanted || !in_order; }));
            EXPECT_TRUE(in_order) << "after " << last;
            EXPECT_GE(first, before);
        }
    };
    run([](auto watching) -> awaitable<void> {
        co_await watching(true);
        co_await watching(false);
    }(watch));
    run(watch(true));
    changing.join();
}

INSTANTIATE_TEST_SUITE_P(Threads, PresentWhileChanging, ::testing::Values(1u, 3u));

TEST(PresentValuesBackPressureTest, AHundredThousandGoNoFasterThanTheyAreTaken) {
    constexpr std::size_t count = 100'000;
    auto options = local_options();
    options.send_timeout = 60s;
    TcpServer server(options);
    std::weak_ptr<Connection> subscriber;
    server.on(subscribe_uri, [&](const Message& asked, Connection& from) {
        subscriber = from.shared();
        return server.grant(asked, from);
    });
    server.on({request_uri, "queued"}, [&] {
        const auto connection = subscriber.lock();
        return std::to_string(connection ? connection->queued_bytes() : 0);
    });
    ASSERT_FALSE(server.start());
    const std::string content(400, 'x');
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_FALSE(server.publish("value/" + std::to_string(i), content));
    }
    RawPeer peer(server.port(), 4096);
    peer.send(encoded(OwnedMessage(subscribe_uri, "value/", "prefix present")));
    peer.send(encoded(request("queued")));
    RawPeer other(server.port());
    int queued = 0;
    EXPECT_TRUE(eventually([&] {
        other.send(encoded(request("queued")));
        queued = std::stoi(other.receive()->content().str());
        return queued > 0;
    })) << "others are served meanwhile";
    EXPECT_LT(queued, 512 << 10);
    const auto confirmed = peer.receive();
    ASSERT_TRUE(confirmed);
    EXPECT_EQ(confirmed->content(), "prefix present 100000\n");
    ASSERT_FALSE(server.publish("value/5", "new"));
    for (std::size_t i = 0; i < count; ++i) {
        const auto value = peer.receive();
        ASSERT_TRUE(value) << i;
        ASSERT_EQ(value->content(), content) << i;
    }
    EXPECT_EQ(peer.receive()->content(), "new");
    EXPECT_EQ(peer.receive()->uri(), "queued");
    EXPECT_EQ(server.counters().dropped_oldest + server.counters().dropped_newest, 0u);
}

}  // namespace
}  // namespace netaio
