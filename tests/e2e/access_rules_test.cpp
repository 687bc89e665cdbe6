#include <gtest/gtest.h>

#include <netaio/testing.hpp>
#include <netaio/timer.hpp>

#include "support/naming_auth.hpp"
#include "support/net.hpp"

/// Rules of servers and nodes: who gets an answer, and who is notified of what.
namespace netaio {
namespace {

using namespace test;
using Seen = std::vector<std::pair<std::string, std::string>>;
using Rules = std::vector<AccessRule>;

constexpr auto allow = Access::allow;
constexpr auto deny = Access::deny;

std::shared_ptr<const AccessRules> shared(Rules rules) {
    return std::make_shared<const AccessRules>(std::move(rules));
}

// Alice may do anything, everybody else may read below room/ but for its secret.
std::shared_ptr<const AccessRules> rooms() {
    return shared({{.access = allow, .who = {"test:alice"}},
                   {.access = deny, .who = {"*"}, .uris = {"room/secret"}},
                   {.access = allow, .who = {"*"}, .types = reading(), .prefixes = {"room/"}}});
}

class AccessRulesTest : public ::testing::Test {
protected:
    // A client of that name.
    struct Known {
        Known(AccessRulesTest& test, std::string name)
            : client(test.network.executor(),
                     test.network.options(TcpClientOptions{.auth = named(std::move(name))})) {
            client.on(notify_uri, [this](const Message& message) {
                seen.emplace_back(message.uri(), message.content());
            });
            client.on(MessageType::not_permitted,
                      [this](const Message& message) { ended.push_back(message.uri().str()); });
            test.network.run(client.connect(test.network.address()));
            client.start_receive_loop();
        }

        TcpClient client;
        Seen seen;
        std::vector<std::string> ended;
    };

    AccessRulesTest() {
        TcpServerOptions options{.auth = named(), .rules = rooms()};
        options.environment.log = lines.log();
        server.emplace(network.executor(), network.options(std::move(options)));
        server->grant_subscriptions();
        server->on(request_uri, [] { return "content"; });
        server->on(update_uri, [] {});
        EXPECT_FALSE(server->start());
        alice.emplace(*this, "alice");
        bob.emplace(*this, "bob");
    }
    MessageType subscribe(Known& who, ByteView uri, const SubscribeOptions& options = {}) {
        return network.run(who.client.subscribe(uri, options), 20s).type();
    }
    void settle() { network.advance(1s); }

