#include <set>

#include "relay_testbed.hpp"

namespace netaio::daemon {
namespace {

using namespace test;

TEST_F(RelayTest, BringsWhatIsAskedToItsOwner) {
    TestProgram kitchen(network, "kitchen");
    TestProgram hall(network, "hall");
    kitchen.client.on(request_uri, [](const Message& m) { return "kitchen " + m.uri().str(); });
    hall.client.on(request_uri, [](const Message& m) { return "hall " + m.uri().str(); });
    EXPECT_EQ(kitchen.serve(request_uri, "lamp").type(), MessageType::ok);
    EXPECT_EQ(hall.serve(request_uri, "hall/", "prefix").type(), MessageType::ok);
    EXPECT_EQ(asked("lamp"), "kitchen lamp");
    EXPECT_EQ(asked("hall/door"), "hall hall/door");
    EXPECT_EQ(asked("nobody's"), "NOT_FOUND not found");
    // From one to another.
    EXPECT_EQ(kitchen.exchange(request("hall/door")).content(), "hall hall/door");
    EXPECT_EQ(kitchen.exchange(request("hall/door"), "app:hall").content(), "hall hall/door");
    EXPECT_EQ(kitchen.exchange(request("lamp"), "app:cellar").type(), MessageType::not_found);
}

TEST_F(RelayTest, SaysWhereItIsFromAndPassesInnerFieldsOn) {
    TestProgram kitchen(network, "kitchen");
    std::vector<std::string> from;
    kitchen.client.on(request_uri, [&](const Message& m) {
        from = origin_in(m);
        OwnedMessage reply(respond_uri, m.uri(), m.auth().bytes("inner").value_or("none"));
        reply.auth().set("inner", "back");
        return reply;
    });
    kitchen.serve(request_uri, "lamp");
    OwnedMessage question = request("lamp");
    question.auth().set("inner", "there");
    question.auth().set("@", "forged");
    const auto reply = network.run(remote().exchange(std::move(question)));
    EXPECT_EQ(reply.content(), "there");
    EXPECT_EQ(reply.auth().bytes("inner"), "back");
    EXPECT_FALSE(reply.auth().contains("@"));
    ASSERT_EQ(from.size(), 1u);
    EXPECT_TRUE(from[0].starts_with("memory:"));
    TestProgram hall(network, "hall");
    hall.exchange(request("lamp"));
    ASSERT_EQ(from.size(), 3u);
    EXPECT_EQ(from[0], "app:hall");
    EXPECT_TRUE(from[1].starts_with("uid:"));
    EXPECT_EQ(from[2], "app:hall");
}

TEST_F(RelayTest, EachClientIsSaidToBeItselfWhoeverSpokeBefore) {
    TestProgram kitchen(network, "kitchen");
    kitchen.client.on(request_uri, [&](const Message& m) { return origin_in(m).at(0); });
    kitchen.serve(request_uri, "who");
    const auto ask = [&](TcpClient& client) {
        return network.run(client.request("who")).content().str();
    };
    const auto connected = [&] {
        auto client =
            std::make_unique<TcpClient>(network.executor(), network.options(TcpClientOptions()));
        network.run(client->connect(TestNetwork::address("machine")));
        return client;
    };
    auto a = connected();
    const auto b = connected();
    const std::string named_a = ask(*a);
    const std::string named_b = ask(*b);
    EXPECT_NE(named_a, named_b);
    EXPECT_EQ(ask(*b), named_b);
    EXPECT_EQ(ask(*a), named_a);
    a = connected();
    const std::string named_next = ask(*a);
    EXPECT_NE(named_next, named_a);
    EXPECT_NE(named_next, named_b);
    EXPECT_EQ(ask(*b), named_b);
}

TEST_F(RelayTest, WhoSpeaksAsAnotherOnTheSameConnectionIsSaidToBeThat) {
    const auto with = [](std::vector<NamedSecret> secrets) {
        return std::make_shared<HmacAuth>(HmacOptions{.secrets = std::move(secrets)});
    };
    options.tcp->auth = with({{"ann", "one"}, {"bob", "two"}});
    restart();
    TestProgram kitchen(network, "kitchen");
    kitchen.client.on(request_uri, [&](const Message& m) { return origin_in(m).back(); });
    kitchen.serve(request_uri, "who");
    const auto asked_as = [&](std::vector<NamedSecret> secrets) {
        remote().set_plugins({with(std::move(secrets)), nullptr});
        return asked("who");
    };
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(asked_as({{"ann", "one"}}), "hmac:ann");
        EXPECT_EQ(asked_as({{"ann", "one"}}), "hmac:ann");
        EXPECT_EQ(asked_as({{"bob", "two"}}), "hmac:bob");
    }
    EXPECT_EQ(relay->status().clients, 1u);
}

TEST_F(RelayTest, OneKeyHasOneOwnerUnlessAllShareIt) {
    TestProgram kitchen(network, "kitchen");
    TestProgram hall(network, "hall");
    EXPECT_EQ(kitchen.serve(request_uri, "lamp").type(), MessageType::ok);
    const auto clash = hall.serve(request_uri, "lamp");
    EXPECT_EQ(clash.type(), MessageType::not_permitted);
    EXPECT_NE(clash.content().str().find("kitchen"), std::string::npos);
    const Dict turns{{"shared", "turns"}};
    EXPECT_EQ(kitchen.serve(request_uri, "job", "uri", turns).type(), MessageType::ok);
    EXPECT_EQ(hall.serve(request_uri, "job", "uri", turns).type(), MessageType::ok);
    unsigned by_kitchen = 0;
    unsigned by_hall = 0;
    kitchen.client.on(request_uri, [&] { return ++by_kitchen, "done"; });
    hall.client.on(request_uri, [&] { return ++by_hall, "done"; });
    for (unsigned i = 0; i < 10; ++i) {
        EXPECT_EQ(asked("job"), "done");
    }
    EXPECT_EQ(by_kitchen, 5u);
    EXPECT_EQ(by_hall, 5u);
}

TEST_F(RelayTest, SaysOnceWhyItRefusesAnApp) {
    options.environment.log = log_lines.log();
    restart();
    TestProgram kitchen(network, "kitchen");
    TestProgram second(network, "kitchen");
    kitchen.serve(request_uri, "lamp");
    kitchen.serve(request_uri, "door");
    const auto told = [&](std::string_view key) {
        return log_lines.count(" is refused: the app kitchen serves REQUEST_URI '" +
                               std::string(key) + "'");
    };
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(second.serve(request_uri, "lamp").type(), MessageType::not_permitted);
    }
    EXPECT_EQ(told("lamp"), 1u);
    second.serve(request_uri, "door");
    EXPECT_EQ(told("door"), 1u);
    TestProgram third(network, "hall");
    third.serve(request_uri, "lamp");
    EXPECT_EQ(told("lamp"), 2u);
    EXPECT_TRUE(log_lines.contains("warning app hall (pid "));
    for (int i = 0; i < 3; ++i) {
        TestProgram again(network, "hall");
        again.serve(request_uri, "lamp");
    }
    EXPECT_EQ(told("lamp"), 2u) << "also when it connects anew";
    // Whoever makes up causes is not listened to for ever.
    for (int i = 0; i < 50; ++i) {
        second.serve(request_uri, "netaiod/" + std::to_string(i), "uri",
                     Dict{{"shared", std::to_string(i)}});
        const std::string uri = "taken/" + std::to_string(i);
        kitchen.serve(request_uri, uri);
        second.serve(request_uri, uri);
    }
    EXPECT_LT(log_lines.count("is refused"), 25u);
}

