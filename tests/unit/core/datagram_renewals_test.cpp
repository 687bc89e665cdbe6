#include <gtest/gtest.h>

#include "datagram_testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

struct DatagramRenewalsTest : testing::Test {
    explicit DatagramRenewalsTest(const DatagramBounds& bounds = {}) : test("local", bounds) {}

    // Moves time to when the node wants it, again and again, for so long; gives what it sends to
    // one address.
    std::vector<TestDatagrams::Sent> run_for(milliseconds time) {
        std::vector<TestDatagrams::Sent> sent;
        const auto end = test.clock->steady_now() + time;
        const auto collect = [&] {
            for (auto& one : test.take()) {
                if (!one.to_group) {
                    sent.push_back(std::move(one));
                }
            }
        };
        collect();
        while (test.core.next() && *test.core.next() <= end) {
            const auto now = test.clock->steady_now();
            test.clock->advance(
                std::max(0ms, std::chrono::duration_cast<milliseconds>(*test.core.next() - now)));
            test.core.tick();
            if (test.core.next()) {
                EXPECT_GT(*test.core.next(), test.clock->steady_now()) << "it would never stop";
            }
            collect();
        }
        test.clock->advance(
            std::chrono::duration_cast<milliseconds>(end - test.clock->steady_now()));
        return sent;
    }

    TestDatagrams test;
};

struct KeptIntroductionsTest : DatagramRenewalsTest {
    void answer(const Address& from = there) {
        test.receive(test.peer_says(MessageType::peer_discovered, "other"), from);
    }
};

TEST_F(KeptIntroductionsTest, AreSentOnceWherePeersAreManaged) {
    EXPECT_FALSE(test.core.keep_introduced(there));
    EXPECT_TRUE(run_for(1h).empty());
    test.core.peer_manager().manage({});
    const auto sent = run_for(1ms);
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].to, there);
    EXPECT_EQ(sent[0].type(), MessageType::advertise_peer);
    test.core.peer_manager().stop_all();
    EXPECT_TRUE(run_for(1h).empty());
}

TEST_F(KeptIntroductionsTest, AreRepeatedWithGrowingPausesUntilAnswered) {
    test.core.peer_manager().manage({});
    EXPECT_FALSE(test.core.keep_introduced(there));
    // At 0, 1, 3, 7, 15, 31 s and every 30 s, each pause up to a third shorter.
    const auto sent = run_for(10min).size();
    EXPECT_GE(sent, 5u + 19u);
    EXPECT_LE(sent, 7u + 28u);
    answer(elsewhere);
    EXPECT_FALSE(run_for(30s).empty()) << "somebody else answered";
    answer();
    EXPECT_TRUE(run_for(17s).empty());
}

TEST_F(KeptIntroductionsTest, AreRenewedInTimeAfterAnAnswer) {
    test.core.peer_manager().manage({});
    EXPECT_FALSE(test.core.keep_introduced(there));
    run_for(1ms);
    std::size_t sent = 0;
    for (int i = 0; i < 100; ++i) {
        answer();
        const auto again = run_for(22s);
        sent += again.size();
        EXPECT_GE(again.size(), 1u);
    }
    EXPECT_LE(sent, 400u) << "repeated within the rest of 22 s";
}

TEST_F(KeptIntroductionsTest, BeginAgainWhenThePeerLeaves) {
    test.core.peer_manager().manage({});
    EXPECT_FALSE(test.core.keep_introduced(there));
    run_for(1ms);
    answer();
    EXPECT_TRUE(run_for(10s).empty());
    test.receive(test.peer_says(MessageType::disconnect, "other"), there);
    EXPECT_FALSE(test.knows("other"));
    EXPECT_EQ(run_for(1s).size(), 1u);
}

TEST_F(KeptIntroductionsTest, EndWhenTakenBack) {
    test.core.peer_manager().manage({});
    EXPECT_FALSE(test.core.stop_introducing(there));
    EXPECT_FALSE(test.core.keep_introduced(there));
    EXPECT_FALSE(test.core.keep_introduced(there)) << "which changes nothing";
    EXPECT_EQ(run_for(1ms).size(), 1u);
    EXPECT_TRUE(test.core.stop_introducing(there));
    EXPECT_TRUE(run_for(1h).empty());
}

