#include <gtest/gtest.h>

#include <atomic>
#include <list>
#include <thread>

#include "support/net.hpp"

// Connections receive and send through io_uring or wait in epoll; nobody should see which. This
// program runs both ways, see tests/CMakeLists.txt.
namespace netaio::test {
namespace {

class ChannelTest : public testing::Test {
protected:
    ChannelTest() {
        TcpServerOptions options = local_options();
        options.send_queue_max = 64 << 20;
        server.emplace(std::move(options));
        server->on(MessageType::request_uri, [](const Message& message) {
            return respond(message.uri(), message.content());
        });
        server->on({MessageType::request_uri, "busy"}, [&](const Message& message) {
            busy = true;
            while (!go_on) {
                std::this_thread::sleep_for(1ms);
            }
            return ok(message.uri());
        });
        EXPECT_FALSE(server->start());
    }
    ~ChannelTest() override { go_on = true; }

    // The server's thread looks at no socket from here on, until go_on.
    void make_busy(RawPeer& peer) {
        ASSERT_TRUE(peer.send(encoded(request("busy"))));
        ASSERT_TRUE(eventually([&] { return busy.load(); }));
    }
    // The peer is known to the server, which waits for more from it.
    void greet(RawPeer& peer) {
        ASSERT_TRUE(peer.send(encoded(request("hello"))));
        ASSERT_TRUE(peer.receive());
    }

