#include "linked_nodes.hpp"

namespace netaio::core {
namespace {

using namespace test;
using namespace std::chrono_literals;

class LinksTest : public LinkedNodes {};

TEST_F(LinksTest, ARequestWaitsForASessionAndItsAnswerComesInIt) {
    auto& a = add(here, keyed('a'));
    auto& b = add(there, keyed('b'));
    say_who_asks(b);
    Told told;
    a.ask(there, "who", told);
    settle();
    ASSERT_TRUE(told.message) << told.error.message();
    EXPECT_EQ(told.message->content(), "session:" + to_string(key_of('a')));
    for (const auto& datagram : passed) {
        EXPECT_EQ(datagram.bytes.find("who"), std::string::npos);
    }

    passed.clear();
    Told again;
    a.ask(there, "who", again);
    settle();
    EXPECT_TRUE(again.message);
    EXPECT_EQ(passed.size(), 2u);
    EXPECT_EQ(count_sealed(), 2u);
    EXPECT_EQ(b.core.tallies().sessions.get(), 1u);
}

TEST_F(LinksTest, WhoAnsweredAHandshakeIsDueAtATimeThatTimersKnow) {
    auto& a = add(here, keyed('a'));
    auto& b = add(there, keyed('b'));
    meet(a, there);
    ASSERT_TRUE(b.core.next());
    EXPECT_GE(*b.core.next(), RequestTable::TimePoint());
}

TEST_F(LinksTest, WhoKnowsNoSessionsIsSpokenToWithoutAndNotAskedAgain) {
    auto& a = add(here);
    auto& b = add(there, with(SessionPolicy::off));
    say_who_asks(b);
    for (int i = 0; i < 2; ++i) {
        Told told;
        a.ask(there, "who", told);
        settle();
        EXPECT_TRUE(told.message) << told.error.message();
    }
    EXPECT_EQ(passed.size(), 6u);
    EXPECT_EQ(count_sealed(), 0u);
}

TEST_F(LinksTest, SilenceMeansNoAfterSomeTime) {
    auto& a = add(here);
    auto& b = add(there, with(SessionPolicy::off));
    say_who_asks(b);
    loses = [&](const Datagram&) { return clock->steady_now().time_since_epoch() < 900ms; };
    Told told;
    a.ask(there, "who", told);
    pass(700ms);
    EXPECT_EQ(told.times, 0);
    pass(1300ms);
    EXPECT_TRUE(told.message) << told.error.message();
}

TEST_F(LinksTest, ALostHandshakeIsRepeatedAndTheRequestRidesBehind) {
    auto& a = add(here, with(SessionPolicy::require, hmac("secret")));
    auto& b = add(there, with(SessionPolicy::require, hmac("secret")));
    say_who_asks(b);
    int left = 5;
    loses = [&](const Datagram&) { return left > 0 && left-- > 0; };
    Told told;
    a.ask(there, "who", told);
    pass(9s);
    EXPECT_TRUE(told.message) << told.error.message();
    EXPECT_EQ(left, 0);
}

TEST_F(LinksTest, ARequestEndsInItsTimeWhereNobodyIsThere) {
    auto& a = add(here, with(SessionPolicy::require, hmac("secret")));
    Told told;
    a.ask(there, "who", told, 3s);
    pass(5s);
    EXPECT_EQ(told.times, 1);
    EXPECT_EQ(told.error, make_error_code(Errc::timeout));
    pass(60s, 500ms);
    EXPECT_EQ(a.core.link_count(), 0u);
}

TEST_F(LinksTest, WhoRequiresASessionRefusesAllElse) {
    auto& a = add(here, with(SessionPolicy::off, hmac("secret")));
    auto& b = add(there, with(SessionPolicy::require, hmac("secret")));
    say_who_asks(b);
    Told told;
    a.ask(there, "who", told);
    settle();
    ASSERT_TRUE(told.message);
    EXPECT_EQ(told.message->type(), MessageType::auth_error);
    EXPECT_EQ(told.message->content(), "a session is required");
}

TEST_F(LinksTest, TheSecretHasToBeTheSameWhichIsSaidWhenNothingElseCame) {
    for (const auto policy : {SessionPolicy::off, SessionPolicy::offer, SessionPolicy::require}) {
        auto& a = add(here, with(policy, hmac("one")));
        auto& b = add(there, with(policy, hmac("other")));
        say_who_asks(b);
        Told told;
        a.ask(there, "who", told, 5s);
        pass(4s);
        EXPECT_EQ(told.times, 0);  // the answer may be still to come
        pass(2s);
        EXPECT_EQ(told.error, Errc::auth_failed_unverified) << told.error.message();
        EXPECT_EQ(count_sealed(), 0u);
    }
}

TEST_F(LinksTest, WhoseAnswersCannotBeReadLearnsThat) {
    auto& a = add(here, with(SessionPolicy::off, {.cipher = stream_cipher({.key = "one"})}));
    auto& b = add(there, with(SessionPolicy::off));
    say_who_asks(b);
    Told told;
    a.ask(there, "who", told, 5s);
    pass(6s);
    EXPECT_EQ(told.error, Errc::decrypt_failed) << told.error.message();
}

TEST_F(LinksTest, WhoStopsAnswersFirstSoThatNobodyAsksWhetherItIsThere) {
    auto& a = add(here, keyed('a'));
    auto& b = add(there, keyed('b'));
    say_who_asks(b);
    meet(a, there);
    a.core.answer_sessions();
    settle();
    loses = [](const Datagram&) { return true; };
    passed.clear();
    pass(10s);
    const auto asks = [](const Datagram& one) { return one.from == there && !one.whole; };
    EXPECT_EQ(std::ranges::count_if(passed, asks), 0);
}

TEST_F(LinksTest, SmallNotificationsGoTogether) {
    auto& a = add(here);
    auto& b = add(there);
    a.hear();
    EXPECT_FALSE(b.core.subscribe("news", here));
    EXPECT_FALSE(b.core.notify("news", notify("news", "0"), {}, {}));
    pass(2s);
    EXPECT_EQ(a.heard.size(), 1u);
    passed.clear();
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(b.core.notify("news", notify("news", "16 bytes of news"), {}, {}));
    }
    settle();
    EXPECT_EQ(a.heard.size(), 101u);
    EXPECT_EQ(passed.size(), 3u);  // of 1,472 bytes
}

TEST_F(LinksTest, ThePathIsFoundToCarryMoreAndNothingLargerIsSent) {
    path_size = 9000 - 28;
    DatagramBounds bounds;
    auto& a = add(here, {.bounds = bounds});
    auto& b = add(there, {.bounds = bounds});
    say_who_asks(b);
    Told first;
    a.ask(there, "who", first);
    // It may wait until it is known what the path carries.
    EXPECT_FALSE(a.core.send(there, notify("news", std::string(8000, 'n')), {}, {}));
    b.hear();
    pass(4s);
    ASSERT_EQ(b.heard.size(), 1u);
    EXPECT_EQ(b.heard[0].size(), 8000u);
    EXPECT_EQ(a.core.send(there, notify("news", std::string(8950, 'n')), {}, {}),
              make_error_code(Errc::too_large));
    EXPECT_TRUE(a.lines.contains("and the path carries 8972"));
}

TEST_F(LinksTest, AnAnswerWaitsUntilItIsKnownWhatThePathCarries) {
    auto& a = add(here);
    add(there).answer(MessageType::request_uri, [](const Message& message, Source&) {
        return respond(message.uri(), std::string(1400, 'a'));
    });
    Told told;
    a.ask(there, "much", told);
    pass(3s);
    ASSERT_TRUE(told.message) << told.error.message();
    EXPECT_EQ(told.message->content().size(), 1400u);
}

TEST_F(LinksTest, FragmentsAreSentWhereThatIsWanted) {
    DatagramBounds bounds;
    bounds.links.fragments = true;
    auto& a = add(here, {.bounds = bounds});
    auto& b = add(there, {.bounds = bounds});
    b.hear();
    EXPECT_FALSE(a.core.send(there, notify("news", std::string(60'000, 'n')), {}, {}));
    settle();
    ASSERT_EQ(b.heard.size(), 1u);
    EXPECT_EQ(b.heard[0].size(), 60'000u);
    EXPECT_TRUE(std::ranges::none_of(passed, &Datagram::whole));
}

TEST_F(LinksTest, WhoStartsAnewIsShakenHandsWithAgain) {
    auto& a = add(here, keyed('a'));
    say_who_asks(add(there, keyed('b')));
    Told first;
    a.ask(there, "who", first);
    pass(2s);
    ASSERT_TRUE(first.message);

    say_who_asks(restart(there, keyed('b')));
    Told lost;
    a.ask(there, "who", lost, 5s);
    pass(1500ms);
    Told told;
    a.ask(there, "who", told, 5s);
    settle();
    EXPECT_TRUE(told.message) << told.error.message();
    pass(5s);
    EXPECT_EQ(lost.error, make_error_code(Errc::timeout));
}

TEST_F(LinksTest, ASessionIsRenewedInUseAndNothingIsLost) {
    auto& a = add(here);
    auto& b = add(there);
    say_who_asks(b);
    for (int i = 0; i < 400; ++i) {
        Told told;
        a.ask(there, "who", told);
        pass(1s, 500ms);
        ASSERT_TRUE(told.message) << i << ": " << told.error.message();
    }
    EXPECT_GE(b.core.tallies().sessions.get(), 3u);
    EXPECT_LE(b.core.tallies().sessions.get(), 5u);
}

TEST_F(LinksTest, WhoMovesKeepsItsSubscriptions) {
    auto& a = add(here);
    auto& b = add(there);
    a.hear();
    b.answer(MessageType::subscribe_uri, [&](const Message& message, Source& from) {
        EXPECT_FALSE(b.core.subscribe(message.uri(), from.remote()));
        return confirm_subscribe(message.uri());
    });
    Told told;
    (void)a.core.request(there, OwnedMessage(MessageType::subscribe_uri, "news", ""), {}, 10s,
                         told.completion());
    settle();
    ASSERT_TRUE(told.message);
    ASSERT_EQ(b.core.subscriber_count("news"), 1u);

    seen[here] = elsewhere;
    EXPECT_FALSE(a.core.send(there, notify("hello", ""), {}, {}));
    settle();
    EXPECT_FALSE(b.core.notify("news", notify("news", ""), {}, {}));
    settle();
    EXPECT_EQ(passed.back().to, elsewhere);
    EXPECT_EQ(a.heard.size(), 1u);
    EXPECT_EQ(b.core.subscriber_count("news"), 1u);
}

TEST_F(LinksTest, NothingCountsTwiceAndNothingThatWasChanged) {
    auto& a = add(here);
    auto& b = add(there);
    b.hear();
    EXPECT_FALSE(a.core.send(there, notify("news", ""), {}, {}));
    pass(5s);
    EXPECT_EQ(b.heard.size(), 1u);
    EXPECT_FALSE(a.core.send(there, notify("news", ""), {}, {}));
    const auto sent = take();
    ASSERT_EQ(sent.size(), 1u);
    for (std::size_t i = 0; i < sent[0].bytes.size(); ++i) {
        auto changed = sent[0];
        changed.bytes[i] = static_cast<char>(changed.bytes[i] ^ 1);
        const bool in_header = i >= 3 && i < 9;  // where a size and a checksum say nothing new
        if (!in_header) {
            deliver(changed);
            EXPECT_EQ(b.heard.size(), 1u) << i;
        }
    }
    deliver(sent[0]);
    EXPECT_EQ(b.heard.size(), 2u);
    deliver(sent[0]);
    EXPECT_EQ(b.heard.size(), 2u);
    EXPECT_GE(b.core.tallies().rejected_replayed.get(), 1u);
    (void)take();
}

TEST_F(LinksTest, WithoutASessionNobodySpeaksForWhomOneHasASessionWith) {
    auto& a = add(here);
    auto& b = add(there);
    say_who_asks(a);
    say_who_asks(b);
    meet(a, there);
    b.hear();
    std::string forged;
    ASSERT_FALSE(encode_message(notify("news", ""), forged));
    b.core.receive(forged, here);
    EXPECT_EQ(b.heard.size(), 0u);
    // Nor is a request in the session answered so.
    Told asked;
    a.ask(there, "who", asked);
    (void)take();
    std::string answer;
    ASSERT_FALSE(encode_message(respond("who", "mallory"), answer));
    a.core.receive(answer, there);
    EXPECT_EQ(asked.times, 0);
}

TEST_F(LinksTest, AQuestionThatIsSentAgainLeadsToNothing) {
    auto& a = add(here, keyed('a', {.policy = SessionPolicy::offer, .peer_keys = {key_of('b')}}));
    auto& b = add(there, keyed('b'));
    meet(a, there);
    ASSERT_FALSE(passed.empty());
    const Datagram question = passed.front();
    ASSERT_FALSE(question.sealed());
    deliver(question);
    deliver(question);
    EXPECT_EQ(b.core.tallies().sessions.get(), 1u);
    EXPECT_EQ(b.core.tallies().sessions_refused.get(), 2u);
    (void)take();
}

TEST_F(LinksTest, WhomOneDoesNotExpectIsNotSpokenTo) {
    auto& a = add(here, keyed('a', {.policy = SessionPolicy::offer, .peer_keys = {key_of('b')}}));
    auto& b = add(there, keyed('c'));
    say_who_asks(b);
    Told told;
    a.ask(there, "who", told);
    pass(2s);
    EXPECT_EQ(told.error, make_error_code(Errc::peer_changed)) << told.error.message();
    EXPECT_TRUE(
        a.lines.contains(to_string(key_of('c')) + " in the place of " + to_string(key_of('b'))));
}

TEST_F(LinksTest, WhereManyAskOnlyThoseAreAnsweredWhoGetWhatIsSentToThem) {
    DatagramBounds bounds;
    bounds.links.handshakes_per_second = 8;
    auto& b = add(there, {.bounds = bounds});
    say_who_asks(b);
    // A flood with forged senders, each with a question of its own.
    Told forged;
    for (int i = 0; i < 200; ++i) {
        restart(here).ask(there, "who", forged);
        const auto sent = take();
        const auto question = std::ranges::find(sent, here, &Datagram::from);
        ASSERT_NE(question, sent.end());
        std::string bytes = question->bytes;
        b.core.receive(bytes, host(i));
    }
    (void)take();
    auto& honest = add(elsewhere);
    Told told;
    honest.ask(there, "who", told);
    pass(1s);
    EXPECT_TRUE(told.message) << told.error.message();
    EXPECT_GT(count_sealed(), 0u);
}

TEST_F(LinksTest, PeersAreFoundAgainAndAgainInTheSameSession) {
    auto& a = add(here);
    auto& b = add(there);
    say_who_asks(b);
    a.core.peer_manager().manage({});
    b.core.peer_manager().manage({});
    Told told;
    a.ask(there, "who", told);
    pass(70s, 500ms);
    ASSERT_TRUE(told.message);
    EXPECT_FALSE(a.node->peers.empty());
    EXPECT_EQ(b.core.tallies().sessions.get(), 1u);
    a.core.peer_manager().stop_all();
    settle();
    EXPECT_TRUE(b.node->peers.empty());
    EXPECT_FALSE(a.lines.contains("refused"));
    EXPECT_FALSE(b.lines.contains("refused"));
}

TEST_F(LinksTest, WithoutItsSessionNobodyTakesLeave) {
    auto& a = add(here);
    auto& b = add(there);
    say_who_asks(b);
    a.core.peer_manager().manage({});
    b.core.peer_manager().manage({});
    meet(a, there);
    ASSERT_FALSE(b.node->peers.empty());
    std::string forged;
    ASSERT_FALSE(encode_message(
        *peer_message(MessageType::disconnect, "netaio", *a.node->local_peer, *a.node->peer_plugin),
        forged));
    for (const bool to_group : {true, false}) {
        std::string bytes = forged;
        b.core.receive(bytes, here, to_group);
        EXPECT_FALSE(b.node->peers.empty());
    }
    (void)take();
}

TEST_F(LinksTest, NothingIsDueOfAHandshakeThatLedToASession) {
    auto& a = add(here, keyed('a', {.policy = SessionPolicy::offer, .peer_keys = {key_of('b')}}));
    auto& b = add(there, keyed('b'));
    say_who_asks(b);
    meet(a, there);
    ASSERT_EQ(b.core.tallies().sessions.get(), 1u);
    EXPECT_GE(b.core.next().value(), clock->steady_now());
}

TEST_F(LinksTest, AHostMakesRoomForItsOwnOnly) {
    DatagramBounds bounds;
    bounds.links.links_per_host_max = 2;
    auto& b = add(there, {.bounds = bounds});
    say_who_asks(b);
    meet(add(elsewhere), there);
    for (std::uint16_t port = 1; port <= 4; ++port) {
        Told told;
        add(here.with_port(port)).ask(there, "who", told, 1s);
        settle();
        EXPECT_TRUE(told.message && count_sealed() > 0) << port;
    }
    EXPECT_EQ(b.core.tallies().sessions.get(), 5u);
    EXPECT_EQ(b.core.link_count(), 3u);
}

TEST_F(LinksTest, WhatWaitsForASessionIsWaitedForAndCountedWhereThereIsNone) {
    auto& a = add(here, with(SessionPolicy::require, hmac("secret")));
    auto& b = add(there, with(SessionPolicy::off, hmac("secret")));
    b.hear();
    EXPECT_FALSE(a.core.send(there, notify("news", ""), {}, {}));
    EXPECT_TRUE(a.core.waits_for_work());
    settle();
    EXPECT_FALSE(a.core.waits_for_work());
    EXPECT_EQ(a.core.tallies().send_failures.get(), 1u);
    EXPECT_EQ(b.heard.size(), 0u);
}

TEST_F(LinksTest, ASessionEndsWithItsSecret) {
    auto& a = add(here, with(SessionPolicy::offer, hmac("one")));
    auto& b = add(there, with(SessionPolicy::offer, hmac("one")));
    say_who_asks(b);
    meet(a, there);
    b.node->set_outer(hmac("two"));
    b.core.secrets_changed();
    Told refused;
    a.ask(there, "who", refused, 2s);
    pass(3s);
    EXPECT_FALSE(refused.message && refused.message->type() == MessageType::respond_uri);
}

}  // namespace
}  // namespace netaio::core
