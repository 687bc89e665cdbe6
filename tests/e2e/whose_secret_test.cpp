#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "support/net.hpp"

/// Of several named secrets, which one a message is made with, and who goes when one is dropped.
namespace netaio::whose_secret_tests {
namespace {

using namespace test;

// Protection by secrets of these names, the first of which is for strangers.
std::shared_ptr<const AuthPlugin> secrets(const std::vector<std::string>& names) {
    HmacOptions options;
    for (const std::string& name : names) {
        options.secrets.push_back({name, "secret " + name});
    }
    return hmac_auth(options);
}

struct OverTcp {
    using Server = TcpServer;
    using Client = TcpClient;

    static TcpServerOptions server() { return local_options(); }
    static TcpClientOptions client() { return {}; }
    static awaitable<Address> begin(TcpClient& client, std::uint16_t port) {
        const Address server = co_await client.connect("127.0.0.1", port);
        client.start_receive_loop();
        co_return server;
    }
};

struct OverUdp {
    using Server = UdpNode;
    using Client = UdpNode;

    static UdpNodeOptions server() { return local_node_options("server"); }
    // One that subscribes when it is told to, and at no other time.
    static UdpNodeOptions client() {
        UdpNodeOptions options = local_node_options("client");
        options.renew_subscriptions = never;
        return options;
    }
    static awaitable<Address> begin(UdpNode& client, std::uint16_t port) {
        co_await client.start();
        co_return *Address::parse("127.0.0.1", port);
    }
};

template <class Options>
Options with_auth(Options options, std::shared_ptr<const AuthPlugin> auth) {
    options.auth = std::move(auth);
    return options;
}

// Somebody with both secrets, who speaks under the one it is told to, and notes under which it is
// spoken to.
template <class Way>
struct Speaker {
    explicit Speaker(boost::asio::io_context& context)
        : client(context.get_executor(), with_auth(Way::client(), secrets({"a", "b"}))) {
        client.on(MessageType::notify_uri, [this](const Message& message) {
            news.emplace_back(message.content().str() + " by " + message.who().str());
        });
    }

    awaitable<void> begin(std::uint16_t port) { server = co_await Way::begin(client, port); }
    void speak(const std::string& name) {
        client.set_plugins({.auth = secrets({name, name == "a" ? "b" : "a"})});
    }
    awaitable<std::string> ask(MessageType type, std::string uri) {
        const RequestOptions terms{.timeout = 30s, .server = server};
        const auto answer = co_await client.exchange(type, uri, "", terms);
        co_return answer.content().str() + " by " + answer.who().str();
    }
    awaitable<void> subscribe(std::string uri = "news") {
        (void)co_await ask(MessageType::subscribe_uri, std::move(uri));
    }
    awaitable<void> expect_news(std::string last) {
        const bool came = co_await until([&] { return !news.empty() && news.back() == last; });
        EXPECT_TRUE(came) << last << ", but " << (news.empty() ? "nothing" : news.back());
    }

    typename Way::Client client;
    Address server;
    std::vector<std::string> news;
};

template <class Way>
struct WhoseSecretTest : testing::Test {
    WhoseSecretTest()
        : server(context.get_executor(), with_auth(Way::server(), secrets({"a", "b"}))),
          one(context),
          other(context) {
        server.grant_subscriptions();
        server.on(MessageType::request_uri, [] { return "answer"; });
    }

    void in_loop(std::function<awaitable<void>()> body) {
        EXPECT_FALSE(server.start());
        boost::asio::co_spawn(
            context,
            [&]() -> awaitable<void> {
                co_await one.begin(server.port());
                co_await other.begin(server.port());
                co_await body();
            },
            [&](std::exception_ptr failure) {
                context.stop();
                if (failure) std::rethrow_exception(failure);
            });
        context.run();
    }

