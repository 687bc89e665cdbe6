#include "core/session.hpp"
#include "linked_nodes.hpp"

/// What sessions stand beside loss: others at the same address, others' words, clocks, interfaces.
namespace netaio::core {
namespace {

using namespace test;
using namespace std::chrono_literals;

class LinksTroubleTest : public LinkedNodes {};

TEST_F(LinksTroubleTest, WhoMovesToWhereSomebodyElseWasTakesNothingOver) {
    auto& a = add(here);
    auto& b = add(there);
    auto& c = add(elsewhere);
    meet(a, there);
    meet(a, elsewhere);
    EXPECT_FALSE(a.core.subscribe("news of b", there));
    EXPECT_FALSE(a.core.subscribe("news of c", elsewhere));
    Told of_b;
    Told of_c;
    a.ask(there, "b", of_b);
    a.ask(elsewhere, "c", of_c);
    (void)take();

    seen[there] = elsewhere;
    EXPECT_FALSE(b.core.send(here, notify("hello", ""), {}, {}));
    auto sent = take();
    ASSERT_EQ(sent.size(), 1u);
    deliver(sent[0]);
    EXPECT_TRUE(take().empty());
    EXPECT_EQ(of_c.times + of_b.times, 0);
    EXPECT_EQ(a.core.subscriber_count("news of b"), 1u);
    EXPECT_EQ(a.core.subscriber_count("news of c"), 1u);
    EXPECT_EQ(a.core.link_count(), 2u);
    a.core.end_requests(Errc::cancelled);
    (void)c;
    (void)take();
}

TEST_F(LinksTroubleTest, NothingOfWhoWasThereBeforeCountsAsOfWhoIsThereNow) {
    auto& a = add(here);
    std::vector<std::string> heard;
    a.answer(MessageType::notify_uri, [&](const Message& message, Source&) {
        heard.push_back(message.who().str());
        return std::nullopt;
    });
    auto& b = add(there, keyed('b'));
    EXPECT_FALSE(b.core.send(here, notify("news", ""), {}, {}));
    settle();
    EXPECT_FALSE(b.core.send(here, notify("news", ""), {}, {}));
    const auto late = take();
    ASSERT_EQ(late.size(), 1u);

    auto& c = restart(there, keyed('c'));
    EXPECT_FALSE(c.core.send(here, notify("news", ""), {}, {}));
    settle();
    deliver(late[0]);
    EXPECT_EQ(heard, (std::vector<std::string>{"session:" + to_string(key_of('b')),
                                               "session:" + to_string(key_of('c'))}));
}

TEST_F(LinksTroubleTest, NobodyIsMadeToSpeakWithItself) {
    const auto secretly = with(SessionPolicy::require, hmac("secret"));
    auto& a = add(here, secretly);
    say_who_asks(a);
    Told told;
    a.ask(there, "who", told, 5s);
    // All that it sends comes back, as if from there.
    for (int i = 0; i < 10; ++i) {
        for (auto& datagram : take()) {
            std::swap(datagram.from, datagram.to);
            deliver(datagram);
        }
    }
    EXPECT_FALSE(told.message);
    EXPECT_EQ(a.core.tallies().sessions.get(), 0u);
    EXPECT_GE(a.core.tallies().sessions_refused.get(), 1u);
}

TEST_F(LinksTroubleTest, WhatIsTooLargeForTheInterfaceIsToldAtOnce) {
    auto& a = add(here);
    auto& b = add(there);
    say_who_asks(b);
    Told first;
    a.ask(there, "who", first);
    Told told;
    (void)a.core.request(there, request("who", std::string(8000, 'n')), {}, 60s, told.completion());
    for (int i = 0; i < 20; ++i) {
        a.core.tick();
        for (auto& datagram : take()) {
            if (datagram.bytes.size() <= 1472) {
                deliver(datagram);
            } else if (datagram.from == here) {
                a.core.not_sent(datagram.bytes, there, make_error_code(std::errc::message_size));
            }
        }
    }
    EXPECT_TRUE(first.message);
    EXPECT_EQ(told.error, make_error_code(Errc::too_large));
    EXPECT_EQ(a.core.held_bytes(), 0u);
}

TEST_F(LinksTroubleTest, WhatIsAskedOfWhoMovesCanStillBeCancelled) {
    auto& a = add(here);
    auto& b = add(there);
    meet(a, there);
    Told told;
    const auto id = a.ask(there, "who", told);
    (void)take();
    seen[there] = elsewhere;
    EXPECT_FALSE(b.core.send(here, notify("hello", ""), {}, {}));
    deliver(take().at(0));
    EXPECT_TRUE(a.core.cancel(there, id));
    EXPECT_EQ(told.error, make_error_code(Errc::cancelled));
    EXPECT_FALSE(a.core.cancel(there, id));
}

TEST_F(LinksTroubleTest, AfterALongSilenceWhoeverSpeaksIsHeardSoon) {
    auto& a = add(here);
    auto& b = add(there);
    say_who_asks(a);
    say_who_asks(b);
    bool silent = false;
    loses = [&](const Datagram&) { return silent; };
    for (const bool anew : {false, true}) {
        Told first;
        a.ask(there, "who", first, 50s);
        pass(3s);
        ASSERT_TRUE(first.message);
        silent = true;
        Told lost;
        a.ask(there, "who", lost, 50s);
        pass(55s);
        EXPECT_EQ(lost.error, make_error_code(Errc::timeout));
        LinkedNode& other = anew ? restart(there) : b;
        Told unheard;
        other.ask(here, "who", unheard, 2s);
        pass(3s);
        silent = false;
        Told in_vain;
        (anew ? other : a).ask(anew ? here : there, "who", in_vain, 1s);
        pass(1s);
        Told told;
        (anew ? other : a).ask(anew ? here : there, "who", told, 5s);
        pass(1s);
        EXPECT_TRUE(told.message) << anew << ": " << told.error.message();
    }
}

TEST_F(LinksTroubleTest, WhoBothAskedAtOnceAreFollowedWhereTheyMove) {
    for (const bool moves : {false, true}) {
        auto& a = restart(here);
        auto& b = restart(there);
        Told of_b;
        Told of_a;
        a.ask(there, "who", of_b);
        b.ask(here, "who", of_a);
        settle();
        ASSERT_TRUE(of_a.message && of_b.message);
        LinkedNode& mover = moves ? b : a;
        LinkedNode& other = moves ? a : b;
        EXPECT_FALSE(other.core.subscribe("news", mover.at));
        seen[mover.at] = elsewhere;
        EXPECT_FALSE(mover.core.send(other.at, notify("hello", ""), {}, {}));
        settle();
        EXPECT_FALSE(other.core.notify("news", notify("news", ""), {}, {}));
        const auto sent = take();
        ASSERT_EQ(sent.size(), 1u);
        EXPECT_EQ(sent[0].to, elsewhere);
        seen.clear();
    }
}

TEST_F(LinksTroubleTest, SomebodysWordsDoNotKeepItFromFindingOutWhoStartedAnew) {
    auto& a = add(here);
    say_who_asks(add(there));
    meet(a, there);
    std::string forged;
    ASSERT_FALSE(encode_message(notify("news", ""), forged));
    a.core.receive(forged, there);
    settle();
    say_who_asks(restart(there));
    Told lost;
    a.ask(there, "who", lost, 1s);
    pass(1500ms);
    Told told;
    a.ask(there, "who", told, 2s);
    pass(1s);
    EXPECT_TRUE(told.message) << told.error.message();
}

TEST_F(LinksTroubleTest, APathThatCarriesLessThanItDidIsFoundOutInTime) {
    path_size = 9000 - 28;
    auto& a = add(here);
    auto& b = add(there);
    b.hear();
    EXPECT_FALSE(a.core.send(there, notify("news", ""), {}, {}));
    pass(4s);
    path_size = 1500 - 28;
    for (int i = 0; i < 130; ++i) {
        EXPECT_FALSE(a.core.send(there, notify("news", ""), {}, {}));
        pass(1s, 500ms);
    }
    b.heard.clear();
    for (int i = 0; i < 40; ++i) {
        EXPECT_FALSE(a.core.send(there, notify("news", std::string(100, 'n')), {}, {}));
    }
    settle();
    EXPECT_EQ(b.heard.size(), 40u);
}

TEST_F(LinksTroubleTest, NobodyAsksAgainAndAgainForWhoAnswersAllWithCookies) {
    auto& a = add(here);
    Told told;
    a.ask(there, "who", told);
    int questions = 0;
    for (int i = 0; i < 100; ++i) {
        for (const auto& datagram : take()) {
            const auto question = decode_message(datagram.bytes);
            ASSERT_TRUE(question);
            std::string answer;
            ASSERT_FALSE(encode_message(respond(session_uri, "\2" + std::string(16, 'c')), answer,
                                        question->request_id()));
            a.core.receive(answer, there);
            ++questions;
        }
    }
    EXPECT_LE(questions, 3);
}

TEST_F(LinksTroubleTest, WhoseClockWentBackIsWhoItWas) {
    const auto pinning = keyed('a', {.policy = SessionPolicy::offer, .peer_keys = {key_of('b')}});
    add(here, pinning);
    say_who_asks(add(there, keyed('b')));
    for (const auto time : {1'700'000'000s, 1'600'000'000s}) {
        clock->set(time);
        Told told;
        restart(here, pinning).ask(there, "who", told);
        pass(3s);
        EXPECT_TRUE(told.message) << told.error.message();
    }
}

}  // namespace
}  // namespace netaio::core