    std::atomic<bool> busy{false};
    std::atomic<bool> go_on{false};
    std::optional<TcpServer> server;
};

TEST_F(ChannelTest, ReadsFramesThatComeInPiecesOfAnySize) {
    RawPeer peer(server->port());
    greet(peer);
    const std::string content(60'000, 'x');
    const std::string frame = encoded(request("x", content));
    for (const std::size_t first : {1u, 9u, 4095u, 4096u, 4097u, 8192u, 50'000u}) {
        ASSERT_TRUE(peer.send(frame.substr(0, first)));
        std::this_thread::sleep_for(5ms);
        ASSERT_TRUE(peer.send(frame.substr(first) + frame));
        for (int i = 0; i < 2; ++i) {
            const auto reply = peer.receive();
            ASSERT_TRUE(reply) << first;
            EXPECT_EQ(reply->content(), content);
        }
    }
}

TEST_F(ChannelTest, GoesOnWhenItsOutputFilledTheQueueExactly) {
    const auto pushed = notify("x", std::string(100, 'x'));
    TcpServerOptions options = local_options();
    options.send_queue_max = encoded(pushed).size();
    TcpServer exact(options);
    exact.on(MessageType::request_uri,
             [&](const Message&, Connection& from) -> awaitable<std::optional<OwnedMessage>> {
                 co_await pause(1ms);
                 EXPECT_FALSE(from.send(pushed));
                 co_return std::nullopt;
             });
    ASSERT_FALSE(exact.start());
    RawPeer peer(exact.port());
    const std::string asked = encoded(request("x"));
    ASSERT_TRUE(peer.send(asked + asked + asked));
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(peer.receive());
    }
}

// Of any size, so that it is received in all ways there are, and while others are served.
TEST_F(ChannelTest, KeepsInputInOrderWhileItPausesNowAndThen) {
    constexpr int count = 20'000;
    server->on({MessageType::request_uri, "later"},
               [](const Message& message) -> awaitable<OwnedMessage> {
                   OwnedMessage answer = respond(message.uri(), message.content());
                   if (message.content().ends_with("xx")) {
                       co_await pause(1ms);
                   } else {
                       co_await boost::asio::post(boost::asio::use_awaitable);
                   }
                   co_return answer;
               });
    const auto content_of = [](int number) {
        const int size = number / 1000 % 2 == 0 ? number % 50 : number % 2500;
        return std::to_string(number) + std::string(static_cast<std::size_t>(size), 'x');
    };
    const auto flood = [&] {
        RawPeer peer(server->port());
        int received = 0;
        std::string batch;
        for (int i = 0; i < count; ++i) {
            batch += encoded(request(i % 29 == 0 ? "later" : "now", content_of(i)));
            if (batch.size() > static_cast<std::size_t>(i % 7) * 9000) {
                ASSERT_TRUE(peer.send(batch));
                batch.clear();
            }
            if (i % 1000 < 999) continue;
            ASSERT_TRUE(peer.send(std::exchange(batch, {})));
            for (; received <= i; ++received) {
                const auto reply = peer.receive();
                ASSERT_TRUE(reply) << received;
                ASSERT_EQ(reply->content(), content_of(received));
            }
        }
    };
    std::thread other(flood);
    flood();
    other.join();
}

TEST_F(ChannelTest, HandlesWhatCameBeforeAnEndWhileItPaused) {
    server->on({MessageType::request_uri, "later"},
               [](const Message& message) -> awaitable<OwnedMessage> {
                   OwnedMessage answer = respond(message.uri(), message.content());
                   co_await pause(20ms);
                   co_return answer;
               });
    for (const bool apart : {true, false}) {
        RawPeer other(server->port());
        RawPeer peer(server->port());
        greet(peer);
        make_busy(other);
        if (apart) {
            ASSERT_TRUE(peer.send(encoded(request("later", "first"))));
            go_on = true;
            std::this_thread::sleep_for(5ms);
        }
        ASSERT_TRUE(peer.send((apart ? "" : encoded(request("later", "first"))) +
                              encoded(request("now", "second"))));
        peer.finish_sending();
        go_on = true;
        for (const char* content : {"first", "second"}) {
            const auto reply = peer.receive();
            ASSERT_TRUE(reply) << content << apart;
            EXPECT_EQ(reply->content(), content);
        }
        EXPECT_TRUE(peer.closed_by_peer());
        busy = go_on = false;
    }
}

TEST_F(ChannelTest, SeesAResetThatCameWithTheLastBytes) {
    std::atomic<int> seen{0};
    server->on(MessageType::notify_uri, [&] { ++seen; });
    RawPeer other(server->port());
    RawPeer peer(server->port());
    greet(peer);
    make_busy(other);
    ASSERT_TRUE(peer.send(encoded(notify("x", "last"))));
    peer.reset();
    std::this_thread::sleep_for(20ms);
    go_on = true;
    EXPECT_TRUE(eventually([&] { return server->connection_count() == 1; }));
}

TEST_F(ChannelTest, LosesNothingToAReceiverThatPauses) {
    constexpr int count = 30'000;
    std::shared_ptr<Connection> to;
    server->on({MessageType::request_uri, "remember"},
               [&](const Message& message, Connection& from) {
                   to = from.shared();
                   return ok(message.uri());
               });
    // Each in a turn of its own, so that they are sent one by one.
    server->on({MessageType::request_uri, "say"}, [&](const Message& message) {
        EXPECT_FALSE(to->send(notify(message.content(), std::string(500, 'x'))));
    });
    RawPeer receiver(server->port(), 4096);
    ASSERT_TRUE(receiver.send(encoded(request("remember"))));
    ASSERT_TRUE(receiver.receive());
    RawPeer speaker(server->port());
    for (int i = 0; i < count; ++i) {
        ASSERT_TRUE(speaker.send(encoded(request("say", std::to_string(i)))));
    }
    for (int i = 0; i < count; ++i) {
        const auto message = receiver.receive();
        ASSERT_TRUE(message) << i;
        ASSERT_EQ(message->uri(), std::to_string(i));
    }
    to = nullptr;
}

// Each reply in a turn of its own, and short enough for a ring to take whatever the receiver does.
TEST_F(ChannelTest, KeepsRepliesInOrderForAReceiverThatPauses) {
    const auto content_of = [](int number) {
        return std::to_string(number) + std::string(number % 2 == 0 ? 8000 : 10, 'x');
    };
    server->on({MessageType::request_uri, "number"}, [&](const Message& message) {
        return respond(message.uri(), content_of(std::stoi(message.content().str())));
    });
    RawPeer receiver(server->port());
    int asked = 0;
    const auto ask = [&](int count) {
        for (int i = 0; i < count; ++i) {
            ASSERT_TRUE(receiver.send(encoded(request("number", std::to_string(asked++)))));
            std::this_thread::sleep_for(100us);
        }
    };
    int received = 0;
    const auto expect = [&](int until) {
        for (; received < until; ++received) {
            const auto reply = receiver.receive();
            ASSERT_TRUE(reply) << received;
            ASSERT_EQ(reply->content(), content_of(received));
        }
    };
    ask(2000);
    expect(1500);
    ask(200);
    expect(asked);
}

TEST_F(ChannelTest, ClosesAfterAllWasTaken) {
    server->on({MessageType::request_uri, "bye"}, [&](const Message& message, Connection& from) {
        for (int i = 0; i < 5000; ++i) {
            EXPECT_FALSE(from.send(notify(std::to_string(i), std::string(500, 'x'))));
        }
        from.close();
        return ok(message.uri());
    });
    RawPeer receiver(server->port(), 4096);
    ASSERT_TRUE(receiver.send(encoded(request("bye"))));
    std::this_thread::sleep_for(20ms);
    for (int i = 0; i < 5000; ++i) {
        const auto message = receiver.receive();
        ASSERT_TRUE(message) << i;
        ASSERT_EQ(message->uri(), std::to_string(i));
    }
    EXPECT_EQ(receiver.receive()->type(), MessageType::ok);
    EXPECT_TRUE(receiver.closed_by_peer());
}

TEST_F(ChannelTest, GivesUpOnAReceiverThatTakesNothingThoughItHasFinishedItself) {
    TcpServerOptions options = local_options();
    options.send_timeout = 200ms;
    TcpServer impatient(std::move(options));
    impatient.on(MessageType::request_uri, [](const Message& message) {
        return respond(message.uri(), std::string(60'000, 'x'));
    });
    ASSERT_FALSE(impatient.start());
    RawPeer peer(impatient.port(), 4096);
    std::string asks;
    for (int i = 0; i < 200; ++i) {
        asks += encoded(request("x"));
    }
    ASSERT_TRUE(peer.send(asks));
    peer.finish_sending();
    ASSERT_TRUE(eventually([&] { return impatient.counters().frames_in > 0; }));
    EXPECT_TRUE(eventually([&] { return impatient.connection_count() == 0; }));
    EXPECT_EQ(impatient.counters().closed_slow_reader, 1u);
}

// What is long goes out from where it was written, and what follows it from elsewhere.
TEST_F(ChannelTest, SendsWhatFollowsALongReplyBehindIt) {
    const std::string content(30'000, 'x');
    server->on({MessageType::request_uri, "long"},
               [&](const Message& message) { return respond(message.uri(), content); });
    server->on({MessageType::request_uri, "tell"}, [&](const Message& message) {
        server->broadcast(notify("news", "told"));
        return ok(message.uri());
    });
    RawPeer other(server->port());
    RawPeer told(server->port());
    RawPeer telling(server->port());
    greet(told);
    greet(telling);
    make_busy(other);
    ASSERT_TRUE(told.send(encoded(request("long"))));
    ASSERT_TRUE(telling.send(encoded(request("tell"))));
    go_on = true;
    auto reply = told.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->content(), content);
    reply = told.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->content(), "told");
}

TEST_F(ChannelTest, KeepsLongRepliesToManyReceiversThatPauseApart) {
    constexpr int peers_count = 8;
    constexpr int rounds = 100;
    const auto content_of = [](int peer, int round) {
        return std::to_string(round) + std::string(60'000, static_cast<char>('a' + peer));
    };
    server->on({MessageType::request_uri, "long"}, [&](const Message& message) {
        const std::string asked(message.content());
        return respond("long", content_of(asked[0] - 'a', std::stoi(asked.substr(1))));
    });
    RawPeer other(server->port());
    std::list<RawPeer> peers;
    for (int i = 0; i < peers_count; ++i) {
        greet(peers.emplace_back(server->port(), 32 * 1024));
    }
    make_busy(other);
    for (int round = 0; round < rounds; ++round) {
        char name = 'a';
        for (RawPeer& peer : peers) {
            ASSERT_TRUE(peer.send(encoded(request("long", name++ + std::to_string(round)))));
        }
        go_on = true;
    }
    int name = 0;
    for (RawPeer& peer : peers) {
        for (int round = 0; round < rounds; ++round) {
            const auto reply = peer.receive();
            ASSERT_TRUE(reply) << round;
            ASSERT_EQ(reply->content(), content_of(name, round));
        }
        ++name;
    }
}

TEST_F(ChannelTest, ServesMoreConnectionsAtOnceThanItHasMemoryToReceiveInto) {
    RawPeer other(server->port());
    std::vector<std::unique_ptr<RawPeer>> peers;
    for (int i = 0; i < 300; ++i) {
        peers.push_back(std::make_unique<RawPeer>(server->port()));
        greet(*peers.back());
    }
    make_busy(other);
    for (auto& peer : peers) {
        ASSERT_TRUE(peer->send(encoded(request("x", std::string(3000, 'x')))));
    }
    go_on = true;
    for (auto& peer : peers) {
        const auto reply = peer->receive();
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->content().size(), 3000u);
    }
}

TEST_F(ChannelTest, ClosesManyConnectionsAtOnce) {
    for (int round = 0; round < 3; ++round) {
        std::vector<std::unique_ptr<RawPeer>> peers;
        for (int i = 0; i < 400; ++i) {
            peers.push_back(std::make_unique<RawPeer>(server->port()));
        }
        greet(*peers.back());
        for (std::size_t i = 0; i < peers.size(); i += 2) {
            peers[i]->reset();
        }
        peers.clear();
        EXPECT_TRUE(eventually([&] { return server->connection_count() == 0; }));
    }
}

}  // namespace
}  // namespace netaio::test
