#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <random>
#include <thread>

#include "support/net.hpp"

/// What peers that mean harm, or break, do to a server: a clear answer or a closed connection, a
/// log line, a counter; and other clients notice nothing.
namespace netaio {
namespace {

using namespace test;

class HostilePeerTest : public ::testing::Test {
protected:
    void start(TcpServerOptions options = local_options()) {
        options.environment.log = lines.log(LogLevel::info);
        server.emplace(std::move(options));
        server->on(MessageType::request_uri, [](const Message& message) {
            return respond(message.uri(), message.content());
        });
        ASSERT_FALSE(server->start());
        bystander.emplace(server->port());
    }
    // Another client is served as if nothing had happened.
    void expect_others_served() {
        ASSERT_TRUE(bystander->send(encoded(request("still", "there"))));
        const auto reply = bystander->receive();
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->content(), "there");
    }
    void expect_closed(ByteView bytes) {
        RawPeer peer(server->port());
        peer.send(bytes);
        EXPECT_TRUE(peer.closed_by_peer());
    }
    void answer_subscriptions() {
        server->on(MessageType::subscribe_uri, [&](const Message& message, Connection& from) {
            return server->subscribe(message.uri(), from) ? error(message.uri(), "too many")
                                                          : confirm_subscribe(message.uri());
        });
    }
    // How many of the keys 0, 1, ... it could subscribe to.
    static int subscribe(RawPeer& peer, int keys) {
        int confirmed = 0;
        for (int i = 0; i < keys; ++i) {
            peer.send(encoded(OwnedMessage(MessageType::subscribe_uri, std::to_string(i))));
            const auto reply = peer.receive();
            confirmed += reply && reply->type() == MessageType::confirm_subscribe;
        }
        return confirmed;
    }

