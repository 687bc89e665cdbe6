#include <gtest/gtest.h>

#include "support/net.hpp"

// What is sent to all subscribers of a key is collected and written for all at once. Nobody is to
// see that in the order of what arrives, or in who gets what.
namespace netaio::test {
namespace {

class FanOutTest : public testing::Test {
protected:
    FanOutTest() {
        server.on(MessageType::subscribe_uri, [&](const Message& m, Connection& from) {
            server.subscribe(m.uri(), from);
            return confirm_subscribe(m.uri());
        });
        // Everything in one turn of the server's loop.
        server.on({MessageType::request_uri, "go"}, [&](const Message& m, Connection& from) {
            turn(from);
            return ok(m.uri());
        });
        EXPECT_FALSE(server.start());
    }

    std::unique_ptr<RawPeer> subscriber(const std::vector<std::string>& keys) {
        auto peer = std::make_unique<RawPeer>(server.port());
        for (const std::string& key : keys) {
            EXPECT_TRUE(peer->send(encoded(OwnedMessage(MessageType::subscribe_uri, key))));
            EXPECT_TRUE(peer->receive());
        }
        return peer;
    }
    void say(std::string_view key, std::string_view what) {
        EXPECT_FALSE(server.notify(key, notify(what, {})));
    }
    void go(RawPeer& peer) { EXPECT_TRUE(peer.send(encoded(request("go")))); }
    static std::vector<std::string> next(RawPeer& peer, std::size_t count) {
        std::vector<std::string> uris;
        while (uris.size() < count) {
            const auto message = peer.receive();
            if (!message) {
                break;
            }
            uris.push_back(message->uri().str());
        }
        return uris;
    }
    using Uris = std::vector<std::string>;

    std::function<void(Connection&)> turn;
    TcpServer server{local_options()};
};

TEST_F(FanOutTest, KeepsTheOrderOfSeveralKeysAndOfWhatIsSentToOne) {
    std::shared_ptr<Connection> both_ends;
    server.on({MessageType::request_uri, "remember"}, [&](const Message& m, Connection& from) {
        both_ends = from.shared();
        return ok(m.uri());
    });
    turn = [&](Connection&) {
        say("a", "1");
        say("a", "2");
        say("b", "3");
        both_ends->send(notify("4", {}));
        say("a", "5");
        EXPECT_FALSE(server.broadcast(notify("6", {})));
        say("b", "7");
    };
    const auto both = subscriber({"a", "b"});
    const auto one = subscriber({"a"});
    RawPeer control(server.port());
    EXPECT_TRUE(both->send(encoded(request("remember"))));
    ASSERT_TRUE(both->receive());
    go(control);
    EXPECT_EQ(next(*both, 7), (Uris{"1", "2", "3", "4", "5", "6", "7"}));
    EXPECT_EQ(next(*one, 4), (Uris{"1", "2", "5", "6"}));
    EXPECT_EQ(next(control, 2), (Uris{"6", "go"}));
    both_ends = nullptr;
}

TEST_F(FanOutTest, PutsNotificationsBetweenTheRepliesOfASubscriberAsTheyWereMade) {
    turn = [&](Connection&) { say("a", "news"); };
    const auto peer = subscriber({"a"});
    const auto other = subscriber({"a"});
    const std::string asks = encoded(request("go"));
    EXPECT_TRUE(peer->send(asks + asks));
    EXPECT_EQ(next(*peer, 4), (Uris{"news", "go", "news", "go"}));
    EXPECT_EQ(next(*other, 2), (Uris{"news", "news"}));
}

TEST_F(FanOutTest, PutsWhatASuspendedHandlerMadeBeforeItsReplyBeforeIt) {
    turn = [&](Connection&) { say("a", "second"); };
    server.on({MessageType::request_uri, "slow"}, [&](const Message& m) -> awaitable<OwnedMessage> {
        const std::string uri = m.uri().str();
        co_await pause(20ms);
        say("a", "first");
        co_return ok(uri);
    });
    const auto peer = subscriber({"a"});
    EXPECT_TRUE(peer->send(encoded(request("slow")) + encoded(request("go"))));
    EXPECT_EQ(next(*peer, 4), (Uris{"first", "slow", "second", "go"}));
}

TEST_F(FanOutTest, ReachesThoseWhoWereSubscribedWhenItWasSent) {
    turn = [&](Connection& from) {
        say("a", "before");
        server.subscribe("a", from);
        say("a", "between");
        server.unsubscribe("a", from);
        say("a", "after");
    };
    const auto peer = subscriber({"a"});
    RawPeer late(server.port());
    go(late);
    EXPECT_EQ(next(*peer, 3), (Uris{"before", "between", "after"}));
    EXPECT_EQ(next(late, 2), (Uris{"between", "go"}));
}

TEST_F(FanOutTest, ReachesASubscriberThatIsClosedAfterwards) {
    std::shared_ptr<Connection> subscribed;
    server.on({MessageType::request_uri, "remember"}, [&](const Message& m, Connection& from) {
        subscribed = from.shared();
        return ok(m.uri());
    });
    turn = [&](Connection&) {
        say("a", "farewell");
        subscribed->close();
    };
    const auto peer = subscriber({"a"});
    const auto other = subscriber({"a"});
    EXPECT_TRUE(peer->send(encoded(request("remember"))));
    ASSERT_TRUE(peer->receive());
    RawPeer control(server.port());
    go(control);
    EXPECT_EQ(next(*peer, 1), Uris{"farewell"});
    EXPECT_TRUE(peer->closed_by_peer());
    EXPECT_EQ(next(*other, 1), Uris{"farewell"});
    subscribed = nullptr;
}

TEST_F(FanOutTest, ReachesAllOthersWhenConnectionsVanish) {
    constexpr std::size_t count = 30;
    constexpr int notifications = 2000;
    std::vector<std::unique_ptr<RawPeer>> peers;
    for (std::size_t i = 0; i < count; ++i) {
        peers.push_back(subscriber({"a"}));
    }
    const std::string content(1000, 'x');
    for (int i = 0; i < notifications; ++i) {
        EXPECT_FALSE(server.notify("a", notify(std::to_string(i), content)));
        if (i % 100 == 50) {
            peers.back()->reset();
            peers.pop_back();
        }
    }
    EXPECT_FALSE(server.notify("a", notify("end", {})));
    for (const auto& peer : peers) {
        for (int i = 0; i < notifications; ++i) {
            const auto message = peer->receive();
            ASSERT_TRUE(message);
            ASSERT_EQ(message->uri(), std::to_string(i));
        }
        EXPECT_EQ(next(*peer, 1), Uris{"end"});
    }
    EXPECT_EQ(server.counters().dropped_oldest, 0u);
}

TEST_F(FanOutTest, CountsAMessageForEachWhoGetsIt) {
    const auto a = subscriber({"a"});
    const auto b = subscriber({"a"});
    const auto before = server.counters().frames_out;
    say("a", "1");
    say("a", "2");
    EXPECT_EQ(next(*a, 2), (Uris{"1", "2"}));
    EXPECT_EQ(next(*b, 2), (Uris{"1", "2"}));
    EXPECT_TRUE(eventually([&] { return server.counters().frames_out == before + 4; }));
}

}  // namespace
}  // namespace netaio::test