TEST_F(RelayTest, EverythingOfAnAppEndsWithIt) {
    auto kitchen = std::make_optional<TestProgram>(network, "kitchen");
    kitchen->serve(request_uri, "lamp");
    kitchen->client.on(request_uri, [](const Message&) -> awaitable<std::string> {
        co_await netaio::sleep(1h);
        co_return "never";
    });
    std::string answer;
    remote().request("lamp", {.timeout = 2h}, [&](std::error_code error, const OwnedMessage& m) {
        answer = error ? error.message() : m.content().str();
    });
    network.run();
    kitchen.reset();
    network.run();
    EXPECT_NE(answer.find("who was to answer has gone"), std::string::npos) << answer;
    EXPECT_EQ(asked("lamp"), "NOT_FOUND not found");
    TestProgram hall(network, "hall");
    EXPECT_EQ(hall.serve(request_uri, "lamp").type(), MessageType::ok);
    EXPECT_EQ(relay->status().apps.size(), 1u);
}

TEST_F(RelayTest, SubscribersGetWhatAppsNotify) {
    TestProgram kitchen(network, "kitchen");
    TestProgram hall(network, "hall");
    for (const auto type : {subscribe_uri, unsubscribe_uri}) {
        kitchen.serve(type, "temperature");
        kitchen.client.on(type, [&](const Message& m) {
            const auto who = origin_in(m)[0];
            const auto how = m.type() == subscribe_uri ? create_uri : delete_uri;
            OwnedMessage change(how, "netaiod/subscriber",
                                *pack(Dict{{"key", Bytes("t")}, {"who", Bytes(who)}}));
            kitchen.client.exchange(std::move(change), {}, [](std::error_code error, auto&& reply) {
                EXPECT_FALSE(error);
                EXPECT_EQ(reply.type(), MessageType::ok) << reply.content();
            });
            return "";
        });
    }
    std::multiset<std::string> told;
    remote().on(notify_uri, [&](const Message& m) {
        EXPECT_FALSE(m.auth().contains("@"));
        told.insert("remote " + m.content().str());
    });
    remote().start_receive_loop();
    hall.client.on(notify_uri, [&](const Message& m) {
        EXPECT_EQ(origin_in(m)[0], "app:kitchen");
        told.insert("hall " + m.content().str());
    });
    network.run(remote().subscribe("temperature"));
    EXPECT_EQ(hall.exchange(OwnedMessage(subscribe_uri, "temperature")).type(),
              MessageType::confirm_subscribe);
    network.run();
    kitchen.notify("t", "temperature", "20");
    EXPECT_EQ(told, (std::multiset<std::string>{"remote 20", "hall 20"}));
    told.clear();
    network.run(remote().unsubscribe("temperature"));
    network.run();
    kitchen.notify("t", "temperature", "21");
    EXPECT_EQ(told, (std::multiset<std::string>{"hall 21"}));
    hall.notify("t", "temperature", "forged");
    EXPECT_EQ(told.size(), 1u);
}

