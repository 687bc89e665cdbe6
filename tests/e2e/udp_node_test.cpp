#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <thread>

#include "support/net.hpp"

namespace netaio {
namespace {

using namespace test;
using namespace boost::asio::experimental::awaitable_operators;
using boost::asio::use_awaitable;
using boost::asio::ip::udp;

UdpNodeOptions local(std::string id, std::uint16_t port = 0) {
    auto options = local_node_options(std::move(id));
    options.port = port;
    return options;
}

Address at(const UdpNode& node) {
    return *Address::parse("127.0.0.1", node.port());
}

const PeerManagementOptions briskly{.advertise_every = 50ms, .peer_timeout = 400ms};

void echo(UdpNode& node) {
    node.on(MessageType::request_uri,
            [](const Message& message) { return respond(message.uri(), message.content()); });
}

// A program in the raw that speaks datagrams.
class RawNode {
public:
    RawNode() : socket_(context_, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {}

    void send(std::uint16_t port, ByteView bytes) {
        socket_.send_to(boost::asio::buffer(bytes.data(), bytes.size()),
                        udp::endpoint(boost::asio::ip::address_v4::loopback(), port));
    }
    std::optional<std::string> receive(std::chrono::milliseconds wait = 300ms) {
        std::string bytes(65536, '\0');
        std::optional<std::size_t> size;
        socket_.async_receive(boost::asio::buffer(bytes),
                              [&](boost::system::error_code error, std::size_t count) {
                                  if (!error) {
                                      size = count;
                                  }
                              });
        context_.restart();
        context_.run_for(wait);
        if (!size) {
            socket_.cancel();
            context_.restart();
            context_.run();
            return std::nullopt;
        }
        bytes.resize(*size);
        return bytes;
    }

private:
    boost::asio::io_context context_;
    udp::socket socket_;
};

TEST(UdpNode, AnswersRequestsOfAnother) {
    run([]() -> awaitable<void> {
        UdpNode server(local("server"));
        UdpNode client(local("client"));
        echo(server);
        co_await server.start();
        co_await client.start();
        const auto reply = co_await client.request(at(server), "hi", "there");
        EXPECT_EQ(reply.type(), MessageType::respond_uri);
        EXPECT_EQ(reply.content(), "there");
        const auto [error, missing] =
            co_await client.create(at(server), "x", std::string(100, 'x'), {}, as_result);
        EXPECT_FALSE(error);
        EXPECT_EQ(missing.type(), MessageType::not_found);
    }());
}

TEST(UdpNode, HandlesWithCoroutinesAndTellsTheSource) {
    run([]() -> awaitable<void> {
        UdpNode server(local("server"));
        UdpNode client(local("client"));
        Address source;
        server.on(MessageType::request_uri,
                  [&](const Message& message, const Address& from) -> awaitable<Message> {
                      source = from;
                      co_await pause(10ms);
                      co_return respond(message.uri(), message.content());
                  });
        server.on({MessageType::request_uri, "throws"}, []() -> awaitable<Message> {
            co_await pause(1ms);
            throw std::runtime_error("oh");
        });
        co_await server.start();
        co_await client.start();
        auto [first, second] =
            co_await (client.request(at(server), "a", "1") && client.request(at(server), "b", "2"));
        EXPECT_EQ(first.content(), "1");
        EXPECT_EQ(second.content(), "2");
        EXPECT_EQ(source, at(client));
        const auto failed = co_await client.request(at(server), "throws", "long enough");
        EXPECT_EQ(failed.type(), MessageType::error);
    }());
}

TEST(UdpNode, TimesOutAndIsCancelled) {
    run([]() -> awaitable<void> {
        UdpNode server(local("server"));
        UdpNode client(local("client"));
        server.on(MessageType::request_uri, [] {});
        co_await server.start();
        co_await client.start();
        const auto [late, nothing] =
            co_await client.request(at(server), "x", {.timeout = 20ms}, as_result);
        EXPECT_EQ(late, Errc::timeout);
        boost::asio::cancellation_signal cancel;
        boost::system::error_code ended;
        client.request(at(server), "y", {},
                       boost::asio::bind_cancellation_slot(
                           cancel.slot(),
                           [&](boost::system::error_code error, OwnedMessage) { ended = error; }));
        cancel.emit(boost::asio::cancellation_type::terminal);
        co_await pause(1ms);
        EXPECT_EQ(ended, Errc::cancelled);
        boost::system::error_code stopped;
        client.request(at(server), "z", {},
                       [&](boost::system::error_code error, OwnedMessage) { stopped = error; });
        client.stop();
        co_await pause(1ms);
        EXPECT_EQ(stopped, Errc::cancelled);
        EXPECT_EQ(client.send(at(server), ok("x")), Errc::not_connected);
    }());
}

TEST(UdpNode, AsksAgainAfterALostAnswer) {
    run([]() -> awaitable<void> {
        UdpNode server(local("server"));
        UdpNode client(local("client"));
        int asked = 0;
        server.on(MessageType::request_uri, [&](const Message& message) {
            return ++asked == 1 ? std::optional<OwnedMessage>() : respond(message.uri(), "now");
        });
        co_await server.start();
        co_await client.start();
        const auto [error, nothing] =
            co_await client.request(at(server), "x", {.timeout = 20ms}, as_result);
        EXPECT_EQ(error, Errc::timeout);
        const auto reply = co_await client.request(at(server), "x");
        EXPECT_EQ(reply.content(), "now");
    }());
}

TEST(UdpNode, SharesAPortAndFindsPeersOnTheSameMachine) {
    run([]() -> awaitable<void> {
        UdpNode first(local("first"));
        co_await first.start();
        UdpNode second(local("second", first.port()));
        UdpNode third(local("third", first.port()));
        co_await second.start();
        co_await third.start();
        EXPECT_NE(second.port(), first.port());
        for (UdpNode* node : {&first, &second, &third}) {
            node->manage_peers(briskly);
        }
        const bool found = co_await until([&] {
            return first.peers().size() == 2 && second.peers().size() == 2 &&
                   third.peers().size() == 2;
        });
        EXPECT_TRUE(found);
        const auto peer = second.peer("third");
        EXPECT_TRUE(peer && peer->addresses.contains(at(third)))
            << (peer ? peer->addresses.begin()->str() : "nobody");

        // Each is reached once by a broadcast and by its own address.
        std::map<std::string, int> heard;
        for (auto& [name, node] : std::map<std::string, UdpNode*>{
                 {"first", &first}, {"second", &second}, {"third", &third}}) {
            node->on(MessageType::notify_uri, [&heard, who = name] { ++heard[who]; });
        }
        EXPECT_FALSE(first.broadcast(notify("news", "hello")));
        co_await until([&] { return heard.size() == 2; });
        co_await pause(20ms);
        EXPECT_EQ(heard, (std::map<std::string, int>{{"second", 1}, {"third", 1}}));
    }());
}

TEST(UdpNode, TellsOfPeersThatJoinAndLeave) {
    run([]() -> awaitable<void> {
        UdpNode node(local("stays"));
        std::vector<std::string> events;
        node.set_peer_callbacks(
            {.joined = [&](const Peer& peer) { events.push_back("joined " + peer.id); },
             .left = [&](const Peer& peer) { events.push_back("left " + peer.id); }});
        co_await node.start();
        node.manage_peers(briskly);
        {
            UdpNode polite(local("polite", node.port()));
            co_await polite.start();
            polite.manage_peers(briskly);
            EXPECT_TRUE(co_await until([&] { return node.peers().size() == 1; }));
            EXPECT_FALSE(node.subscribe("news", at(polite)));
            EXPECT_EQ(node.subscriber_count("news"), 1u);
            polite.stop();
            EXPECT_TRUE(co_await until([&] { return node.peers().empty(); }));
            EXPECT_EQ(node.subscriber_count("news"), 0u);
        }
        EXPECT_EQ(events, (std::vector<std::string>{"joined polite", "left polite"}));
    }());
}

TEST(UdpNode, ForgetsPeersThatFallSilent) {
    run([]() -> awaitable<void> {
        UdpNode node(local("stays"));
        co_await node.start();
        node.manage_peers(briskly);
        RawNode silent;
        silent.send(node.port(), encoded(OwnedMessage(MessageType::advertise_peer, "netaio",
                                                      *DefaultPeer().pack({.id = "silent"}))));
        EXPECT_TRUE(co_await until([&] { return node.peers().size() == 1; }));
        EXPECT_TRUE(co_await until([&] { return node.peers().empty(); }));
    }());
}

TEST(UdpNode, HasItsPortsAgainWhenItStartsAnew) {
    run([]() -> awaitable<void> {
        UdpNode node(local("again"));
        co_await node.start();
        // Its sockets wait for datagrams by now.
        co_await pause(20ms);
        const std::vector<Address> before = node.endpoints();
        UdpNodeOptions same = local("again", node.port());
        node.stop();
        UdpNode anew(std::move(same));
        co_await anew.start();
        EXPECT_EQ(anew.endpoints(), before);
    }());
}

TEST(UdpNode, MulticastsToAllButItself) {
    run([]() -> awaitable<void> {
        UdpNode first(local("first"));
        co_await first.start();
        UdpNode second(local("second", first.port()));
        co_await second.start();
        int own = 0;
        int others = 0;
        first.on(MessageType::publish_uri, [&] { ++own; });
        second.on(MessageType::publish_uri, [&] { ++others; });
        EXPECT_FALSE(first.multicast(publish("hello", "all")));
        EXPECT_TRUE(co_await until([&] { return others == 1; }));
        EXPECT_EQ(own, 0);
    }());
}

TEST(UdpNode, KeepsAMessageWhileItsHandlerRunsTheLoop) {
    boost::asio::io_context
        context;  // one for a single thread keeps what is posted from nested runs
    UdpNode sender(context.get_executor(), local("sender"));
    UdpNode node(context.get_executor(), local("node"));
    int begun = 0;
    int ended = 0;
    node.on(MessageType::publish_uri, [&](const Message& message) {
        const std::string content = message.content().str();
        if (++begun < 3) {
            EXPECT_FALSE(sender.send(at(node), publish("x", std::to_string(begun))));
            EXPECT_TRUE(run_until(context, [&] { return ended > 0; }));
        }
        EXPECT_EQ(message.content(), content);
        ++ended;
    });
    node.start(boost::asio::detached);
    sender.start(boost::asio::detached);
    EXPECT_TRUE(run_until(context, [&] { return !sender.endpoints().empty(); }));
    EXPECT_FALSE(sender.send(at(node), publish("x", "0")));
    EXPECT_TRUE(run_until(context, [&] { return ended == 3; }));
}

TEST(UdpNode, NotifiesSubscribersUntilTheyUnsubscribe) {
    run([]() -> awaitable<void> {
        UdpNode server(local("server"));
        UdpNode client(local("client"));
        server.on(MessageType::subscribe_uri, [&](const Message& message, const Address& from) {
            server.subscribe(message.uri(), from);
            return confirm_subscribe(message.uri());
        });
        int notified = 0;
        client.on(MessageType::notify_uri, [&] { ++notified; });
        co_await server.start();
        co_await client.start();
        const auto confirmed =
            co_await client.exchange(at(server), MessageType::subscribe_uri, "news", "");
        EXPECT_EQ(confirmed.type(), MessageType::confirm_subscribe);
        EXPECT_FALSE(server.notify("news", notify("news", "1")));
        EXPECT_TRUE(co_await until([&] { return notified == 1; }));
        EXPECT_TRUE(server.unsubscribe("news", at(client)));
        EXPECT_FALSE(server.unsubscribe("news", at(client)));
        EXPECT_FALSE(server.notify("news", notify("news", "2")));
        co_await pause(20ms);
        EXPECT_EQ(notified, 1);
    }());
}

TEST(UdpNode, ProtectsWithBothLayers) {
    run([]() -> awaitable<void> {
        auto options = local("server");
        options.auth = hmac_auth({.secret = "outer"});
        options.cipher = stream_cipher({.key = "outer"});
        const auto admin = hmac_auth({.secret = "inner", .hmac_field = "camh"});
        UdpNode server(options);
        UdpNode client(options);
        server.on(MessageType::request_uri, {.auth = admin},
                  [](const Message& message) { return respond(message.uri(), "secret"); });
        co_await server.start();
        co_await client.start();
        const auto reply = co_await client.request(at(server), "x", {.auth = admin});
        EXPECT_EQ(reply.content(), "secret");
        // The refusal carries the outer tag, so it is believed.
        const auto refused = co_await client.request(at(server), "x", {.timeout = 1h});
        EXPECT_EQ(refused.type(), MessageType::auth_error);
        EXPECT_EQ(server.counters().rejected_auth, 1u);
    }());
}

TEST(UdpNode, RefusesWhatIsTooLargeBeforeSending) {
    run([]() -> awaitable<void> {
        LogLines lines;
        auto options = local("node");
        options.datagram_max = 1000;
        options.environment.log = lines.log();
        UdpNode node(options);
        co_await node.start();
        EXPECT_FALSE(node.send(at(node), notify("x", std::string(900, 'x'))));
        EXPECT_EQ(node.send(at(node), notify("x", std::string(1000, 'x'))), Errc::too_large);
        EXPECT_TRUE(lines.contains("above datagram_max, 1000"));
        const auto [error, nothing] =
            co_await node.request(at(node), "x", std::string(2000, 'x'), {}, as_result);
        EXPECT_EQ(error, Errc::too_large);
    }());
}

TEST(UdpNode, DropsGarbageAndGoesOn) {
    run([]() -> awaitable<void> {
        UdpNode node(local("node"));
        UdpNode client(local("client"));
        echo(node);
        co_await node.start();
        co_await client.start();
        RawNode raw;
        for (const std::string& garbage :
             {std::string(), std::string("x"), std::string(9, '\xff'), std::string(65000, '\0'),
              std::string("\x00\xff\xff\xff\xff\x00\x00\x00\x00", 9),
              std::string("\x19\x00\x03\x00\x00\x00\x00\x00\x00\x4d\x40\x00", 12)}) {
            raw.send(node.port(), garbage);
        }
        EXPECT_TRUE(co_await until([&] {
            const auto counted = node.counters();
            return counted.rejected_malformed + counted.rejected_checksum >= 6;
        }));
        EXPECT_EQ((co_await client.request(at(node), "x", "fine")).content(), "fine");
    }());
}

TEST(UdpNode, NeverSendsMoreToAStrangerThanCame) {
    run([]() -> awaitable<void> {
        auto options = local("node");
        options.auth = hmac_auth({.secret = "test"});
        options.replies_per_second = 3;
        UdpNode node(options);
        co_await node.start();
        RawNode raw;
        // Room for the refusal, and none.
        raw.send(node.port(), encoded(OwnedMessage(MessageType::request_uri, "x", "")));
        const std::string request =
            encoded(OwnedMessage(MessageType::request_uri, "x", std::string(50, 'x')));
        for (int i = 0; i < 20; ++i) {
            raw.send(node.port(), request);
        }
        EXPECT_TRUE(co_await until([&] { return node.counters().rejected_auth == 21; }));
        int answers = 0;
        while (const auto answer = raw.receive(50ms)) {
            EXPECT_LE(answer->size(), request.size());
            ++answers;
        }
        EXPECT_GE(answers, 1);
        EXPECT_LE(answers, 4);
        EXPECT_GE(node.counters().replies_withheld, 17u);
    }());
}

TEST(UdpNode, BelievesNoForgedDisconnectWhereManagementHasAuth) {
    run([]() -> awaitable<void> {
        const auto management = hmac_auth({.secret = "management"});
        PeerManagementOptions managed = briskly;
        managed.peer_timeout = 10s;
        managed.plugins = {management};
        UdpNode node(local("node"));
        co_await node.start();
        UdpNode other(local("other", node.port()));
        co_await other.start();
        node.manage_peers(managed);
        other.manage_peers(managed);
        EXPECT_TRUE(co_await until([&] { return node.peers().size() == 1; }));
        // From the very address of the peer, but without the secret.
        const auto forged =
            OwnedMessage(MessageType::disconnect, "netaio", *DefaultPeer().pack({.id = "other"}));
        EXPECT_FALSE(other.send(at(node), forged));
        EXPECT_TRUE(co_await until([&] { return node.counters().rejected_auth > 0; }));
        EXPECT_EQ(node.peers().size(), 1u);
    }());
}

TEST(UdpNode, AnswersNoErrorsSoThatTwoNodesNeverLoop) {
    run([]() -> awaitable<void> {
        UdpNode first(local("first"));
        UdpNode second(local("second"));
        co_await first.start();
        co_await second.start();
        EXPECT_FALSE(first.send(at(second), not_found("x")));
        EXPECT_FALSE(first.send(at(second), OwnedMessage(MessageType::auth_error, "x", "auth")));
        EXPECT_FALSE(first.send(at(second),
                                OwnedMessage(MessageType::request_uri, "x", std::string(90, 'x'))));
        EXPECT_TRUE(co_await until([&] { return first.counters().frames_in == 1; }));
        co_await pause(50ms);
        EXPECT_EQ(first.counters().frames_in, 1u);   // the NOT_FOUND for the request
        EXPECT_EQ(second.counters().frames_in, 3u);  // nothing answered that
    }());
}

TEST(UdpNode, RunsOnAThreadOfItsOwnUntilStopped) {
    UdpNode node(local("node", 38417));
    const Address where = *Address::parse("127.0.0.1", 38417);
    echo(node);
    node.on({MessageType::request_uri, "stop"}, [&] { node.stop(); });
    std::thread thread([&] { node.run(); });
    run([](Address to) -> awaitable<void> {
        UdpNode client(local("client"));
        co_await client.start();
        bool answered = false;
        for (int i = 0; i < 500 && !answered; ++i) {
            const auto [error, reply] =
                co_await client.request(to, "x", {.timeout = 20ms}, as_result);
            answered = !error && reply.type() == MessageType::respond_uri;
        }
        EXPECT_TRUE(answered);
        EXPECT_FALSE(client.send(to, request("stop")));
        co_await pause(1ms);
    }(where));
    thread.join();
    EXPECT_EQ(node.port(), 0);
}

TEST(UdpNode, SaysWhatIsWrongWithOptions) {
    UdpNodeOptions options;
    options.group4 = "192.168.1.1";
    EXPECT_THROW(UdpNode{options}, std::invalid_argument);
    options = {};
    options.group6 = "fe80::1";
    EXPECT_THROW(UdpNode{options}, std::invalid_argument);
    options = {};
    options.ipv4 = options.ipv6 = false;
    EXPECT_THROW(UdpNode{options}, std::invalid_argument);
    UdpNode nameless;
    EXPECT_THROW(nameless.manage_peers(), std::logic_error);
    UdpNode named(local("named"));
    EXPECT_THROW(named.manage_peers({.advertise_every = 0ms}), std::invalid_argument);
    EXPECT_THROW(named.manage_peers({.advertise_every = 2s, .peer_timeout = 1s}),
                 std::invalid_argument);
    EXPECT_THROW(named.manage_peers({.plugins = {nullptr, stream_cipher({.key = "x"})}}),
                 std::invalid_argument);
}

}  // namespace
}  // namespace netaio
