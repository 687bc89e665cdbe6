#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <mutex>
#include <set>

#include "support/net.hpp"

namespace netaio {
namespace {

using namespace test;

std::string with_id(const Message& message, RequestId id) {
    std::string bytes;
    EXPECT_FALSE(encode_message(message, bytes, id));
    return bytes;
}

OwnedMessage create(std::string_view uri) {
    return OwnedMessage(MessageType::create_uri, uri);
}

// A server that answers REQUEST_URI at once, and CREATE_URI when the test lets that uri go.
class HandlersAtOnceTest : public ::testing::Test {
public:
    std::uint16_t listen(TcpServerOptions options = local_options()) {
        server.emplace(std::move(options));
        server->on(MessageType::request_uri,
                   [](const Message& message) { return respond(message.uri(), "at once"); });
        server->on(MessageType::create_uri, [this](const Message& message) -> awaitable<Message> {
            const std::string uri = message.uri().str();
            note(uri + "+");
            co_await until([&] { return is_let_go(uri); });
            note(uri + "-");
            co_return ok(uri, "later");
        });
        EXPECT_FALSE(server->start());
        return server->port();
    }

    void let_go(const std::string& uri) {
        const std::lock_guard lock(mutex);
        let_go_.insert(uri);
    }
    bool is_let_go(const std::string& uri) {
        const std::lock_guard lock(mutex);
        return let_go_.contains(uri);
    }
    void note(std::string what) {
        const std::lock_guard lock(mutex);
        noted_.push_back(std::move(what));
    }
    std::vector<std::string> noted() {
        const std::lock_guard lock(mutex);
        return noted_;
    }
    bool begun(std::size_t count) {
        return eventually([&] { return noted().size() >= count; });
    }