TEST_F(KeptIntroductionsTest, LeaveTheNodeItselfOut) {
    test.core.peer_manager().manage({});
    test.core.know_own_addresses([](const Address& to) { return to == here; });
    EXPECT_FALSE(test.core.keep_introduced(here));
    EXPECT_TRUE(run_for(1h).empty());
    EXPECT_EQ(test.core.keep_introduced(*Address::parse("unix:/run/x")), Errc::unsupported);
}

TEST_F(KeptIntroductionsTest, BeginAnewWithANetwork) {
    test.core.peer_manager().manage({});
    EXPECT_FALSE(test.core.keep_introduced(there));
    run_for(10min);
    run_for(1s);
    test.core.renew_all();
    EXPECT_GE(run_for(4s).size(), 2u) << "with the first pauses again";
}

struct FewIntroductionsTest : DatagramRenewalsTest {
    FewIntroductionsTest() : DatagramRenewalsTest({.introductions_max = 2}) {}
};

TEST_F(FewIntroductionsTest, AreBounded) {
    EXPECT_FALSE(test.core.keep_introduced(host(1)));
    EXPECT_FALSE(test.core.keep_introduced(host(2)));
    EXPECT_EQ(test.core.keep_introduced(host(3)), Errc::queue_full);
    EXPECT_TRUE(test.core.stop_introducing(host(1)));
    EXPECT_FALSE(test.core.keep_introduced(host(3)));
}

struct SubscriptionsThereTest : DatagramRenewalsTest {
    explicit SubscriptionsThereTest(const DatagramBounds& bounds = {})
        : DatagramRenewalsTest(bounds) {
        test.core.when_subscription_lost(
            [this](const Address& from, ByteView uri, const Message& answer) {
                EXPECT_EQ(from, there);
                lost.push_back(uri.str() + ": " + std::string(built_in_name(answer.type())));
            });
        test.node->router.add(Key(MessageType::notify_uri),
                              calling([this](const Message& message, Source&) {
                                  notified.push_back(message.content().str());
                                  return std::nullopt;
                              }));
    }

    void ask(const std::string& words = {}, ByteView uri = "uri") {
        EXPECT_TRUE(test.core.subscribe_there(there,
                                              OwnedMessage(MessageType::subscribe_uri, uri, words),
                                              !words.empty(), {}, 10s, told.completion()));
    }
    void answer(const std::string& grant = {}, MessageType type = MessageType::confirm_subscribe) {
        test.receive(OwnedMessage(type, "uri", grant));
    }
    // Asks and grants.
    void subscribe(const std::string& words = {}, const std::string& grant = {}) {
        ask(words);
        test.take();
        answer(grant);
        EXPECT_EQ(told.times, 1);
        EXPECT_FALSE(told.error);
    }

    Told told;
    std::vector<std::string> lost;
    std::vector<std::string> notified;
};

TEST_F(SubscriptionsThereTest, AreAskedForAgainInTime) {
    subscribe("prefix", "prefix\n");
    EXPECT_TRUE(run_for(107s).empty());
    const auto sent = run_for(26s);
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(sent[0].to, there);
    EXPECT_EQ(sent[0].type(), MessageType::subscribe_uri);
    EXPECT_EQ(sent[0].message().uri(), "uri");
    EXPECT_EQ(sent[0].message().content(), "prefix");
    EXPECT_TRUE(sent[0].message().request_id());
    answer("prefix\n");
    EXPECT_TRUE(run_for(107s).empty());
    EXPECT_EQ(told.times, 1);
    EXPECT_TRUE(lost.empty());
}