TEST_F(RelayTest, WhenAnAppGoesAnotherOfItsNameIsSubscribedInItsPlace) {
    TestProgram kitchen(network, "kitchen");
    auto first = std::make_optional<TestProgram>(network, "hall");
    auto second = std::make_optional<TestProgram>(network, "hall");
    std::vector<std::string> told;
    first->client.on(notify_uri,
                     [&](const Message& m) { told.push_back("first " + m.content().str()); });
    second->client.on(notify_uri,
                      [&](const Message& m) { told.push_back("second " + m.content().str()); });
    kitchen.ask(create_uri, "netaiod/subscriber", Dict{{"key", Bytes("t")}, {"who", "app:hall"}});
    kitchen.notify("t", "temperature", "20");
    first.reset();
    network.run();
    kitchen.notify("t", "temperature", "21");
    EXPECT_EQ(told, (std::vector<std::string>{"first 20", "second 21"}));
    second.reset();
    network.run();
    TestProgram third(network, "hall");
    third.client.on(notify_uri,
                    [&](const Message& m) { told.push_back("third " + m.content().str()); });
    kitchen.notify("t", "temperature", "22");
    EXPECT_EQ(told.size(), 2u);
}

TEST_F(RelayTest, NewsComeToAllThatListenWhereverTheyAreFrom) {
    TestProgram kitchen(network, "kitchen");
    TestProgram hall(network, "hall");
    TestProgram cellar(network, "cellar");
    std::multiset<std::string> told;
    for (auto* listener : {&kitchen, &hall}) {
        listener->serve(notify_uri, "news", "prefix");
        listener->client.on(notify_uri,
                            [&, name = listener == &hall ? "hall " : "kitchen "](const Message& m) {
                                told.insert(name + m.content().str());
                            });
    }
    EXPECT_FALSE(remote().send(notify("news", "from afar")));
    EXPECT_FALSE(cellar.client.send(notify("news", "from here")));
    EXPECT_FALSE(hall.client.send(notify("news", "my own")));
    network.run();
    EXPECT_EQ(told,
              (std::multiset<std::string>{"hall from afar", "kitchen from afar", "hall from here",
                                          "kitchen from here", "hall my own", "kitchen my own"}));
}