    std::optional<TcpServer> server;

private:
    std::mutex mutex;
    std::set<std::string> let_go_;
    std::vector<std::string> noted_;
};

using Noted = std::vector<std::string>;

TEST_F(HandlersAtOnceTest, RunForDifferentUris) {
    RawPeer peer(listen());
    ASSERT_TRUE(peer.send(with_id(create("a"), 1) + with_id(create("b"), 2) +
                          with_id(request("c"), 3) + with_id(create("d"), 4)));
    const auto plain = peer.receive();
    EXPECT_EQ(plain->uri(), "c");
    EXPECT_EQ(plain->request_id(), 3u);
    ASSERT_TRUE(begun(3));
    for (const auto& [uri, id] : {std::pair("d", 4u), std::pair("a", 1u), std::pair("b", 2u)}) {
        let_go(uri);
        const auto reply = peer.receive();
        EXPECT_EQ(reply->uri(), uri);
        EXPECT_EQ(reply->request_id(), id);
    }
    EXPECT_EQ(noted(), (Noted{"a+", "b+", "d+", "d-", "a-", "b-"}));
}

TEST_F(HandlersAtOnceTest, KeepTheOrderOfOneUri) {
    RawPeer peer(listen());
    ASSERT_TRUE(peer.send(with_id(create("a"), 1) + with_id(request("a"), 2) +
                          with_id(create("a"), 3) + with_id(request("b"), 4)));
    EXPECT_EQ(peer.receive()->request_id(), 4u);
    EXPECT_EQ(noted(), Noted{"a+"});
    let_go("a");
    for (const RequestId id : {1u, 2u, 3u}) {
        const auto reply = peer.receive();
        EXPECT_EQ(reply->request_id(), id);
        EXPECT_EQ(reply->type(), id == 2 ? MessageType::respond_uri : MessageType::ok);
    }
    EXPECT_EQ(noted(), (Noted{"a+", "a-", "a+", "a-"}));
}

TEST_F(HandlersAtOnceTest, WaitForWhatHasNoIdAndItForThem) {
    RawPeer peer(listen());
    ASSERT_TRUE(peer.send(with_id(create("a"), 1) + with_id(create("b"), 2) + encoded(create("c")) +
                          with_id(create("d"), 4) + encoded(request("e"))));
    ASSERT_TRUE(begun(2));
    let_go("d");
    let_go("c");
    let_go("b");
    EXPECT_EQ(peer.receive()->uri(), "b");
    let_go("a");
    for (const char* uri : {"a", "c", "d", "e"}) {
        EXPECT_EQ(peer.receive()->uri(), uri);
    }
    EXPECT_EQ(noted(), (Noted{"a+", "b+", "b-", "a-", "c+", "c-", "d+", "d-"}));
}

TEST_F(HandlersAtOnceTest, AreNoMoreThanMay) {
    auto options = local_options();
    options.handlers_max = 2;
    RawPeer peer(listen(std::move(options)));
    ASSERT_TRUE(peer.send(with_id(create("a"), 1) + with_id(create("a"), 2) +
                          with_id(create("b"), 3) + with_id(request("c"), 4)));
    let_go("b");
    ASSERT_TRUE(begun(1));
    EXPECT_EQ(noted(), Noted{"a+"}) << "the one that waits for its uri counts, too";
    let_go("a");
    std::multiset<RequestId> answered;
    for (int i = 0; i < 4; ++i) {
        answered.insert(*peer.receive()->request_id());
    }
    EXPECT_EQ(answered, (std::multiset<RequestId>{1, 2, 3, 4}));
}

TEST_F(HandlersAtOnceTest, AreAllWaitedForWhenTheServerStops) {
    RawPeer peer(listen());
    ASSERT_TRUE(
        peer.send(with_id(create("a"), 1) + with_id(create("b"), 2) + with_id(request("a"), 3)));
    ASSERT_TRUE(begun(2));
    server->stop(60s);
    let_go("b");
    EXPECT_EQ(peer.receive()->request_id(), 2u);
    let_go("a");
    EXPECT_EQ(peer.receive()->request_id(), 1u);
    EXPECT_EQ(peer.receive()->request_id(), 3u);
    EXPECT_TRUE(peer.closed_by_peer());
}

TEST_F(HandlersAtOnceTest, AreAnsweredThoughThePeerHasFinishedSending) {
    RawPeer peer(listen());
    ASSERT_TRUE(peer.send(with_id(create("a"), 1) + with_id(create("b"), 2)));
    peer.finish_sending();
    ASSERT_TRUE(begun(2));
    let_go("b");
    EXPECT_EQ(peer.receive()->request_id(), 2u);
    let_go("a");
    EXPECT_EQ(peer.receive()->request_id(), 1u);
    EXPECT_TRUE(peer.closed_by_peer());
}

TEST_F(HandlersAtOnceTest, EndWithAServerThatOneOfThemDestroys) {
    boost::asio::io_context context;
    std::optional<TcpServer> own;
    own.emplace(context.get_executor(), local_options());
    int begun_here = 0;
    int ended_here = 0;
    own->on(MessageType::create_uri, [&](const Message&) -> awaitable<void> {
        ++begun_here;
        struct Ended {
            int& count;
            ~Ended() { ++count; }
        } ended{ended_here};
        co_await pause(std::chrono::hours(1));
    });
    own->on(MessageType::delete_uri, [&](const Message&) -> awaitable<void> {
        co_await pause(1ms);
        own.reset();
    });
    ASSERT_FALSE(own->start());
    RawPeer peer(own->port());
    ASSERT_TRUE(peer.send(with_id(create("a"), 1) + with_id(create("b"), 2) +
                          with_id(create("a"), 3) +
                          with_id(OwnedMessage(MessageType::delete_uri, "c"), 4)));
    context.run();
    EXPECT_EQ(begun_here, 2);
    EXPECT_EQ(ended_here, 2);
    EXPECT_TRUE(peer.closed_by_peer());
}

TEST_F(HandlersAtOnceTest, AnswerAClientInWhateverOrder) {
    const std::uint16_t port = listen();
    run([](std::uint16_t to, HandlersAtOnceTest& test) -> awaitable<void> {
        TcpClient client;
        co_await client.connect("127.0.0.1", to);
        const auto executor = co_await boost::asio::this_coro::executor;
        constexpr int count = 20;
        int answered = 0;
        for (int i = 0; i < count; ++i) {
            boost::asio::co_spawn(
                executor,
                [&, uri = std::to_string(i)]() -> awaitable<void> {
                    const OwnedMessage reply = co_await client.create(uri, "");
                    EXPECT_EQ(reply.uri(), uri);
                    ++answered;
                },
                boost::asio::detached);
        }
        EXPECT_TRUE(co_await until([&] { return test.noted().size() == count; }));
        for (int i = count; i-- > 0;) {
            test.let_go(std::to_string(i));
            EXPECT_TRUE(co_await until([&] { return answered == count - i; }));
        }
    }(port, *this));
}

// Answers the first request when that was given up, and the second one behind that.
class Late {
public:
    awaitable<Message> operator()(const Message& message) {
        const OwnedMessage kept = message.own();
        const bool first = kept.content() == "first";
        co_await until([&] { return first ? given_up.load() : answered.load(); });
        co_await pause(first ? 0ms : 20ms);
        answered = true;
        co_return respond(kept.uri(), kept.content());
    }
    std::atomic<bool> given_up = false;
    std::atomic<bool> answered = false;
};

TEST_F(HandlersAtOnceTest, AnswerTooLateForNobodyElse) {
    Late late;
    TcpServer slow(local_options());
    slow.on(MessageType::request_uri, [&](const Message& message) { return late(message); });
    ASSERT_FALSE(slow.start());
    run([](std::uint16_t to, Late& handler) -> awaitable<void> {
        TcpClient client;
        co_await client.connect("127.0.0.1", to);
        EXPECT_THROW(co_await client.request("x", "first", {.timeout = 5ms}),
                     boost::system::system_error);
        handler.given_up = true;
        const OwnedMessage reply = co_await client.request("x", "second");
        EXPECT_EQ(reply.content(), "second");
        EXPECT_EQ(client.counters().late_answers, 1u);
    }(slow.port(), late));
}

TEST_F(HandlersAtOnceTest, AnswerTooLateForNobodyElseOverUdp) {
    run([]() -> awaitable<void> {
        const auto here = [](const char* id) {
            UdpNodeOptions options;
            options.port = 0;
            options.interfaces = {"lo"};
            options.ipv6 = false;
            options.local_peer = Peer{.id = id};
            return options;
        };
        UdpNode slow(here("slow"));
        UdpNode asking(here("asking"));
        Late late;
        slow.on(MessageType::request_uri, [&](const Message& message) { return late(message); });
        co_await slow.start();
        co_await asking.start();
        const Address to = *Address::parse("127.0.0.1", slow.port());
        EXPECT_THROW(co_await asking.request(to, "x", "first", {.timeout = 5ms}),
                     boost::system::system_error);
        late.given_up = true;
        const OwnedMessage reply = co_await asking.request(to, "x", "second");
        EXPECT_EQ(reply.content(), "second");
        asking.stop();
        slow.stop();
    }());
}

}  // namespace
}  // namespace netaio
