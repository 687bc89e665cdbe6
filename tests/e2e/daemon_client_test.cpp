#include "fake_daemon.hpp"

namespace netaio::test {
namespace {

TEST_F(DaemonClientTest, SaysWhoItIsThenWhatItServesThenWhoIsSubscribed) {
    client->on({request_uri, "a"}, [] { return "a"; });
    EXPECT_FALSE(client->subscribe("news", address("10.0.0.2:8888")));
    client->on(notify_uri, prefix("news/"), [] {});
    start();
    EXPECT_EQ(daemon->said,
              (Strings{"app name=thermostat", "key type=0 uri=a", "key prefix=news/ type=8",
                       "subscriber key=news prefix=no who=10.0.0.2:8888"}));
    EXPECT_TRUE(client->connected());
    EXPECT_EQ(states, (Strings{"connecting", "connected"}));
}

TEST_F(DaemonClientTest, RegistersAtOnceWhatComesLater) {
    start();
    client->on({request_uri, "late"}, [] { return "late"; });
    network.run();
    EXPECT_EQ(daemon->said.back(), "key type=0 uri=late");
    client->once({request_uri, "late"}, [] { return "once"; });
    client->remove_handler({request_uri, "late"});
    network.run();
    EXPECT_EQ(daemon->said.size(), 2u) << "somebody still serves it";
    EXPECT_EQ(asked("late"), "RESPOND_URI late once");
    EXPECT_EQ(daemon->said.back(), "no key type=0 uri=late");
}

TEST_F(DaemonClientTest, SaysHowKeysAreShared) {
    options.sharing = KeySharing::turns;
    make();
    client->share({request_uri, "b"}, KeySharing::hash);
    client->on({request_uri, "a"}, [] {});
    client->on({request_uri, "b"}, [] {});
    start();
    EXPECT_EQ(daemon->said[1], "key shared=turns type=0 uri=a");
    EXPECT_EQ(daemon->said[2], "key shared=hash type=0 uri=b");
    EXPECT_THROW(client->share({request_uri, "a"}, KeySharing::none), std::logic_error);
    client->remove_handler({request_uri, "a"});
    network.run();
    EXPECT_EQ(daemon->said.back(), "no key shared=turns type=0 uri=a");
    client->share({request_uri, "a"}, KeySharing::none);
    client->on({request_uri, "a"}, [] {});
    network.run();
    EXPECT_EQ(daemon->said.back(), "key type=0 uri=a");
}

TEST_F(DaemonClientTest, RefusesKeysThatAreNoPrograms) {
    EXPECT_THROW(client->on({request_uri, "netaiod/status"}, [] {}), std::invalid_argument);
    EXPECT_THROW(client->on({request_uri, "a", address("10.0.0.2:8888")}, [] {}),
                 std::invalid_argument);
    EXPECT_THROW(client->on({request_uri, std::string(65422, 'a')}, [] {}), std::length_error);
}

TEST_F(DaemonClientTest, TakesNoNameThatADaemonRefuses) {
    for (const auto& name : {std::string(), std::string("\xff"), std::string("two words"),
                             std::string("a/b"), std::string(65, 'a')}) {
        EXPECT_THROW(DaemonClient({.app = name}), std::invalid_argument) << name;
    }
    EXPECT_NO_THROW(DaemonClient({.app = "Living-room_2." + std::string(50, 'a')}));
}

TEST_F(DaemonClientTest, HandlersSeeWhoAsksFromWhere) {
    std::string seen;
    client->on({request_uri, "plain"}, [&](const Message& message, const Address& from) {
        seen = from.str() + " " + message.who().str();
        return message.content();
    });
    client->on({request_uri, "later"},
               [&](const Message& message, const Address& from, Answer answer) {
                   seen = from.str() + " " + message.who().str();
                   answer("later");
               });
    client->on({request_uri, "slow"},
               [&](const Message& message, const Address& from) -> awaitable<std::string> {
                   Timer timer(co_await boost::asio::this_coro::executor, 1s);
                   co_await timer.async_wait(boost::asio::use_awaitable);
                   seen = from.str() + " " + message.who().str();
                   co_return "slow";
               });
    start();
    EXPECT_EQ(asked("plain", {"10.0.0.2:8888", "hmac:alice", "key:ab:c"}),
              "RESPOND_URI plain question");
    EXPECT_EQ(seen, "10.0.0.2:8888 hmac:alice, key:ab:c");
    EXPECT_EQ(asked("later", {"tcp:[::1]:8888"}), "RESPOND_URI later later");
    EXPECT_EQ(seen, "tcp:[::1]:8888 nobody");
    EXPECT_EQ(asked("slow", {"app:window", "uid:1000"}), "RESPOND_URI slow slow");
    EXPECT_EQ(seen, "app:window uid:1000");
    EXPECT_EQ(asked("nothing", {"app:window"}), "NOT_FOUND nothing not found");
}

TEST_F(DaemonClientTest, AHandlerMayGiveBackWhatItWasGiven) {
    client->on({request_uri, "echo"}, [](const Message& message) {
        OwnedMessage same = message.own();
        same.set_type(MessageType::respond_uri);
        return same;
    });
    start();
    EXPECT_EQ(asked("echo", {"app:window"}), "RESPOND_URI echo question");
    EXPECT_EQ(daemon->answer_was_to, "");
}

TEST_F(DaemonClientTest, RulesAndHandlersKnowWhoAsks) {
    options.rules = std::make_shared<const AccessRules>(std::vector<AccessRule>{
        {.access = Access::allow, .who = {"hmac:*"}, .types = {request_uri}}});
    make();
    client->on({request_uri, "a"}, [] { return "a"; });
    client->on({request_uri, "b"}, {.who = "hmac:bob"}, [] { return "b"; });
    start();
    EXPECT_EQ(asked("a", {"app:x", "hmac:alice"}), "RESPOND_URI a a");
    EXPECT_EQ(asked("a", {"app:x", "uid:1"}), "NOT_PERMITTED a not permitted");
    EXPECT_EQ(asked("b", {"app:x", "hmac:alice"}), "NOT_PERMITTED b not permitted");
    EXPECT_EQ(asked("b", {"app:x", "hmac:bob"}), "RESPOND_URI b b");
    client->set_rules(nullptr);
    EXPECT_EQ(asked("a", {"app:x", "uid:1"}), "RESPOND_URI a a");
}

TEST_F(DaemonClientTest, InnerLayersStayBetweenTheEnds) {
    const auto secret = hmac_auth({.secret = "inner", .dialect = Dialect::v0_0_9});
    client->on({request_uri, "a"}, {.auth = secret},
               [](const Message& message) { return message.who().str(); });
    start();
    EXPECT_EQ(asked("a", {"app:x"}), "AUTH_ERROR a HMAC auth failed");
    EXPECT_EQ(asked("a", {"app:x"}, secret), "RESPOND_URI a hmac:default");
    daemon->protect_far(secret);
    const auto reply = network.run(client->request("far", {.auth = secret, .server = far}));
    EXPECT_EQ(reply.content(), "far to 10.0.0.2:8888");
}

TEST_F(DaemonClientTest, AnInnerPluginThatTakesTheDaemonsFieldIsRefused) {
    start();
    const auto bad = named("alice", "@");
    EXPECT_EQ(failure(client->request("far", {.auth = bad, .server = far})),
              Errc::auth_not_possible);
    EXPECT_EQ(failure(client->request("far", {.auth = bad})), Errc::auth_not_possible);
    EXPECT_EQ(client->send(far, ok("a"), {.plugins = {bad, nullptr}}), Errc::auth_not_possible);
    EXPECT_TRUE(lines.contains("an inner plugin set the auth field '@'"));
}

TEST_F(DaemonClientTest, RequestsGoWhereTheyAreTo) {
    start();
    EXPECT_EQ(network.run(client->request("x")).content(), "x to ");
    EXPECT_EQ(network.run(client->request(far, "x")).content(), "x to 10.0.0.2:8888");
    EXPECT_EQ(network.run(client->create(address("server:hub"), "x", "content")).content(),
              "x to server:hub");
    EXPECT_EQ(network.run(client->request(address("[fe80::1%2]:88"), "x")).content(),
              "x to [fe80::1%2]:88");
    // One that was received is passed on, and goes where it is told.
    OwnedMessage passed(request_uri, "x");
    passed.auth().set("@", "from elsewhere");
    EXPECT_EQ(network.run(client->exchange(passed.own())).content(), "x to ");
    EXPECT_EQ(network.run(client->exchange(far, passed.own())).content(), "x to 10.0.0.2:8888");
    EXPECT_THROW((void)client->request(far, "x", {.server = far}), std::invalid_argument);
}

TEST_F(DaemonClientTest, SendsToOneToManyAndToAll) {
    EXPECT_EQ(client->send(far, ok("a")), Errc::not_connected);
    start();
    EXPECT_FALSE(client->send(far, ok("a")));
    EXPECT_FALSE(client->multicast(ok("b")));
    EXPECT_FALSE(client->broadcast(ok("c")));
    EXPECT_FALSE(client->notify("key", notify("d", "")));
    network.run();
    EXPECT_EQ(daemon->sent, (Strings{"a to 10.0.0.2:8888",
                                     "b to group:", "c to peers:", "d to subscribers:key"}));
    EXPECT_EQ(client->send(far, ok("a"), {.use_auth = false}), Errc::unsupported);
}

TEST_F(DaemonClientTest, GrantsSubscriptions) {
    client->grant_subscriptions();
    start();
    const auto subscribe = [&](MessageType type, std::string_view content) {
        return daemon->ask({type, "room/", content}, {"tcp:10.0.0.2:8888"});
    };
    EXPECT_EQ(subscribe(subscribe_uri, "prefix"), "CONFIRM_SUBSCRIBE room/ prefix\n");
    network.run();
    EXPECT_EQ(daemon->said.back(), "subscriber key=room/ prefix=yes who=tcp:10.0.0.2:8888");
    EXPECT_EQ(subscribe(unsubscribe_uri, "prefix"), "CONFIRM_UNSUBSCRIBE room/ ");
    network.run();
    EXPECT_EQ(daemon->said.back(), "no subscriber key=room/ prefix=yes who=tcp:10.0.0.2:8888");
    EXPECT_FALSE(client->unsubscribe_prefix("room/", address("tcp:10.0.0.2:8888")));
}

TEST_F(DaemonClientTest, ComesBackWithAllThatWasRegistered) {
    client->on({request_uri, "a"}, [] { return "a"; });
    start();
    EXPECT_FALSE(client->subscribe_prefix("n", far));
    network.run();
    const auto before = daemon->said;
    restart();
    network.advance(2s);
    EXPECT_TRUE(client->connected());
    EXPECT_EQ(daemon->said, before);
    EXPECT_EQ(asked("a", {"app:x"}), "RESPOND_URI a a");
}

TEST_F(DaemonClientTest, RequestsUnderWayEndOnceAndOthersWait) {
    start();
    Strings ended;
    const auto ask = [&](std::string uri) {
        client->request(far, uri, {.timeout = 1h},
                        [&, uri](std::error_code error, const OwnedMessage& reply) {
                            ended.push_back(uri + ": " +
                                            (error == Errc::closed ? "closed"
                                             : error               ? error.message()
                                                                   : reply.content().str()));
                        });
        network.run();
    };
    ask("silent");
    stop_daemon();
    EXPECT_EQ(ended, (Strings{"silent: closed"}));
    EXPECT_FALSE(client->connected());
    ask("meanwhile");
    start_daemon();
    network.advance(2s);
    EXPECT_EQ(ended, (Strings{"silent: closed", "meanwhile: meanwhile to 10.0.0.2:8888"}));
}

TEST_F(DaemonClientTest, AsksForItsSubscriptionsAgain) {
    start();
    network.run(client->subscribe("news", {.server = far}));
    network.run(client->subscribe("room/", {.prefix = true, .server = far}));
    network.run(client->subscribe("gone", {.server = far}));
    network.run(client->unsubscribe("gone", {.server = far}));
    restart();
    network.advance(2s);
    EXPECT_EQ(daemon->sent, (Strings{"news to 10.0.0.2:8888", "room/ to 10.0.0.2:8888"}));
}

TEST_F(DaemonClientTest, AsksAgainForWhatTheOtherEndHasEnded) {
    Strings lost;
    client->set_subscription_lost_handler(
        [&](const Address& from, ByteView uri, const Message& answer) {
            lost.push_back(from.str() + " " + uri.str() + " " + answer.content().str());
        });
    start();
    network.run(client->subscribe("news", {.server = far}));
    network.run(client->subscribe("room/", {.prefix = true, .server = far}));
    daemon->sent.clear();
    daemon->tell_of_lost("10.0.0.2:8888", "news");
    daemon->tell_of_lost("10.0.0.3:8888", "room/");
    daemon->tell_of_lost("10.0.0.2:8888", "room/", {"app:hostile"});
    network.advance(1s);
    EXPECT_EQ(daemon->sent, Strings{"news to 10.0.0.2:8888"});
    EXPECT_EQ(lost, Strings()) << "it was granted again";
    daemon->refuses_subscriptions = true;
    daemon->tell_of_lost("10.0.0.2:8888", "room/");
    network.advance(1s);
    EXPECT_EQ(lost, Strings{"10.0.0.2:8888 room/ no more"});
    daemon->tell_of_lost("10.0.0.2:8888", "room/");
    daemon->notify("netaiod/subscription/lost", "rubbish");
    network.advance(1s);
    EXPECT_EQ(lost.size(), 1u);
}

TEST_F(DaemonClientTest, LosesASubscriptionThatIsNotGrantedAgain) {
    std::string lost;
    client->set_subscription_lost_handler(
        [&](const Address& from, ByteView uri, const Message& answer) {
            lost = from.str() + " " + uri.str() + " " + answer.content().str();
        });
    start();
    network.run(client->subscribe("news", {.server = far}));
    restart();
    daemon->refuses_subscriptions = true;
    network.advance(2s);
    EXPECT_EQ(lost, "10.0.0.2:8888 news no more");
    daemon->sent.clear();
    network.advance(1min);
    EXPECT_EQ(daemon->sent, Strings());
}

TEST_F(DaemonClientTest, PresentValuesOfOthersReachTheirHandler) {
    Strings heard;
    client->on(notify_uri, [&](const Message& message, const Address& from) {
        heard.push_back(from.str() + " " + message.content().str());
    });
    start();
    network.run(client->subscribe("present", {.present = true, .server = far}));
    EXPECT_EQ(heard, (Strings{"10.0.0.2:8888 21"}));
    // What is granted in part is ended.
    EXPECT_EQ(failure(client->subscribe("news", {.prefix = true, .present = true, .server = far})),
              Errc::unsupported);
    network.run();
    EXPECT_EQ(daemon->sent.back(), "news to 10.0.0.2:8888");
    restart();
    network.advance(2s);
    EXPECT_EQ(daemon->sent, (Strings{"present to 10.0.0.2:8888"}));
}

TEST_F(DaemonClientTest, AKeyOfAnotherProgramIsToldAndAskedForAgain) {
    Strings refused;
    options.on_refused = [&](const Key& key, std::string_view why) {
        refused.push_back(*key.uri + ": " + std::string(why));
    };
    make();
    daemon->owned = "taken";
    client->on({request_uri, "taken"}, [] { return "mine"; });
    client->on({request_uri, "free"}, [] { return "free"; });
    start();
    EXPECT_TRUE(client->connected());
    EXPECT_EQ(refused, (Strings{"taken: served by window"}));
    EXPECT_TRUE(lines.contains("served by window"));
    EXPECT_EQ(asked("free", {"app:x"}), "RESPOND_URI free free");
    network.advance(1s);
    EXPECT_GE(refused.size(), 2u);
    daemon->owned.clear();
    network.advance(1min);
    const auto known = daemon->said.size();
    network.advance(1h);
    EXPECT_EQ(daemon->said.size(), known);
}

TEST_F(DaemonClientTest, AnAppThatIsRefusedTriesAgain) {
    daemon->refuses_app = true;
    start();
    EXPECT_FALSE(client->connected());
    EXPECT_TRUE(lines.contains("the daemon refused the app thermostat: not you"));
    EXPECT_EQ(client->send(far, ok("a")), Errc::not_connected);
    daemon->refuses_app = false;
    network.advance(2s);
    EXPECT_TRUE(client->connected());
}

TEST_F(DaemonClientTest, TakesWhatMakesNoSenseForAnError) {
    options.app_id = "climate";
    options.local_peer = Peer{.id = "me"};
    make();
    client->on({request_uri, "a"}, [] { return "a"; });
    daemon->peers_answer = "no list";
    start();
    EXPECT_TRUE(client->connected());
    EXPECT_TRUE(lines.contains("its list makes no sense"));
    daemon->notify("netaiod/peer/joined", "nonsense");
    daemon->notify("netaiod/peer/joined", *pack(Value(Dict{{"id", 7}})));
    daemon->notify("netaiod/peer/danced", "");
    network.run();
    EXPECT_EQ(client->peers().size(), 0u);
    for (const Value& bad :
         {Value(1), Value(List{}), Value(List{"text"}), Value(List{Bytes{"x"}}),
          Value(List{Bytes{"app:x"}, Bytes{"nobody"}}), Value(List{Bytes{"app:x"}, Bytes{":name"}}),
          Value(List{Bytes{"app:x"}, List{}})}) {
        EXPECT_EQ(daemon->ask_from({request_uri, "a"}, *pack(bad)),
                  "AUTH_ERROR a '@' does not say where the message is from");
    }
    EXPECT_EQ(daemon->ask_from({request_uri, "a"}, "\xff\xff"),
              "AUTH_ERROR a '@' does not say where the message is from");
    EXPECT_TRUE(client->connected());
}

TEST_F(DaemonClientTest, StopsWhenHandlersHaveAnswered) {
    start_and_ask();
    std::optional<StopReport> report;
    client->stop(10s, [&](std::error_code, StopReport stopped) { report = stopped; });
    network.run();
    EXPECT_FALSE(report);
    (*asks)("done");
    network.run();
    EXPECT_EQ(answered, "RESPOND_URI a done");
    ASSERT_TRUE(report);
    EXPECT_EQ(report->drained, 1u);
    start();
    EXPECT_TRUE(client->connected()) << "it may be started again";
}

TEST_F(DaemonClientTest, StopsWithoutThemAfterTheDeadline) {
    start_and_ask();
    std::optional<StopReport> report;
    client->stop(10s, [&](std::error_code, StopReport stopped) { report = stopped; });
    network.advance(10s);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->cut_off, 1u);
    EXPECT_EQ(answered, "the connection is closed");
}

TEST_F(DaemonClientTest, TheDaemonLearnsOfItsEndAtOnce) {
    start_and_ask();
    client.reset();
    network.run();
    EXPECT_EQ(answered, "the connection is closed");
    EXPECT_FALSE(asks->open());
}

TEST_F(DaemonClientTest, CanBeDestroyedByWhatItCalls) {
    client->on({request_uri, "a"}, [&] {
        client.reset();
        return "gone";
    });
    start();
    daemon->ask_later({request_uri, "a"}, {"app:x"}, answered);
    network.run();
    EXPECT_FALSE(client);
}

TEST_F(DaemonClientTest, ComesBackSoonAndIsNotTurnedAwayWhateverIsKept) {
    options.keep = {.on_state = {}, .requests = Meanwhile::fail};
    make();
    start();
    stop_daemon();
    network.advance(1h);
    start_daemon();
    network.advance(1s);
    EXPECT_TRUE(client->connected()) << "pauses are those of a daemon nearby";
    restart();
    daemon->believes_nobody = true;
    network.advance(1min);
    EXPECT_FALSE(client->connected());
    daemon->believes_nobody = false;
    network.advance(1s);
    EXPECT_TRUE(client->connected()) << "a refusal ends nothing";
}

TEST_F(DaemonClientTest, PausesBetweenAttemptsAsItIsTold) {
    options.keep.backoff = {.delay = 1min, .delay_max = 1min, .jitter = 0};
    make();
    start();
    restart();
    network.advance(59s);
    EXPECT_FALSE(client->connected());
    network.advance(1s);
    EXPECT_TRUE(client->connected());
}

TEST_F(DaemonClientTest, GreetsByItselfWhenAllIsRegistered) {
    std::string told;
    options.keep.greet = [&](Address server) -> awaitable<void> {
        EXPECT_FALSE(client->connected());
        told = (co_await client->create("session", "token", {.server = server})).content().str();
        told += ", " + (co_await client->request(far, "x")).content().str();
        EXPECT_FALSE(client->send(server, ok("a")));
        EXPECT_FALSE(client->send(far, ok("b")));
    };
    make();
    client->on({request_uri, "a"}, [] {});
    start();
    EXPECT_EQ(daemon->said, (Strings{"app name=thermostat", "key type=0 uri=a"}));
    EXPECT_EQ(told, "session to , x to 10.0.0.2:8888");
    EXPECT_EQ(daemon->sent, (Strings{"a to ", "b to 10.0.0.2:8888"}));
    EXPECT_TRUE(client->connected());
    EXPECT_EQ(states, (Strings{"connecting", "connected"}));
    restart();
    network.advance(2s);
    EXPECT_EQ(daemon->sent.size(), 2u);
}

TEST_F(DaemonClientTest, WhatNamesTheDaemonGoesToItOrWaitsForIt) {
    const Address itself = TestNetwork::address("daemon");
    EXPECT_EQ(client->send(itself, ok("a")), Errc::not_connected);
    start();
    EXPECT_EQ(network.run(client->request(itself, "x")).content(), "x to ");
    EXPECT_FALSE(client->send(itself, ok("a")));
    network.run();
    EXPECT_EQ(daemon->sent, Strings{"a to "});
    stop_daemon();
    client->request(itself, "y", {.timeout = 1h}, [&](std::error_code, const OwnedMessage& reply) {
        answered = reply.content().str();
    });
    start_daemon();
    network.advance(2s);
    EXPECT_EQ(answered, "y to ");
}

}  // namespace
}  // namespace netaio::test