TEST_F(SubscriptionsThereTest, AreAskedForWithGrowingPausesWhileThereIsNoAnswer) {
    subscribe();
    const auto sent = run_for(2min + 10min).size();
    EXPECT_GE(sent, 5u + 17u);
    EXPECT_LE(sent, 7u + 28u);
    answer();
    EXPECT_TRUE(run_for(107s).empty());
    EXPECT_TRUE(lost.empty());
}

TEST_F(SubscriptionsThereTest, EndWithUnsubscribing) {
    subscribe();
    EXPECT_TRUE(test.core.request(there, OwnedMessage(MessageType::unsubscribe_uri, "uri"), {}, 1s,
                                  [](std::error_code, const Message*) {}));
    test.take();
    EXPECT_TRUE(run_for(1h).empty());
}

TEST_F(SubscriptionsThereTest, OfAPrefixAndOfAUriAreTwo) {
    subscribe();
    ask("prefix");
    test.take();
    answer("prefix\n");
    EXPECT_TRUE(test.core.request(there, OwnedMessage(MessageType::unsubscribe_uri, "uri"), {}, 1s,
                                  [](std::error_code, const Message*) {}));
    test.take();
    const auto sent = run_for(132s);
    ASSERT_FALSE(sent.empty());
    for (const auto& one : sent) {
        EXPECT_EQ(one.message().content(), "prefix");
    }
}

TEST_F(SubscriptionsThereTest, ThatWereEndedMeanwhileAreEndedOnceMore) {
    subscribe();
    ASSERT_FALSE(run_for(132s).empty());
    EXPECT_TRUE(test.core.request(there, OwnedMessage(MessageType::unsubscribe_uri, "uri"), {}, 1s,
                                  [](std::error_code, const Message*) {}));
    test.take();
    answer();
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 1u) << "the other may have been asked last";
    EXPECT_EQ(sent[0].type(), MessageType::unsubscribe_uri);
    EXPECT_TRUE(run_for(1h).empty());
}

TEST_F(SubscriptionsThereTest, EndWithARefusalWhichIsTold) {
    for (const auto type : {MessageType::error, MessageType::not_found, MessageType::auth_error,
                            MessageType::not_permitted}) {
        told = {};
        subscribe();
        ASSERT_FALSE(run_for(132s).empty());
        answer("no", type);
        EXPECT_EQ(lost, std::vector{"uri: " + std::string(built_in_name(type))});
        EXPECT_TRUE(test.logged("no longer subscribed to 'uri'"));
        EXPECT_TRUE(run_for(1h).empty());
        lost.clear();
    }
}

TEST_F(SubscriptionsThereTest, EndWithARefusalThatAHandlerHears) {
    std::vector<std::string> heard;
    test.node->router.add(Key(MessageType::not_permitted, "uri"),
                          calling([&](const Message& message, Source& from) {
                              EXPECT_EQ(from.remote(), there);
                              EXPECT_TRUE(lost.empty());
                              heard.push_back(message.uri().str());
                              return std::nullopt;
                          }));
    subscribe();
    ASSERT_FALSE(run_for(132s).empty());
    answer({}, MessageType::not_permitted);
    EXPECT_EQ(heard, std::vector<std::string>{"uri"});
    EXPECT_EQ(lost.size(), 1u);
    EXPECT_EQ(test.core.tallies().unhandled.get(), 0u);
}

TEST_F(SubscriptionsThereTest, DoNotEndWithAnAnswerToADamagedRequest) {
    subscribe();
    ASSERT_FALSE(run_for(132s).empty());
    test.receive(error("invalid message", "ERROR"));
    EXPECT_TRUE(lost.empty());
    EXPECT_FALSE(run_for(30s).empty());
}

TEST_F(SubscriptionsThereTest, AreNoneWhereTheyWereRefusedOrNotAnswered) {
    ask();
    test.take();
    answer("no", MessageType::not_permitted);
    EXPECT_EQ(told.message->type(), MessageType::not_permitted);
    ask();
    test.take();
    EXPECT_TRUE(run_for(1h).empty());
    EXPECT_EQ(told.error, Errc::timeout);
    EXPECT_TRUE(lost.empty());
}