TEST_F(RelayTest, AppsShareOneConnectionToAServer) {
    TcpServer hub(network.executor(), network.options(TcpServerOptions(), "hub"));
    hub.on(request_uri, [](const Message& m) { return "hub " + m.uri().str(); });
    hub.grant_subscriptions();
    ASSERT_FALSE(hub.start());
    options.servers["hub"] = {TestNetwork::address("hub").str()};
    restart();
    TestProgram kitchen(network, "kitchen");
    TestProgram hall(network, "hall");
    EXPECT_EQ(kitchen.exchange(request("x"), "server:hub").content(), "hub x");
    EXPECT_EQ(hall.exchange(request("y"), "server:hub").content(), "hub y");
    EXPECT_EQ(hub.connection_count(), 1u);
    const auto missing = hall.exchange(request("y"), "server:nothing");
    EXPECT_EQ(missing.type(), MessageType::error);

    unsigned kitchen_told = 0;
    unsigned hall_told = 0;
    kitchen.client.on(notify_uri, [&](const Message& m) {
        EXPECT_EQ(origin_in(m)[0], "server:hub");
        ++kitchen_told;
    });
    hall.client.on(notify_uri, [&] { ++hall_told; });
    const auto say = [&](TestProgram& program, MessageType type) {
        return program.exchange(OwnedMessage(type, "news"), "server:hub").type();
    };
    EXPECT_EQ(say(kitchen, subscribe_uri), MessageType::confirm_subscribe);
    EXPECT_EQ(say(hall, subscribe_uri), MessageType::confirm_subscribe);
    const auto tell = [&] {
        EXPECT_FALSE(hub.notify("news", notify("news", "now")));
        network.run();
    };
    tell();
    EXPECT_EQ(say(kitchen, unsubscribe_uri), MessageType::confirm_unsubscribe);
    tell();
    EXPECT_EQ(kitchen_told, 1u);
    EXPECT_EQ(hall_told, 2u);
    EXPECT_EQ(say(hall, unsubscribe_uri), MessageType::confirm_unsubscribe);
    EXPECT_EQ(hub.subscriber_count("news"), 0u);
}

TEST_F(RelayTest, StrangersMaySayWhoTheyAreOnly) {
    TestProgram nobody(network);
    EXPECT_EQ(nobody.exchange(request("lamp")).type(), MessageType::not_permitted);
    EXPECT_EQ(nobody.serve(request_uri, "lamp").type(), MessageType::not_permitted);
    EXPECT_EQ(nobody.ask(create_uri, "netaiod/app", Dict{{"name", "a b"}}).type(),
              MessageType::error);
    EXPECT_EQ(nobody.ask(create_uri, "netaiod/app", Dict{}).type(), MessageType::error);
    EXPECT_EQ(nobody.exchange(OwnedMessage(create_uri, "netaiod/app", "rubbish")).type(),
              MessageType::error);
    EXPECT_EQ(nobody.exchange(request("netaiod/nothing")).type(), MessageType::not_found);
    EXPECT_EQ(nobody.ask(create_uri, "netaiod/app", Dict{{"name", "a"}}).type(), MessageType::ok);
    EXPECT_EQ(nobody.serve(request_uri, "netaiod/x").type(), MessageType::not_permitted);
    for (const auto prefix : {"netaiod", "netaiod/", "netaiod/peer/"}) {
        EXPECT_EQ(nobody.serve(notify_uri, prefix, "prefix").type(), MessageType::not_permitted);
    }
    EXPECT_EQ(nobody.exchange(request("x"), "nowhere").type(), MessageType::error);
}