    LogLines lines;
    TestNetwork network;
    std::optional<TcpServer> server;
    std::optional<Known> alice, bob;
};

TEST_F(AccessRulesTest, AnswerWhoMayAndRefuseWhoMayNot) {
    EXPECT_EQ(network.run(alice->client.update("room/a", "1")).type(), MessageType::ok);
    EXPECT_EQ(network.run(bob->client.update("room/a", "1")).type(), MessageType::not_permitted);
    EXPECT_EQ(network.run(bob->client.request("room/a")).content(), "content");
    EXPECT_EQ(network.run(bob->client.request("room/secret")).type(), MessageType::not_permitted);
    EXPECT_EQ(server->counters().rejected_rules, 2u);
    EXPECT_TRUE(lines.contains("'room/secret' of test:bob: rule 2 of the rules"));
}

TEST_F(AccessRulesTest, RefuseASubscriptionSoThatItLooksLikeNoGrant) {
    EXPECT_EQ(subscribe(*bob, "room/secret"), MessageType::not_permitted);
    EXPECT_EQ(subscribe(*bob, "hall/", {.prefix = true}), MessageType::not_permitted);
    EXPECT_EQ(server->subscriber_count("room/secret"), 0u);
    EXPECT_EQ(subscribe(*alice, "room/secret"), MessageType::confirm_subscribe);
    server->publish("room/secret", "1");
    settle();
    EXPECT_EQ(alice->seen, (Seen{{"room/secret", "1"}}));
    EXPECT_TRUE(bob->seen.empty());
}

TEST_F(AccessRulesTest, BringOfAPrefixWhatTheyAllow) {
    server->publish("room/a", "1");
    server->publish("room/secret", "1");
    server->publish("room/z", "1");
    EXPECT_EQ(
        network.run(bob->client.subscribe("room/", {.prefix = true, .present = true})).content(),
        "prefix present 2\n");
    EXPECT_EQ(
        network.run(alice->client.subscribe("room/", {.prefix = true, .present = true})).content(),
        "prefix present 3\n");
    for (const char* uri : {"room/secret", "room/a", "room/secret"}) server->publish(uri, "2");
    settle();
    EXPECT_EQ(bob->seen, (Seen{{"room/a", "1"}, {"room/z", "1"}, {"room/a", "2"}}));
    EXPECT_EQ(alice->seen.size(), 6u);
}

TEST_F(AccessRulesTest, EndSubscriptionsThatNewOnesDeny) {
    subscribe(*bob, "room/", {.prefix = true});
    subscribe(*bob, "room/b");
    subscribe(*alice, "room/b");
    server->set_rules(shared({{.access = allow, .who = {"test:alice"}},
                              {.access = deny, .who = {"*"}, .uris = {"room/b"}},
                              {.access = allow, .who = {"*"}, .prefixes = {"room/"}}}));
    settle();
    EXPECT_EQ(server->subscriber_count("room/b"), 1u);
    EXPECT_EQ(bob->ended, std::vector<std::string>{"room/b"});
    server->publish("room/b", "1");
    server->publish("room/secret", "1");
    settle();
    EXPECT_EQ(bob->seen, (Seen{{"room/secret", "1"}})) << "what is allowed now comes";
    EXPECT_EQ(alice->seen, (Seen{{"room/b", "1"}}));
    server->set_rules(shared({{.access = allow, .who = {"test:alice"}}}));
    settle();
    EXPECT_EQ(bob->ended, (std::vector<std::string>{"room/b", "room/"}));
    server->set_rules(nullptr);
    server->publish("room/b", "2");
    settle();
    EXPECT_EQ(bob->seen.size(), 1u) << "what ended does not come back";
    EXPECT_EQ(network.run(bob->client.update("hall", "1")).type(), MessageType::ok);
}

TEST_F(AccessRulesTest, EndSubscriptionsWithoutAnsweringWhatIsAskedMeanwhile) {
    server->on({request_uri, "room/b"}, [](const Message&) -> awaitable<std::string> {
        Timer timer(co_await boost::asio::this_coro::executor, 5s);
        co_await timer.async_wait(boost::asio::use_awaitable);
        co_return "answer";
    });
    subscribe(*bob, "room/b");
    std::string answer;
    bob->client.request("room/b", {}, [&](boost::system::error_code error, OwnedMessage reply) {
        answer = error ? error.message() : reply.content().str();
    });
    settle();
    server->set_rules(shared({}));
    settle();
    EXPECT_EQ(bob->ended, std::vector<std::string>{"room/b"});
    EXPECT_EQ(answer, "");
    network.advance(10s);
    EXPECT_EQ(answer, "answer");
}

TEST_F(AccessRulesTest, EndSubscriptionsThatKeptConnectionsAskForNoMore) {
    std::shared_ptr<Connection> connection;
    server->on(subscribe_uri, [&](const Message& asked, Connection& from) {
        connection = from.shared();
        return server->grant(asked, from);
    });
    bob->client.keep_connected(network.address());
    settle();
    for (const char* uri : {"room/", "room/b"}) subscribe(*bob, uri);
    EXPECT_EQ(subscribe(*bob, "room/", {.prefix = true}), MessageType::confirm_subscribe);
    server->set_rules(
        shared({{.access = deny, .who = {"*"}, .types = {subscribe_uri}, .uris = {"room/"}},
                {.access = allow, .who = {"*"}}}));
    settle();
    EXPECT_EQ(bob->ended, (std::vector<std::string>{"room/", "room/"}));
    connection->close();
    network.advance(20s);
    EXPECT_TRUE(bob->client.connected());
    server->publish("room/b", "1");
    settle();
    EXPECT_EQ(bob->seen, (Seen{{"room/b", "1"}})) << "what is left is subscribed to again";
}

TEST_F(AccessRulesTest, AreAClientsOwnToo) {
    subscribe(*alice, "room/", {.prefix = true});
    alice->client.set_rules(
        shared({{.access = deny, .who = {"*"}, .uris = {"room/b"}},
                {.access = allow, .who = {"*"}, .types = {notify_uri}, .prefixes = {"room/"}}}));
    for (const char* uri : {"room/a", "room/b"}) server->publish(uri, "1");
    settle();
    EXPECT_EQ(alice->seen, (Seen{{"room/a", "1"}}));
    EXPECT_EQ(alice->client.counters().rejected_rules, 1u);
    EXPECT_EQ(network.run(alice->client.request("room/b")).content(), "content");
    TcpClient closed(network.executor(), network.options(TcpClientOptions{.auth = named("alice"),
                                                                          .rules = shared({})}));
    int heard = 0;
    closed.on(notify_uri, [&] { ++heard; });
    network.run(closed.connect(network.address()));
    closed.start_receive_loop();
    network.run(closed.subscribe("room/a"));
    server->publish("room/a", "2");
    settle();
    EXPECT_EQ(heard, 0);
    closed.set_rules(nullptr);
    server->publish("room/a", "3");
    settle();
    EXPECT_EQ(heard, 1);
}

TEST_F(AccessRulesTest, HoldForSubscriptionsThatAHandlerMakesAsItIsAsked) {
    server->on(MessageType::subscribe_uri, [this](const Message& asked, Connection& from) {
        server->subscribe_prefix(asked.uri(), from);
    });
    server->on({MessageType::subscribe_uri, "room/later/"},
               [this](const Message& asked, Connection& from) -> awaitable<void> {
                   co_await pause(0ms);
                   server->subscribe_prefix(asked.uri(), from);
               });
    subscribe(*bob, "room/");
    server->publish("room/secret", "1");
    server->publish("room/a", "1");
    settle();
    EXPECT_EQ(bob->seen, (Seen{{"room/a", "1"}}));
    subscribe(*bob, "room/later/");
    server->set_rules(shared({{.access = allow, .who = {"test:alice"}}}));
    settle();
    EXPECT_EQ(bob->ended, (std::vector<std::string>{"room/", "room/later/"}));
}

TEST_F(AccessRulesTest, DoNotAskAboutWhatTheProgramSubscribesByItself) {
    server->on(MessageType::create_uri,
               [this](const Message&, Connection& from) { server->subscribe("orders", from); });
    server->set_rules(shared({{.access = allow, .who = {"*"}, .types = {create_uri}}}));
    EXPECT_EQ(network.run(bob->client.create("login", "")).type(), MessageType::ok);
    server->set_rules(shared({}));
    server->notify("orders", notify("orders", "1"));
    settle();
    EXPECT_EQ(bob->seen, (Seen{{"orders", "1"}}));
}

TEST_F(AccessRulesTest, LetHandlersBeForSome) {
    server->set_rules(nullptr);
    server->on(update_uri, prefix("room/"), {.who = "test:al*"}, [] {});
    EXPECT_EQ(network.run(alice->client.update("room/a", "1")).type(), MessageType::ok);
    EXPECT_EQ(network.run(bob->client.update("room/a", "1")).type(), MessageType::not_permitted);
    EXPECT_EQ(network.run(bob->client.update("hall", "1")).type(), MessageType::ok);
    EXPECT_THROW(server->on(update_uri, {.who = "@all"}, [] {}), std::invalid_argument);
    server->grant_subscriptions({.who = "test:alice"});
    EXPECT_EQ(subscribe(*bob, "room/a"), MessageType::not_permitted);
    EXPECT_EQ(subscribe(*alice, "room/a"), MessageType::confirm_subscribe);
}

TEST(AccessRulesOfThreads, AreReplacedWhileMessagesAreHandled) {
    auto options = local_options();
    options.threads = 2;
    options.auth = named();
    options.rules = rooms();
    TcpServer server(options);
    server.on(update_uri, [] {});
    server.grant_subscriptions();
    ASSERT_FALSE(server.start());
    BlockingClient bob({.auth = named("bob")});
    bob.connect("127.0.0.1", server.port());
    for (int i = 0; i < 100; ++i) {
        const bool open = i % 2 == 1;
        server.set_rules(open ? nullptr : rooms());
        EXPECT_EQ(bob.update("room/a", "1").type(),
                  open ? MessageType::ok : MessageType::not_permitted);
    }
    server.stop();
}

class AccessRulesOfNodes : public ::testing::Test {
protected:
    AccessRulesOfNodes() {
        auto options = local_node_options("here");
        options.auth = named();
        options.rules = rooms();
        node.emplace(context.get_executor(), options);
        node->grant_subscriptions();
        node->on(update_uri, [] {});
        EXPECT_FALSE(node->start());
        auto others = local_node_options("there");
        others.auth = named("bob");
        bob.emplace(context.get_executor(), others);
        bob->on(notify_uri, [this](const Message& message) {
            seen.emplace_back(message.uri(), message.content());
        });
        EXPECT_FALSE(bob->start());
        at = Address::parse("127.0.0.1", node->port()).value();
    }
    MessageType ask(MessageType type, ByteView uri, ByteView content = {}) {
        std::optional<MessageType> answer;
        bob->exchange(at, type, uri, content, {},
                      [&](boost::system::error_code error, OwnedMessage reply) {
                          answer = error ? MessageType::disconnect : reply.type();
                      });
        EXPECT_TRUE(run_until(context, [&] { return answer.has_value(); }));
        return answer.value_or(MessageType::disconnect);
    }

