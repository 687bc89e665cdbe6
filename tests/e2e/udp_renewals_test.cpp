#include <gtest/gtest.h>

#include "support/net.hpp"

/// What a node keeps at others until it is taken back, and what it grants them.
namespace netaio {
namespace {

using namespace test;

// Asks often, so that tests need not wait.
UdpNodeOptions eager(std::string id, std::uint16_t port = 0) {
    auto options = local_node_options(std::move(id));
    options.port = port;
    options.renew_subscriptions = 50ms;
    options.renewal_backoff = {.delay = 20ms, .delay_max = 100ms};
    return options;
}

Address where_is(const UdpNode& node) {
    return *Address::parse("127.0.0.1", node.port());
}

// A port where nobody is yet.
awaitable<std::uint16_t> free_port() {
    UdpNode node(eager("for a moment"));
    co_await node.start();
    co_return node.port();
}

const PeerManagementOptions frequently{.advertise_every = 100ms, .peer_timeout = 10s};

awaitable<std::error_code> why_not(UdpNode& node, ByteView uri, SubscribeOptions options) {
    const auto [error, reply] = co_await node.subscribe(uri, options, as_result);
    co_return error;
}

TEST(UdpRenewals, IntroduceANodeToThoseInBootstrapWheneverTheyAreThere) {
    run([]() -> awaitable<void> {
        const std::uint16_t port = co_await free_port();
        auto options = eager("guest");
        options.bootstrap = {*Address::parse("127.0.0.1", port)};
        UdpNode guest(options);
        guest.manage_peers(frequently);
        co_await guest.start();
        co_await pause(50ms);
        for (const char* name : {"first", "second"}) {
            UdpNode server(eager(name, port));
            co_await server.start();
            EXPECT_EQ(server.port(), port);
            server.manage_peers(frequently);
            EXPECT_TRUE(co_await until([&] { return guest.peer(name) && server.peer("guest"); }));
            server.stop();
            EXPECT_TRUE(co_await until([&] { return !guest.peer(name); }));
        }
    }());
}

TEST(UdpRenewals, IntroduceANodeUntilThatIsTakenBack) {
    run([]() -> awaitable<void> {
        UdpNode server(eager("server"));
        UdpNode guest(eager("guest"));
        co_await server.start();
        co_await guest.start();
        server.manage_peers(frequently);
        guest.manage_peers(frequently);
        const Address to = where_is(server);
        EXPECT_FALSE(guest.keep_introduced(to));
        EXPECT_TRUE(co_await until([&] { return server.peer("guest") && guest.peer("server"); }));
        EXPECT_TRUE(guest.stop_introducing(to));
        EXPECT_FALSE(guest.stop_introducing(to));
        EXPECT_EQ(guest.keep_introduced(*Address::parse("unix:/run/x")), Errc::unsupported);
    }());
}

TEST(UdpRenewals, LeaveOutTheNodesOwnAddress) {
    run([]() -> awaitable<void> {
        LogLines lines;
        auto options = eager("node", co_await free_port());
        options.bootstrap = {*Address::parse("127.0.0.1", options.port)};
        options.environment.log = lines.log();
        UdpNode node(options);
        node.manage_peers(frequently);
        co_await node.start();
        EXPECT_TRUE(co_await until([&] { return node.counters().frames_out > 3; }));
        EXPECT_FALSE(lines.contains("another node has the id"));
    }());
}

TEST(UdpRenewals, SubscribeAgainAtANodeThatStartedAnew) {
    run([]() -> awaitable<void> {
        std::optional<UdpNode> server(std::in_place, eager("server"));
        co_await server->start();
        const std::uint16_t port = server->port();
        const Address to = where_is(*server);
        server->grant_subscriptions();
        UdpNode guest(eager("guest"));
        std::vector<std::string> notified;
        guest.on(notify_uri, [&](const Message& message) {
            notified.push_back(message.uri().str() + " " + message.content().str());
        });
        co_await guest.start();
        co_await guest.subscribe("lamp", {.server = to});
        co_await guest.subscribe("room/", {.prefix = true, .server = to});
        server.emplace(eager("another", port));
        server->grant_subscriptions();
        co_await server->start();
        EXPECT_TRUE(co_await until([&] {
            server->notify("lamp", notify("lamp", "on"));
            server->notify("room/a", notify("room/a", "1"));
            return std::ranges::count(notified, "lamp on") > 0 &&
                   std::ranges::count(notified, "room/a 1") > 0;
        }));
        // Until it is taken back.
        co_await guest.unsubscribe("lamp", {.server = to});
        co_await pause(300ms);
        EXPECT_EQ(server->subscriber_count("lamp"), 0u);
    }());
}

TEST(UdpRenewals, TellOfASubscriptionThatIsRefused) {
    run([]() -> awaitable<void> {
        UdpNode server(eager("server"));
        server.grant_subscriptions();
        co_await server.start();
        LogLines lines;
        auto options = eager("guest");
        options.environment.log = lines.log();
        std::optional<UdpNode> guest(std::in_place, options);
        std::string lost;
        guest->set_subscription_lost_handler(
            [&](const Address& from, ByteView uri, const Message& answer) {
                EXPECT_EQ(from, where_is(server));
                lost = uri.str() + " " + answer.content().str();
                guest.reset();  // as it may
            });
        co_await guest->start();
        co_await guest->subscribe("lamp", {.server = where_is(server)});
        server.on(subscribe_uri,
                  [](const Message&) -> Reply { throw Refusal::not_permitted("not any more"); });
        EXPECT_TRUE(co_await until([&] { return !lost.empty(); }));
        EXPECT_EQ(lost, "lamp not any more");
        EXPECT_TRUE(lines.contains("no longer subscribed to 'lamp'"));
        EXPECT_FALSE(guest);
    }());
}

TEST(UdpGrants, ArePrefixesAndPresentValuesButNotBothTogether) {
    run([]() -> awaitable<void> {
        UdpNode server(local_node_options("server"));
        UdpNode guest(local_node_options("guest"));
        server.grant_subscriptions();
        EXPECT_FALSE(server.publish("lamp", "off"));
        EXPECT_FALSE(server.publish("lamp", "on"));
        co_await server.start();
        co_await guest.start();
        std::vector<std::string> notified;
        guest.on(notify_uri, [&](const Message& message) {
            notified.push_back(message.uri().str() + " " + message.content().str());
        });
        const Address to = where_is(server);
        const auto confirmed = co_await guest.subscribe("lamp", {.present = true, .server = to});
        EXPECT_EQ(confirmed.content(), "present\non");
        EXPECT_EQ(notified, std::vector<std::string>{"lamp on"});
        co_await guest.subscribe("la", {.prefix = true, .server = to});
        const SubscribeOptions both{.prefix = true, .present = true, .server = to};
        EXPECT_EQ(co_await why_not(guest, "l", both), Errc::unsupported);
        EXPECT_FALSE(server.publish("lamp", "dim"));
        EXPECT_TRUE(co_await until([&] { return notified.size() == 2; }));
        EXPECT_TRUE(server.withdraw("lamp"));
        EXPECT_FALSE(server.withdraw("lamp"));
        EXPECT_TRUE(co_await until([&] { return notified.size() == 3; }));
        EXPECT_EQ(notified, (std::vector<std::string>{"lamp on", "lamp dim", "lamp "}));
        co_await guest.unsubscribe("la", {.prefix = true, .server = to});
        co_await guest.unsubscribe("lamp", {.server = to});
        EXPECT_FALSE(server.publish("lamp", "on"));
        EXPECT_FALSE(server.subscribe_prefix("l", where_is(guest)));
        EXPECT_TRUE(server.unsubscribe_prefix("l", where_is(guest)));
        co_await pause(20ms);
        EXPECT_EQ(notified.size(), 3u);
    }());
}

TEST(UdpGrants, AreNoneOfWhatAServerDoesNotKnow) {
    run([]() -> awaitable<void> {
        UdpNode server(local_node_options("server"));
        UdpNode guest(local_node_options("guest"));
        std::vector<std::string> ended;
        server.on(subscribe_uri, [](const Message& asked) { return asked.content(); });
        server.on(unsubscribe_uri, [&](const Message& asked) {
            ended.push_back(asked.content().str());
            return reply();
        });
        co_await server.start();
        co_await guest.start();
        const Address to = where_is(server);
        EXPECT_EQ(co_await why_not(guest, "a", {.prefix = true, .server = to}), Errc::unsupported);
        EXPECT_EQ(co_await why_not(guest, "a", {.present = true, .server = to}), Errc::unsupported);
        EXPECT_TRUE(co_await until([&] { return ended.size() == 2; }));
        EXPECT_EQ(ended, (std::vector<std::string>{"prefix", ""}));
    }());
}

TEST(UdpRenewals, SayWhatIsWrongWithTheirOptions) {
    auto options = local_node_options("node");
    options.bootstrap = {*Address::parse("unix:/run/x")};
    EXPECT_THROW(UdpNode{options}, std::invalid_argument);
    options.bootstrap = {*Address::parse("127.0.0.1", 0)};
    EXPECT_THROW(UdpNode{options}, std::invalid_argument);
    options.bootstrap = {*Address::parse("127.0.0.1:1"), *Address::parse("127.0.0.1:2")};
    options.introductions_max = 1;
    EXPECT_THROW(UdpNode{options}, std::invalid_argument);
    options.introductions_max = 2;
    EXPECT_NO_THROW(UdpNode{options});
    for (const Backoff& none :
         {Backoff{.delay = 0ms}, Backoff{.factor = 0.9}, Backoff{.delay_max = 0ms}}) {
        options.renewal_backoff = none;
        EXPECT_THROW(UdpNode{options}, std::invalid_argument);
    }
}

}  // namespace
}  // namespace netaio