TEST_F(RelayTest, WhatIsThereAndWrongIsNoDefault) {
    TestProgram kitchen(network, "kitchen");
    const auto error_to = [&](std::string_view uri, Dict content) {
        const auto reply = kitchen.ask(create_uri, uri, Value(std::move(content)));
        EXPECT_EQ(reply.type(), MessageType::error);
        return reply.content().str();
    };
    EXPECT_EQ(error_to("netaiod/key", {{"type", 0}, {"uri", 5}}), "uri has to be bytes or text");
    EXPECT_EQ(error_to("netaiod/key", {{"type", 0}, {"uri", "a"}, {"shared", true}}),
              "shared has to be bytes or text");
    EXPECT_EQ(error_to("netaiod/subscriber", {{"key", "k"}, {"who", "app:kitchen"}, {"prefix", 1}}),
              "prefix has to be true or false");
    EXPECT_TRUE(relay->registry().keys(*relay->registry().app_named("kitchen")).empty());
}

TEST_F(RelayTest, NobodyElseTellsWhatTheDaemonDoes) {
    TestProgram victim(network, "victim");
    int heard = 0;
    victim.client.on(notify_uri, [&] { ++heard; });
    victim.serve(notify_uri, "", "prefix");
    TestProgram hostile(network, "hostile");
    hostile.ask(create_uri, "netaiod/subscriber", Dict{{"key", "k"}, {"who", "app:victim"}});
    for (const std::string to : {"", "app:victim", "subscribers:k"}) {
        OwnedMessage news(notify_uri, "netaiod/peer/joined", "forged");
        news.auth().set("@", to);
        EXPECT_FALSE(hostile.client.send(news));
        // With an id it is no less a lie.
        EXPECT_EQ(hostile.exchange(std::move(news), to).type(), MessageType::not_permitted) << to;
    }
    OwnedMessage news(notify_uri, "netaiod/peer/joined", "forged");
    EXPECT_FALSE(remote().send(news));
    remote().exchange(std::move(news), {.timeout = 1s}, [](std::error_code, OwnedMessage) {});
    network.advance(2s);
    EXPECT_EQ(heard, 0);
}

TEST_F(RelayTest, RulesHoldForApps) {
    options.local_rules = std::make_shared<AccessRules>(std::vector<AccessRule>{
        {.access = Access::deny, .who = {"app:hall"}, .prefixes = {"secret/"}},
        {.access = Access::allow, .who = {"*"}}});
    restart();
    TestProgram kitchen(network, "kitchen");
    TestProgram hall(network, "hall");
    kitchen.client.on(request_uri, [] { return "yes"; });
    kitchen.serve(request_uri, "secret/", "prefix");
    EXPECT_EQ(kitchen.exchange(request("secret/x")).content(), "yes");
    EXPECT_EQ(hall.exchange(request("secret/x")).type(), MessageType::not_permitted);
}

TEST_F(RelayTest, WhoSendsAboveItsRateIsNotRead) {
    options.quota.app.messages_per_second = 10;
    options.quota.app.message_burst = 20;
    restart();
    TestProgram kitchen(network, "kitchen");
    TestProgram greedy(network, "greedy");
    kitchen.client.on(request_uri, [] { return "yes"; });
    kitchen.serve(request_uri, "lamp");
    unsigned answers = 0;
    for (unsigned i = 0; i < 100; ++i) {
        OwnedMessage question = request("lamp");
        greedy.client.exchange(std::move(question), {.timeout = 1h},
                               [&](std::error_code error, auto&&) { answers += error ? 0 : 1; });
    }
    network.run();
    EXPECT_LT(answers, 30u);
    EXPECT_EQ(kitchen.exchange(request("lamp")).content(), "yes");
    network.advance(1min);
    EXPECT_EQ(answers, 100u);
}

