#include <boost/asio/co_spawn.hpp>

#include "relay_testbed.hpp"

/// What programs, clients and servers do that mean no good, or end at any moment.
namespace netaio::daemon {
namespace {

using namespace test;

class RelayHostileTest : public RelayTest {
public:
    // A server of the network that grants subscriptions, and answers when it is told to.
    void open_hub() {
        hub.emplace(network.executor(), network.options(TcpServerOptions(), "hub"));
        hub->on({request_uri, "slow"}, [this](const Message&, Connection&, Answer answer) {
            held.push_back(std::move(answer));
        });
        hub->on({request_uri, "now"}, [] { return "now"; });
        hub->grant_subscriptions();
        ASSERT_FALSE(hub->start());
        options.servers["hub"] = {TestNetwork::address("hub").str()};
        restart();
    }
    void ask(TestProgram& program, OwnedMessage message, std::string_view to) {
        message.auth().set("@", to);
        program.client.exchange(std::move(message), {.timeout = 1h},
                                [this](std::error_code, auto&&) { ++ended; });
    }
    MessageType say(TestProgram& program, OwnedMessage message, std::string_view to) {
        return program.exchange(std::move(message), to).type();
    }

    std::optional<TcpServer> hub;
    std::vector<Answer> held;
    int ended = 0;
};

TEST_F(RelayHostileTest, NothingIsLeftOfARelayWithQuestionsUnderWay) {
    open_hub();
    TestProgram kitchen(network, "kitchen");
    TestProgram hall(network, "hall");
    std::vector<Answer> kept;
    kitchen.client.on(request_uri, [&](const Message&, Connection&, Answer answer) {
        kept.push_back(std::move(answer));
    });
    kitchen.serve(request_uri, "lamp");
    EXPECT_EQ(say(hall, OwnedMessage(subscribe_uri, "news"), "server:hub"),
              MessageType::confirm_subscribe);
    ask(hall, request("slow"), "server:hub");
    ask(hall, request("lamp"), "app:kitchen");
    int remote_ended = 0;
    remote().request("lamp", {.timeout = 1h}, [&](std::error_code, auto&&) { ++remote_ended; });
    network.run();
    EXPECT_EQ(kept.size(), 2u);
    const std::weak_ptr<Relay> gone = relay;
    relay.reset();
    EXPECT_TRUE(gone.expired());
    EXPECT_FALSE(hub->notify("news", notify("news", "late")));
    held.clear();
    network.run();
    EXPECT_EQ(hub->connection_count(), 0u);
    EXPECT_EQ(ended, 2);
    EXPECT_EQ(remote_ended, 1);
    network.advance(2h);
    EXPECT_EQ(ended, 2);
}

TEST_F(RelayHostileTest, ProgramsThatGoFreeTheirPlacesWhateverIsUnderWay) {
    open_hub();
    options.quota.connections = 1;
    restart();
    for (int i = 0; i < 5; ++i) {
        TestProgram kitchen(network, "kitchen");
        ask(kitchen, request("slow"), "server:hub");
        network.run();
        kitchen.client.close_all();
        network.run();
    }
}

TEST_F(RelayHostileTest, WhatAppsAskEachOtherIsAnsweredBeforeTheDaemonEnds) {
    TestProgram kitchen(network, "kitchen");
    TestProgram hall(network, "hall");
    std::vector<Answer> kept;
    kitchen.client.on(request_uri, [&](const Message&, Connection&, Answer answer) {
        kept.push_back(std::move(answer));
    });
    kitchen.serve(request_uri, "lamp");
    const auto ask_lamp = [&](std::string& answer) {
        hall.client.exchange(request("lamp"), {.timeout = 1h},
                             [&](std::error_code error, const OwnedMessage& m) {
                                 answer = error ? error.message() : m.content().str();
                             });
        network.run();
    };
    std::string first;
    std::string second;
    ask_lamp(first);
    ask_lamp(second);
    ASSERT_EQ(kept.size(), 2u);
    bool stopped = false;
    boost::asio::co_spawn(network.executor(), relay->stop(5s),
                          [&](const std::exception_ptr&) { stopped = true; });
    network.run();
    EXPECT_FALSE(stopped);
    kept[0]("on");
    network.run();
    EXPECT_EQ(first, "on");
    EXPECT_FALSE(stopped);
    // Who does not answer is not waited for any longer.
    network.advance(6s);
    EXPECT_TRUE(stopped);
    EXPECT_NE(second, "");
    kept.clear();
}

TEST_F(RelayHostileTest, ANameThatWasRefusedIsNotKept) {
    TestProgram kitchen(network, "kitchen");
    std::vector<std::string> from;
    kitchen.client.on(request_uri, [&](const Message& m) { return from = origin_in(m), "yes"; });
    kitchen.serve(request_uri, "lamp");
    TestProgram liar(network);
    // There is no UDP for its peers.
    EXPECT_EQ(liar.ask(create_uri, "netaiod/app", Dict{{"name", "bank"}, {"app_id", "x"}}).type(),
              MessageType::not_permitted);
    EXPECT_EQ(liar.ask(create_uri, "netaiod/app", Dict{{"name", "liar"}}).type(), MessageType::ok);
    EXPECT_EQ(liar.exchange(request("lamp")).content(), "yes");
    EXPECT_EQ(std::ranges::count(from, "app:bank"), 0);
    EXPECT_EQ(std::ranges::count(from, "app:liar"), 2);
}

TEST_F(RelayHostileTest, NobodyAnswersForAnother) {
    TestProgram kitchen(network, "kitchen");
    TestProgram liar(network, "liar");
    std::string client;
    kitchen.client.on(request_uri, [&](const Message& m) -> awaitable<std::string> {
        client = origin_in(m)[0];
        co_await netaio::sleep(1s);
        co_return "true";
    });
    kitchen.serve(request_uri, "lamp");
    std::string answer;
    remote().request("lamp", {.timeout = 1h}, [&](std::error_code error, const OwnedMessage& m) {
        answer = error ? error.message() : m.content().str();
    });
    network.run();
    for (const auto type : {respond_uri, MessageType::not_found, MessageType::disconnect}) {
        OwnedMessage forged(type, "lamp", "forged");
        forged.auth().set("@", client);
        EXPECT_FALSE(liar.client.send(forged));
        network.run();
    }
    EXPECT_EQ(answer, "");
    network.advance(2s);
    EXPECT_EQ(answer, "true");
    // Nor does anybody get what answers others.
    EXPECT_EQ(liar.serve(respond_uri, "lamp").type(), MessageType::ok);
    EXPECT_TRUE(relay->status().apps.back().keys.empty() ||
                relay->status().apps.front().keys.empty());
}

TEST_F(RelayHostileTest, NobodyAnswersAboutAnotherUri) {
    TestProgram kitchen(network, "kitchen");
    TestProgram liar(network, "liar");
    liar.client.on(request_uri, [] { return OwnedMessage(respond_uri, "lamp", "forged"); });
    liar.serve(request_uri, "evil");
    EXPECT_EQ(asked("evil"), "ERROR the program answered about another uri");
    const auto answer = kitchen.exchange(request("evil"));
    EXPECT_EQ(answer.type(), MessageType::error);
    EXPECT_EQ(answer.uri(), "evil");
}

TEST_F(RelayHostileTest, WhatItsFieldDoesNotSayGoesNowhere) {
    TestProgram kitchen(network, "kitchen");
    kitchen.client.on(request_uri, [] { return "on"; });
    kitchen.serve(request_uri, "lamp");
    OwnedMessage question = request("lamp");
    question.auth().set_integer("@", 5);
    const auto refused = network.run(kitchen.client.exchange(std::move(question)));
    EXPECT_EQ(refused.type(), MessageType::error);
    EXPECT_EQ(refused.content(), "the field @ does not say where to");
    for (const auto to : {"peers:x", "group:x", "nowhere"}) {
        EXPECT_EQ(kitchen.exchange(request("lamp"), to).content(), refused.content()) << to;
    }
}

TEST_F(RelayHostileTest, AQuestionGoesToOneThatThereIs) {
    TestProgram kitchen(network, "kitchen");
    for (const auto to : {"peers:", "group:", "subscribers:news"}) {
        const auto refused = kitchen.exchange(request("lamp"), to);
        EXPECT_EQ(refused.type(), MessageType::error) << to;
        EXPECT_EQ(refused.content(), "a question goes to one, and not to " + std::string(to));
    }
    const auto refused = kitchen.exchange(request("lamp"), "server:nowhere");
    EXPECT_EQ(refused.type(), MessageType::error);
    EXPECT_EQ(refused.content(), "there is no [servers.nowhere]");
}

TEST_F(RelayHostileTest, ASubscriptionUnderWayEndsWithItsProgram) {
    open_hub();
    options.servers["late"] = {TestNetwork::address("late").str()};
    restart();
    auto kitchen = std::make_optional<TestProgram>(network, "kitchen");
    ask(*kitchen, OwnedMessage(subscribe_uri, "news"), "server:late");
    network.run();
    kitchen.reset();
    network.run();
    TcpServer late(network.executor(), network.options(TcpServerOptions(), "late"));
    late.grant_subscriptions();
    ASSERT_FALSE(late.start());
    network.advance(30s);
    EXPECT_EQ(late.connection_count(), 1u);
    EXPECT_EQ(late.subscriber_count("news"), 0u);
    EXPECT_EQ(relay->upstreams().subscription_count(), 0u);
}

TEST_F(RelayHostileTest, WhoSubscribesWhileAnotherEndsThatStaysSubscribed) {
    open_hub();
    TestProgram kitchen(network, "kitchen");
    TestProgram hall(network, "hall");
    EXPECT_EQ(say(kitchen, OwnedMessage(subscribe_uri, "news"), "server:hub"),
              MessageType::confirm_subscribe);
    int told = 0;
    hall.client.on(notify_uri, [&] { ++told; });
    ask(hall, OwnedMessage(subscribe_uri, "news"), "server:hub");
    ask(kitchen, OwnedMessage(unsubscribe_uri, "news"), "server:hub");
    network.run();
    EXPECT_EQ(ended, 2);
    EXPECT_FALSE(hub->notify("news", notify("news", "now")));
    network.run();
    EXPECT_EQ(told, 1);
}

TEST_F(RelayHostileTest, SubscriptionsAtServersCountAsRegistrations) {
    open_hub();
    options.quota.app.registrations = 2;
    restart();
    TestProgram kitchen(network, "kitchen");
    const auto subscribe = [&](std::string_view uri) {
        return say(kitchen, OwnedMessage(subscribe_uri, uri), "server:hub");
    };
    EXPECT_EQ(subscribe("a"), MessageType::confirm_subscribe);
    EXPECT_EQ(subscribe("a"), MessageType::confirm_subscribe);
    EXPECT_EQ(subscribe("b"), MessageType::confirm_subscribe);
    EXPECT_EQ(subscribe("c"), MessageType::not_permitted);
    EXPECT_EQ(hub->subscriber_count("c"), 0u);
    EXPECT_EQ(say(kitchen, OwnedMessage(unsubscribe_uri, "a"), "server:hub"),
              MessageType::confirm_unsubscribe);
    EXPECT_EQ(subscribe("c"), MessageType::confirm_subscribe);
}

// Else a program would connect as the daemon: to its very socket, or to whatever else trusts it.
TEST_F(RelayHostileTest, NobodyHasTheDaemonConnectToWhatIsKnownByAName) {
    open_hub();
    TestProgram kitchen(network, "kitchen");
    const std::string app = *pack(Dict{{"name", "daemon"}});
    for (const auto to : {"memory:netaiod", "memory:hub", "unix:/run/netaio/netaiod.sock"}) {
        const auto refused = kitchen.exchange(OwnedMessage(create_uri, "netaiod/app", app), to);
        EXPECT_EQ(refused.type(), MessageType::not_permitted) << to;
        EXPECT_EQ(refused.content(),
                  "netaiod connects to no socket that a program names: an administrator names it "
                  "in [servers]");
        OwnedMessage news = notify("news", "now");
        news.auth().set("@", to);
        EXPECT_FALSE(kitchen.client.send(news));
        network.run();
    }
    EXPECT_EQ(relay->upstreams().size(), 0u);
    EXPECT_EQ(hub->connection_count(), 0u);
    EXPECT_EQ(relay->registry().apps().size(), 1u);
}

TEST_F(RelayHostileTest, AddressesAreReachedOnlyWhereThatIsAllowed) {
    open_hub();
    options.any_address = false;
    restart();
    TestProgram kitchen(network, "kitchen");
    std::string client;
    kitchen.client.on(request_uri, [&](const Message& m) { return client = origin_in(m)[0]; });
    kitchen.serve(request_uri, "lamp");
    for (const auto to : {"tcp:127.0.0.1:1", "127.0.0.1:1", "udp:127.0.0.1:1"}) {
        EXPECT_EQ(say(kitchen, request("now"), to), MessageType::not_permitted) << to;
    }
    EXPECT_EQ(relay->upstreams().size(), 0u);
    EXPECT_EQ(say(kitchen, request("now"), "server:hub"), MessageType::respond_uri);
    // Who came may be told.
    asked("lamp");
    int told = 0;
    remote().on(notify_uri, [&] { ++told; });
    remote().start_receive_loop();
    OwnedMessage news = notify("news", "now");
    news.auth().set("@", client);
    EXPECT_FALSE(kitchen.client.send(news));
    network.run();
    EXPECT_EQ(told, 1);
}

TEST_F(RelayHostileTest, SubscribersAreBoundedAndForgottenWithTheirConnections) {
    options.quota.app.registrations = 2;
    restart();
    TestProgram kitchen(network, "kitchen");
    kitchen.serve(subscribe_uri, "", "prefix");
    std::vector<MessageType> said;
    kitchen.client.on(subscribe_uri, [&](const Message& m) -> awaitable<std::string> {
        const Dict who{{"key", Bytes(m.uri().str())}, {"who", Bytes(origin_in(m)[0])}};
        const auto reply =
            co_await kitchen.client.exchange(create_uri, "netaiod/subscriber", *pack(Value(who)));
        said.push_back(reply.type());
        co_return "";
    });
    for (int i = 0; i < 3; ++i) {
        network.run(remote().subscribe("a"));
        network.run(remote().subscribe("b"));
        remote_.reset();
        network.run();
    }
    const auto ok = MessageType::ok;
    const auto no = MessageType::not_permitted;
    EXPECT_EQ(said, (std::vector{ok, no, ok, no, ok, no}));
}

TEST_F(RelayHostileTest, WhoDoesNotReadFillsNoMoreThanItsUserMay) {
    options.quota.user.queued_bytes = 1 << 20;
    options.quota.app.queued_bytes = 1 << 20;
    restart();
    TestProgram kitchen(network, "kitchen");
    std::vector<std::unique_ptr<TestProgram>> deaf;
    for (int i = 0; i < 4; ++i) {
        deaf.push_back(std::make_unique<TestProgram>(network, "deaf" + std::to_string(i)));
        deaf.back()->client.stop_all_receive_loops();
    }
    const std::string much(50'000, 'x');
    for (int i = 0; i < 200; ++i) {
        for (std::size_t each = 0; each < deaf.size(); ++each) {
            OwnedMessage news = notify("news", much);
            news.auth().set("@", "app:deaf" + std::to_string(each));
            (void)kitchen.client.send(news);
        }
        network.run();
    }
    std::size_t waits = 0;
    const DaemonStatus status = relay->status();
    const auto sent =
        std::ranges::find(status.apps, "kitchen", [](const AppStatus& app) { return app.app.name; })
            ->traffic->total()
            .messages_out;
    for (const AppStatus& app : status.apps) {
        waits += app.queued_bytes;
        const bool is_deaf = app.app.name != "kitchen";
        EXPECT_EQ(app.traffic->total().messages_in + app.traffic->dropped(Drop::queue),
                  is_deaf ? sent / deaf.size() : 0u);
    }
    EXPECT_LT(waits, (1u << 20) + 4 * 60'000u);
}

}  // namespace
}  // namespace netaio::daemon