TEST_F(SubscriptionsThereTest, AreEndedWhereNotAllIsGranted) {
    ask("prefix");
    test.take();
    answer("prefix");  // as one that echoes
    EXPECT_EQ(told.error, Errc::unsupported);
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].type(), MessageType::unsubscribe_uri);
    EXPECT_EQ(sent[0].message().content(), "prefix");
    EXPECT_TRUE(run_for(1h).empty());
}

TEST_F(SubscriptionsThereTest, OfOnesOwnWordsAreTakenAsTheyAre) {
    const OwnedMessage own(MessageType::subscribe_uri, "uri", "prefix of my own");
    EXPECT_TRUE(test.core.subscribe_there(there, own, false, {}, 10s, told.completion()));
    test.take();
    answer("any");
    ASSERT_TRUE(told.message);
    EXPECT_EQ(told.message->content(), "any");
    const auto sent = run_for(132s);
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(sent[0].message().content(), "prefix of my own");
    answer("any");
    EXPECT_TRUE(lost.empty());
}

TEST_F(SubscriptionsThereTest, BringThePresentValueEachTime) {
    subscribe("present", "present\none");
    EXPECT_EQ(notified, std::vector<std::string>{"one"});
    ASSERT_FALSE(run_for(132s).empty());
    answer("present\ntwo");
    EXPECT_EQ(notified, (std::vector<std::string>{"one", "two"}));
    ASSERT_FALSE(run_for(132s).empty());
    answer("absent\n");
    EXPECT_EQ(notified.size(), 2u);
}

TEST_F(SubscriptionsThereTest, StayWhenAskingOnceMoreIsNotAnswered) {
    subscribe();
    ask();
    test.take();
    const auto sent = run_for(132s);
    EXPECT_EQ(told.error, Errc::timeout);
    EXPECT_FALSE(sent.empty());
}

TEST_F(SubscriptionsThereTest, AreRenewedSoonWhereSomebodyJoins) {
    test.core.peer_manager().manage({});
    subscribe();
    EXPECT_TRUE(run_for(10s).empty());
    test.receive(test.peer_says(MessageType::peer_discovered, "stranger"), elsewhere);
    EXPECT_TRUE(run_for(1s).empty());
    test.receive(test.peer_says(MessageType::peer_discovered, "anew"), there);
    const auto sent = run_for(1s);
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(sent[0].type(), MessageType::subscribe_uri);
    answer();
    // However often somebody seems to join there.
    std::size_t count = 0;
    for (int i = 0; i < 1000; ++i) {
        test.receive(test.peer_says(MessageType::peer_discovered, std::to_string(i)), there);
        count += run_for(10ms).size();
    }
    EXPECT_LE(count, 15u);
}

TEST_F(SubscriptionsThereTest, EndWithTheNode) {
    subscribe();
    ask("", "other");
    test.take();
    test.core.end_renewals();
    test.core.end_requests(Errc::cancelled);
    EXPECT_EQ(told.error, Errc::cancelled);
    EXPECT_TRUE(run_for(1h).empty());
    EXPECT_TRUE(lost.empty());
}

TEST_F(SubscriptionsThereTest, MayBeTakenUpAgainByWhoIsTold) {
    test.core.when_subscription_lost([this](const Address&, ByteView, const Message&) { ask(); });
    subscribe();
    ASSERT_FALSE(run_for(132s).empty());
    answer("no", MessageType::error);
    EXPECT_EQ(test.take().size(), 1u);
    answer();
    EXPECT_EQ(told.times, 2);
    EXPECT_FALSE(run_for(132s).empty());
}

struct FewSubscriptionsThereTest : SubscriptionsThereTest {
    FewSubscriptionsThereTest() : SubscriptionsThereTest({.renewals_max = 1}) {}
};

TEST_F(FewSubscriptionsThereTest, AreBounded) {
    subscribe();
    const OwnedMessage other(MessageType::subscribe_uri, "other");
    EXPECT_EQ(test.core.subscribe_there(there, other, false, {}, 1s, told.completion()).error(),
              Errc::queue_full);
    EXPECT_TRUE(test.take().empty());
    ask();
    EXPECT_EQ(test.take().size(), 1u) << "which is kept already";
}