TEST_F(RelayTest, QuotasBoundRegistrations) {
    options.quota.app.registrations = 2;
    restart();
    TestProgram kitchen(network, "kitchen");
    EXPECT_EQ(kitchen.serve(request_uri, "a").type(), MessageType::ok);
    EXPECT_EQ(kitchen.serve(request_uri, "a").type(), MessageType::ok);
    EXPECT_EQ(kitchen.serve(request_uri, "b").type(), MessageType::ok);
    EXPECT_EQ(kitchen.serve(request_uri, "c").type(), MessageType::not_permitted);
    kitchen.ask(delete_uri, "netaiod/key", Dict{{"type", 0}, {"uri", Bytes("a")}});
    EXPECT_EQ(kitchen.serve(request_uri, "c").type(), MessageType::ok);
}

TEST_F(RelayTest, CountsWhatCameAndWhyTheRestDidNot) {
    TestProgram kitchen(network, "kitchen");
    TestProgram watcher(network);
    int watched = 0;
    watcher.client.on(notify_uri, [&] { ++watched; });
    watcher.exchange(OwnedMessage(subscribe_uri, "netaiod/watch/"));
    kitchen.client.on(request_uri, [] { return "yes"; });
    kitchen.serve(request_uri, "lamp");
    EXPECT_EQ(asked("lamp"), "yes");
    // With the field it is larger than a message can be.
    OwnedMessage large = request("lamp");
    large.auth().set("inner", std::string(65'480, 'x'));
    EXPECT_EQ(network.run(remote().exchange(std::move(large))).type(), MessageType::error);
    network.run();
    const AppStatus app = relay->status().apps.at(0);
    EXPECT_EQ(app.traffic->total().messages_in, 1u);
    EXPECT_EQ(app.traffic->dropped(Drop::unreached), 1u);
    EXPECT_EQ(app.traffic->dropped(Drop::queue), 0u);
    EXPECT_EQ(watched, 1);
}

TEST_F(RelayTest, CountsWhatWasDroppedOfProgramsThatAreGone) {
    {
        TestProgram nobody(network);
        nobody.exchange(request("x"), "nowhere");
    }
    network.run();
    EXPECT_EQ(relay->status().others.dropped(Drop::malformed), 1u);
}

TEST_F(RelayTest, TellsWatchersWhatIsSaid) {
    TestProgram kitchen(network, "kitchen");
    TestProgram watcher(network);
    kitchen.client.on(request_uri, [] { return "yes"; });
    kitchen.serve(request_uri, "lamp");
    std::vector<std::string> lines;
    watcher.client.on(notify_uri, [&](const Message& m) { lines.push_back(m.content().str()); });
    EXPECT_EQ(watcher.exchange(OwnedMessage(subscribe_uri, "netaiod/watch/la")).type(),
              MessageType::confirm_subscribe);
    asked("lamp");
    asked("other");
    network.run();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find("\"uri\":\"lamp\""), std::string::npos) << lines[0];
}

TEST_F(RelayTest, TellsHowManyClientsAreInSessions) {
    options.tcp->session = {.policy = SessionPolicy::offer, .seed = std::string(32, 's')};
    restart();
    EXPECT_EQ(asked("x"), "NOT_FOUND not found");
    TcpClientOptions with_session = network.options(TcpClientOptions());
    with_session.session.policy = SessionPolicy::offer;
    TcpClient client(network.executor(), std::move(with_session));
    network.run(client.connect(TestNetwork::address("machine")));
    (void)network.run(client.request("x"));
    EXPECT_EQ(relay->status().clients, 2u);
    EXPECT_EQ(relay->status().clients_in_sessions, 1u);
}

}  // namespace
}  // namespace netaio::daemon