    boost::asio::io_context context;
    std::optional<UdpNode> node, bob;
    Address at;
    Seen seen;
};

TEST_F(AccessRulesOfNodes, HoldForDatagrams) {
    EXPECT_EQ(ask(update_uri, "room/a", "1"), MessageType::not_permitted);
    EXPECT_EQ(ask(subscribe_uri, "room/secret"), MessageType::not_permitted);
    EXPECT_EQ(ask(subscribe_uri, "room/", "prefix"), MessageType::confirm_subscribe);
    node->publish("room/secret", "1");
    node->publish("room/a", "1");
    EXPECT_TRUE(run_until(context, [&] { return !seen.empty(); }));
    EXPECT_EQ(seen, (Seen{{"room/a", "1"}}));
    EXPECT_EQ(node->counters().rejected_rules, 2u);
}

TEST_F(AccessRulesOfNodes, EndSubscriptionsThatNewOnesDeny) {
    EXPECT_EQ(ask(subscribe_uri, "room/a"), MessageType::confirm_subscribe);
    EXPECT_EQ(node->subscriber_count("room/a"), 1u);
    node->set_rules(shared({}));
    EXPECT_EQ(node->subscriber_count("room/a"), 0u);
    EXPECT_EQ(ask(subscribe_uri, "room/a"), MessageType::not_permitted);
    node->set_rules(nullptr);
    EXPECT_EQ(ask(update_uri, "room/a", "1"), MessageType::ok);
}

}  // namespace
}  // namespace netaio