struct SubscriptionsNeverRenewedTest : SubscriptionsThereTest {
    SubscriptionsNeverRenewedTest() : SubscriptionsThereTest({.renew_subscriptions = never}) {}
};

TEST_F(SubscriptionsNeverRenewedTest, AreAskedForOnce) {
    subscribe("present", "present\none");
    EXPECT_EQ(notified, std::vector<std::string>{"one"});
    EXPECT_TRUE(run_for(1h).empty());
}

struct DatagramGrantsTest : DatagramRenewalsTest {
    std::string grant(ByteView uri, const SubscriptionWords& words, const Address& who = there) {
        const auto granted = test.core.grant(uri, words, who);
        return granted ? granted->str() : granted.error().message();
    }
    std::vector<Address> notify(ByteView uri) {
        EXPECT_FALSE(test.core.notify(uri, netaio::notify(uri, "x"), {}, {}));
        std::vector<Address> to;
        for (const auto& sent : test.take()) {
            to.push_back(sent.to);
        }
        return to;
    }
};

TEST_F(DatagramGrantsTest, AreOfUrisAndPrefixesEachNotifiedOnce) {
    EXPECT_EQ(grant("room/a", {}), "");
    EXPECT_EQ(grant("room/", {.prefix = true}), "prefix\n");
    EXPECT_EQ(grant("", {.prefix = true}), "prefix\n");
    EXPECT_EQ(grant("room/", {.prefix = true}, elsewhere), "prefix\n");
    EXPECT_EQ(notify("room/a"), (std::vector{there, elsewhere}));
    EXPECT_EQ(notify("roof"), std::vector{there});
    EXPECT_EQ(test.core.subscriber_count("room/"), 0u);
    EXPECT_TRUE(test.core.unsubscribe("", there, Span::prefix));
    EXPECT_FALSE(test.core.unsubscribe("", there, Span::prefix));
    EXPECT_TRUE(notify("roof").empty());
    EXPECT_TRUE(test.core.unsubscribe("room/", there, Span::prefix));
    EXPECT_EQ(notify("room/a"), (std::vector{there, elsewhere}));
    EXPECT_EQ(notify("room/b"), std::vector{elsewhere});
}

TEST_F(DatagramGrantsTest, AreOfNoPrefixOfMoreThan1024Bytes) {
    EXPECT_FALSE(test.core.subscribe(std::string(1024, 'p'), there, Span::prefix));
    EXPECT_EQ(test.core.subscribe(std::string(1025, 'p'), there, Span::prefix), Errc::too_large);
}

TEST_F(DatagramGrantsTest, AreOfThePresentValueOfAUriAlone) {
    EXPECT_EQ(grant("a", {.present = true}), "absent\n");
    EXPECT_FALSE(test.node->present.set("a", "value", [] {}));
    EXPECT_EQ(grant("a", {.present = true}), "present\nvalue");
    EXPECT_EQ(grant("a", {.prefix = true, .present = true}), "prefix\n");
    EXPECT_FALSE(test.node->present.set("a", std::string(65'400, 'x'), [] {}));
    EXPECT_EQ(grant("a", {.present = true}), "") << "it would not fit";
}

TEST_F(DatagramGrantsTest, ToOneAddressAreBoundedTogether) {
    TestDatagrams small("local", {.subscriptions_max = 2 * 880 + 8});
    EXPECT_TRUE(small.core.grant("a", {}, there));
    EXPECT_TRUE(small.core.grant("b", {.prefix = true}, there));
    EXPECT_EQ(small.core.grant("c", {.prefix = true}, there).error(), Errc::queue_full);
    EXPECT_EQ(small.core.grant("c", {}, there).error(), Errc::queue_full);
    EXPECT_TRUE(small.core.grant("c", {}, elsewhere));
}

}  // namespace
}  // namespace netaio::core