    LogLines lines;
    std::optional<TcpServer> server;
    std::optional<RawPeer> bystander;
};

std::string frame(int type, std::uint16_t auth_size, std::uint16_t body_size,
                  std::string_view rest) {
    std::string bytes(FrameHeader::size, '\0');
    FrameHeader{static_cast<MessageType>(type), auth_size, body_size, 0}.write(
        std::span<char, FrameHeader::size>(bytes.data(), FrameHeader::size));
    return bytes.append(rest);
}

TEST_F(HostilePeerTest, ClosesOnBytesThatAreNoFrames) {
    start();
    std::mt19937 random(1);
    for (int round = 0; round < 50; ++round) {
        std::string bytes(64 + random() % 2000, '\0');
        for (char& byte : bytes) {
            byte = static_cast<char>(random());
        }
        bytes[0] = static_cast<char>(200);
        expect_closed(bytes);
    }
    expect_others_served();
    EXPECT_EQ(server->counters().rejected_malformed, 50u);
    EXPECT_TRUE(lines.contains("closed the connection"));
}

TEST_F(HostilePeerTest, ClosesOnLyingLengthsAndMalformedParts) {
    start();
    expect_closed(frame(0, 0, 2, std::string(2, '\0')));                  // no auth fields at all
    expect_closed(frame(0, 3, 1, std::string("\x4d\x40\0\0", 4)));        // a body too short
    expect_closed(frame(0, 3, 4, std::string("\x4d\x40\0\0\x09xy", 7)));  // a uri beyond the body
    expect_closed(
        frame(0, 8, 2, std::string("\xcd\xc0\xff\xff\xff\xff\xff\xff\0\0", 10)));  // 2^32 fields
    std::string deep;
    for (int i = 0; i < 9000; ++i) {
        deep += std::string("\x8a\x80\0\x01\xff\xff", 6);
    }
    expect_closed(
        frame(0, static_cast<std::uint16_t>(deep.size()), 2, deep + std::string(2, '\0')));
    expect_others_served();
    EXPECT_EQ(server->counters().rejected_malformed, 5u);
}

TEST_F(HostilePeerTest, ClosesOnFramesAboveTheLimitBeforeTheyArrive) {
    auto options = local_options();
    options.frame_max = 1000;
    start(std::move(options));
    expect_closed(frame(0, 3, 60000, "\x4d\x40"));
    expect_others_served();
    EXPECT_EQ(server->counters().rejected_too_large, 1u);
}

TEST_F(HostilePeerTest, AnswersBadChecksumsAndReadsOn) {
    start();
    RawPeer peer(server->port());
    std::string damaged = encoded(request("x", "content"));
    damaged.back() ^= 1;
    ASSERT_TRUE(peer.send(damaged + encoded(request("x", "whole"))));
    const auto reply = peer.receive();
    EXPECT_EQ(reply->type(), MessageType::error);
    EXPECT_EQ(reply->content(), "invalid message");
    EXPECT_EQ(peer.receive()->content(), "whole");
    EXPECT_EQ(server->counters().rejected_checksum, 1u);
}

TEST_F(HostilePeerTest, EndsFramesThatStayUnfinished) {
    auto options = local_options();
    options.frame_timeout = 50ms;
    start(std::move(options));
    expect_closed(frame(0, 3, 60000, "\x4d\x40"));
    // One that keeps sending a byte at a time is no better.
    RawPeer drip(server->port());
    const std::string bytes = encoded(request("x", std::string(60000, 'x')));
    EXPECT_TRUE(eventually([&, sent = std::size_t{0}]() mutable {
        drip.send(ByteView(bytes).substr(sent++, 1));
        return server->counters().closed_slow_frame == 2;
    }));
    expect_others_served();
}

TEST_F(HostilePeerTest, ClosesIdleConnectionsButNotSubscribers) {
    auto options = local_options();
    options.idle_timeout = 50ms;
    start(std::move(options));
    server->on({MessageType::request_uri, "subscribe"}, [&](const Message&, Connection& from) {
        server->subscribe("key", from);
        return ok("subscribe");
    });
    RawPeer subscriber(server->port());
    ASSERT_TRUE(subscriber.send(encoded(request("subscribe"))));
    ASSERT_TRUE(subscriber.receive());
    RawPeer idle(server->port());
    EXPECT_TRUE(idle.closed_by_peer());
    EXPECT_TRUE(eventually([&] { return server->counters().closed_idle == 2; }));
    EXPECT_FALSE(server->notify("key", notify("key", "awake")));
    EXPECT_EQ(subscriber.receive()->content(), "awake");
}

TEST_F(HostilePeerTest, RefusesConnectionsPastTheLimit) {
    auto options = local_options();
    options.connections_max = 20;
    start(std::move(options));
    std::deque<RawPeer> peers;
    for (int i = 0; i < 19; ++i) {
        peers.emplace_back(server->port());
    }
    EXPECT_TRUE(eventually([&] { return server->connection_count() == 20; }));
    for (int i = 0; i < 2000; ++i) {
        RawPeer refused(server->port());
        if (i % 100 == 0) {
            EXPECT_TRUE(refused.closed_by_peer());
        }
    }
    EXPECT_TRUE(eventually([&] { return server->counters().connections_refused == 2000; }));
    expect_others_served();
    peers.clear();
    EXPECT_TRUE(eventually([&] { return server->connection_count() == 1; }));
    RawPeer again(server->port());
    ASSERT_TRUE(again.send(encoded(request("x"))));
    EXPECT_TRUE(again.receive());
}

TEST_F(HostilePeerTest, StopsReadingFromAPeerThatNeverReads) {
    auto options = local_options();
    options.send_queue_max = 100'000;
    options.send_timeout = 300ms;
    start(std::move(options));
    RawPeer greedy(server->port(), 4096);
    const std::string big = encoded(request("x", std::string(60000, 'x')));
    // Its requests stop being taken once its replies pile up; then it is closed.
    while (greedy.send(big)) {
    }
    EXPECT_TRUE(eventually([&] { return server->counters().closed_slow_reader == 1; }));
    expect_others_served();
}

TEST_F(HostilePeerTest, BoundsRepliesToRequestsThatArriveTogether) {
    auto options = local_options();
    options.send_queue_max = 500'000;
    start(std::move(options));
    std::atomic<std::size_t> most{0};
    const std::string content(60'000, 'x');
    server->on({MessageType::request_uri, "big"}, [&](const Message&, Connection& from) {
        most = std::max(most.load(), from.queued_bytes());
        return respond("big", content);
    });
    RawPeer greedy(server->port(), 4096);
    std::string requests;
    for (int i = 0; i < 1000; ++i) {
        requests += encoded(request("big"));
    }
    ASSERT_TRUE(greedy.send(requests));
    expect_others_served();
    // All of them are answered once it reads.
    for (int i = 0; i < 1000; ++i) {
        const auto reply = greedy.receive();
        ASSERT_TRUE(reply);
        ASSERT_EQ(reply->content().size(), content.size());
    }
    EXPECT_LT(most, 1'000'000u);
}

TEST_F(HostilePeerTest, BoundsTheSubscriptionsOfOneConnection) {
    auto options = local_options();
    options.subscriptions_max = 5400;
    start(std::move(options));
    answer_subscriptions();
    RawPeer peer(server->port());
    EXPECT_EQ(subscribe(peer, 100), 10);  // 512 bytes each, and a short key twice
    EXPECT_TRUE(lines.contains("refused a subscription"));
}

TEST_F(HostilePeerTest, BoundsTheSubscriptionsOfAllConnections) {
    auto options = local_options();
    options.subscriptions_total_max = 5400;
    start(std::move(options));
    answer_subscriptions();
    auto first = std::make_unique<RawPeer>(server->port());
    RawPeer second(server->port());
    EXPECT_EQ(subscribe(*first, 6), 6);
    EXPECT_EQ(subscribe(second, 6), 4);
    // What goes with a connection is free again.
    first.reset();
    EXPECT_TRUE(eventually([&] { return server->connection_count() == 2; }));
    EXPECT_EQ(subscribe(second, 12), 10);
}

TEST_F(HostilePeerTest, LivesOnWhenUserCodeOnTheWayThrows) {
    auto options = local_options();
    options.auth = hmac_auth({.secret = "test"});
    options.environment.log = lines.log();
    TcpServer protected_server(options);
    protected_server.set_auth_error_handler(
        [](const AuthPlugin&, const Message&) -> std::optional<OwnedMessage> {
            throw std::runtime_error("in the auth-error handler");
        });
    ASSERT_FALSE(protected_server.start());
    RawPeer peer(protected_server.port());
    ASSERT_TRUE(peer.send(encoded(request("x"))));
    EXPECT_TRUE(eventually([&] { return protected_server.counters().handler_failures == 1; }));
    EXPECT_TRUE(eventually([&] { return lines.contains("in the auth-error handler"); }));
}

class SlowReceiverTest : public HostilePeerTest {
protected:
    // Subscribes a peer that does not read, and sends it more than its queue takes.
    void flood(SlowReceiver policy) {
        auto options = local_options();
        options.send_queue_max = 1'000'000;
        options.slow_receiver = policy;
        start(std::move(options));
        server->on({MessageType::request_uri, "subscribe"}, [&](const Message&, Connection& from) {
            server->subscribe("key", from);
            return ok("subscribe");
        });
        slow.emplace(server->port(), 4096);
        ASSERT_TRUE(slow->send(encoded(request("subscribe"))));
        ASSERT_TRUE(slow->receive());
        const std::string content(50'000, 'x');
        for (int i = 0; i < count; ++i) {
            EXPECT_FALSE(server->notify("key", notify(std::to_string(i), content)));
            if (i % 10 == 0) {
                expect_others_served();
            }
        }
        expect_others_served();
    }
    std::vector<int> received() {
        std::vector<int> numbers;
        EXPECT_FALSE(server->notify("key", notify("end", "")));
        while (const auto message = slow->receive()) {
            if (message->uri() == "end") {
                break;
            }
            numbers.push_back(std::stoi(message->uri().str()));
        }
        return numbers;
    }

    static constexpr int count = 400;
    std::optional<RawPeer> slow;
};

TEST_F(SlowReceiverTest, LosesTheOldestMessages) {
    flood(SlowReceiver::drop_oldest);
    const auto numbers = received();
    const auto dropped = server->counters().dropped_oldest;
    EXPECT_GT(dropped, 0u);
    EXPECT_TRUE(std::ranges::is_sorted(numbers));
    ASSERT_FALSE(numbers.empty());
    EXPECT_EQ(numbers.front(), 0);
    EXPECT_EQ(numbers.back(), count - 1);
    EXPECT_EQ(numbers.size() + dropped, static_cast<std::size_t>(count));
}

TEST_F(SlowReceiverTest, LosesTheNewestMessages) {
    flood(SlowReceiver::drop_newest);
    const auto dropped = [&] { return server->counters().dropped_newest; };
    EXPECT_GT(dropped(), 0u);
    std::vector<int> numbers;
    while (numbers.size() + dropped() < static_cast<std::size_t>(count)) {
        const auto message = slow->receive();
        ASSERT_TRUE(message);
        numbers.push_back(std::stoi(message->uri().str()));
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        EXPECT_EQ(numbers[i], static_cast<int>(i));
    }
}

TEST_F(SlowReceiverTest, LosesItsConnection) {
    flood(SlowReceiver::disconnect);
    EXPECT_EQ(server->counters().closed_slow_reader, 1u);
    EXPECT_TRUE(lines.contains("disconnected a slow receiver"));
    EXPECT_TRUE(slow->closed_by_peer());
}

TEST_F(HostilePeerTest, SeesTheEndThatCameWithTheLastBytes) {
    start();
    std::atomic<bool> busy{false};
    std::atomic<bool> go_on{false};
    server->on({MessageType::request_uri, "busy"}, [&](const Message&) {
        busy = true;
        while (!go_on) {
            std::this_thread::sleep_for(1ms);
        }
    });
    RawPeer peer(server->port());
    ASSERT_TRUE(peer.send(encoded(request("x", "first"))));
    ASSERT_TRUE(peer.receive());
    ASSERT_TRUE(bystander->send(encoded(request("busy"))));
    ASSERT_TRUE(eventually([&] { return busy.load(); }));
    // Nobody looks at what this peer does until it is done.
    ASSERT_TRUE(peer.send(encoded(request("x", "last")) + "half"));
    peer.finish_sending();
    std::this_thread::sleep_for(20ms);
    go_on = true;
    const auto reply = peer.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->content(), "last");
    EXPECT_TRUE(peer.closed_by_peer());
}

TEST_F(HostilePeerTest, OutlivesClientsThatVanishInTheMiddle) {
    start();
    server->on({MessageType::request_uri, "later"},
               [](const Message& message) -> awaitable<Message> {
                   co_await pause(20ms);
                   co_return ok(message.uri());
               });
    for (int i = 0; i < 20; ++i) {
        RawPeer vanishing(server->port());
        vanishing.send(encoded(request("later")) + encoded(request("x")).substr(0, 10));
        vanishing.reset();
    }
    expect_others_served();
    EXPECT_TRUE(eventually([&] { return server->connection_count() == 1; }));
}

}  // namespace
}  // namespace netaio