    boost::asio::io_context context{1};
    typename Way::Server server;
    Speaker<Way> one;
    Speaker<Way> other;
};

struct NamesOfWays {
    template <class Way>
    static std::string GetName(int) {
        return std::is_same_v<Way, OverUdp> ? "OverUdp" : "OverTcp";
    }
};
using BothWays = testing::Types<OverTcp, OverUdp>;
TYPED_TEST_SUITE(WhoseSecretTest, BothWays, NamesOfWays);

TYPED_TEST(WhoseSecretTest, NotificationsAreMadeWithThatOfTheSubscription) {
    this->in_loop([this]() -> awaitable<void> {
        co_await this->one.subscribe();
        this->one.speak("b");
        EXPECT_EQ(co_await this->one.ask(MessageType::request_uri, "uri"), "answer by hmac:b");
        this->server.publish("news", "1");
        co_await this->one.expect_news("1 by hmac:a");

        co_await this->one.subscribe();
        this->server.publish("news", "2");
        co_await this->one.expect_news("2 by hmac:b");
        this->one.speak("a");
        EXPECT_EQ(co_await this->one.ask(MessageType::request_uri, "uri"), "answer by hmac:a");
        this->server.publish("news", "3");
        co_await this->one.expect_news("3 by hmac:b");
    });
}

TYPED_TEST(WhoseSecretTest, NotificationsOfAPrefixAreMadeWithThatOfItsSubscription) {
    this->in_loop([this]() -> awaitable<void> {
        const RequestOptions terms{.timeout = 30s, .server = this->one.server};
        (void)co_await this->one.client.exchange(MessageType::subscribe_uri, "ne", "prefix", terms);
        this->one.speak("b");
        (void)co_await this->one.ask(MessageType::request_uri, "uri");
        this->server.publish("news", "1");
        co_await this->one.expect_news("1 by hmac:a");
        co_await this->one.subscribe();
        this->server.publish("news", "2");
        co_await this->one.expect_news("2 by hmac:b");
    });
}

TYPED_TEST(WhoseSecretTest, AnswersThatComeLaterAreMadeWithThatOfTheQuestion) {
    this->in_loop([this]() -> awaitable<void> {
        bool asked = false, answers = false;
        std::string answer;
        this->server.on({MessageType::request_uri, "slow"},
                        [&](const Message& message) -> awaitable<OwnedMessage> {
                            const std::string uri = message.uri().str();
                            asked = true;
                            EXPECT_TRUE(co_await until([&] { return answers; }));
                            co_return respond(uri, "late");
                        });
        boost::asio::co_spawn(
            this->context,
            [&]() -> awaitable<void> {
                answer = co_await this->one.ask(MessageType::request_uri, "slow");
            },
            boost::asio::detached);
        EXPECT_TRUE(co_await until([&] { return asked; }));
        this->one.speak("b");
        EXPECT_EQ(co_await this->one.ask(MessageType::request_uri, "uri"), "answer by hmac:b");
        answers = true;
        EXPECT_TRUE(co_await until([&] { return !answer.empty(); }));
        EXPECT_EQ(answer, "late by hmac:a");
    });
}

TYPED_TEST(WhoseSecretTest, AnswersThatAreKeptAreMadeWithThatOfTheQuestion) {
    this->in_loop([this]() -> awaitable<void> {
        std::optional<Answer> kept;
        std::string answer;
        this->server.on({MessageType::request_uri, "slow"},
                        [&](const Message&, Answer given) { kept = std::move(given); });
        this->one.speak("b");
        boost::asio::co_spawn(
            this->context,
            [&]() -> awaitable<void> {
                answer = co_await this->one.ask(MessageType::request_uri, "slow");
            },
            boost::asio::detached);
        EXPECT_TRUE(co_await until([&] { return kept.has_value(); }));
        (*kept)("late");
        EXPECT_TRUE(co_await until([&] { return !answer.empty(); }));
        EXPECT_EQ(answer, "late by hmac:b");
    });
}

// Whom a server does not know any more is gone, with what it subscribed to; others notice nothing.
TYPED_TEST(WhoseSecretTest, WhoeverUsedOneThatIsDroppedIsNotifiedNoMore) {
    this->in_loop([this]() -> awaitable<void> {
        co_await this->one.subscribe();
        this->other.speak("b");
        co_await this->other.subscribe();
        EXPECT_EQ(this->server.subscriber_count("news"), 2u);
        this->server.set_plugins({.auth = secrets({"b", "c"})});
        EXPECT_TRUE(co_await until([&] { return this->server.subscriber_count("news") == 1; }));
        this->server.publish("news", "1");
        co_await this->other.expect_news("1 by hmac:b");
        EXPECT_EQ(co_await this->other.ask(MessageType::request_uri, "uri"), "answer by hmac:b");
        EXPECT_TRUE(this->one.news.empty());
        if constexpr (std::is_same_v<TypeParam, OverTcp>) {
            EXPECT_TRUE(co_await until([&] { return this->server.counters().connections == 1; }));
        }
    });
}

// A connection whose subscription nobody could read any more ends, too: its client subscribes anew.
TYPED_TEST(WhoseSecretTest, ASubscriptionUnderOneThatIsDroppedEndsWhateverWasSaidSince) {
    this->in_loop([this]() -> awaitable<void> {
        co_await this->one.subscribe();
        this->one.speak("b");
        (void)co_await this->one.ask(MessageType::request_uri, "uri");
        this->server.set_plugins({.auth = secrets({"b", "c"})});
        EXPECT_TRUE(co_await until([&] { return this->server.subscriber_count("news") == 0; }));
    });
}

// Rules admit nothing of "b"; what it says changes nothing for "a".
TYPED_TEST(WhoseSecretTest, WhatRulesRefuseChangesNothing) {
    this->server.set_rules(std::make_shared<const AccessRules>(std::vector<AccessRule>{
        {.access = Access::deny, .who = {"b"}}, {.access = Access::allow, .who = {"*"}}}));
    this->in_loop([this]() -> awaitable<void> {
        this->server.on(MessageType::create_uri, [this](const Message&, const auto& from) {
            if constexpr (std::is_same_v<TypeParam, OverTcp>) {
                this->server.subscribe("news", const_cast<Connection&>(from));
            } else {
                this->server.subscribe("news", from);
            }
        });
        (void)co_await this->one.ask(MessageType::create_uri, "login");
        this->one.speak("b");
        EXPECT_EQ(co_await this->one.ask(MessageType::request_uri, "uri"),
                  "not permitted by hmac:b");
        this->server.publish("news", "1");
        co_await this->one.expect_news("1 by hmac:a");
    });
}

// The value is for those alone whom the handler's own plugin accepts.
TYPED_TEST(WhoseSecretTest, APresentValueIsNotGivenToWhomTheHandlerRefuses) {
    const Plugins inner{.auth = hmac_auth({.secret = "inner", .hmac_field = "inner"})};
    this->server.grant_subscriptions(inner);
    this->in_loop([this, inner]() -> awaitable<void> {
        this->server.publish("news", "1", {.plugins = inner});
        const RequestOptions terms{.timeout = 30s, .server = this->one.server};
        for (const char* words : {"present", "prefix present"}) {
            const auto refused = co_await this->one.client.exchange(MessageType::subscribe_uri,
                                                                    "news", words, terms);
            EXPECT_EQ(refused.type(), MessageType::auth_error);
            EXPECT_EQ(refused.content(), "HMAC auth failed");
        }
        EXPECT_EQ(this->server.subscriber_count("news"), 0u);
        RequestOptions inside = terms;
        inside.auth = inner.auth;
        const auto granted = co_await this->one.client.exchange(MessageType::subscribe_uri, "news",
                                                                "present", inside);
        EXPECT_EQ(granted.content(), "present\n1");
        EXPECT_TRUE(this->one.news.empty());
    });
}

}  // namespace
}  // namespace netaio::whose_secret_tests
