#include "core/datagram_node.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "datagram_testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;

OwnedMessage asks(std::size_t size = 100) {
    return request("uri", std::string(size, 'c'));
}

TEST(DatagramNode, AnswersTheSenderOfARequest) {
    TestDatagrams test;
    test.node->router.add(Key(MessageType::request_uri), answering("content"));
    test.receive(asks());
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].to, there);
    EXPECT_FALSE(sent[0].to_group);
    EXPECT_EQ(sent[0].message().content(), "content");
}

TEST(DatagramNode, DropsAndCountsWhatIsNoMessage) {
    TestDatagrams test;
    const std::string frame = test.frame(asks());
    for (const std::string& bytes :
         {std::string(), std::string(1, '\0'), frame.substr(0, 9), std::string(100, '\xff')}) {
        test.receive(bytes);
    }
    EXPECT_EQ(test.core.tallies().rejected_malformed.get(), 4u);
    EXPECT_EQ(test.core.tallies().frames_in.get(), 0u);
    EXPECT_TRUE(test.take().empty());
}

TEST(DatagramNode, SendsToOneAndToTheGroup) {
    TestDatagrams test("local", {}, hmac("outer"));
    EXPECT_FALSE(test.core.send(there, publish("uri", "one"), {}, test.node->outer));
    EXPECT_FALSE(test.core.multicast(publish("uri", "all"), {}, test.node->outer));
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_EQ(sent[0].to, there);
    EXPECT_EQ(sent[0].message().content(), "one");
    EXPECT_TRUE(sent[1].to_group);
    EXPECT_EQ(sent[1].message().content(), "all");
    auto message = sent[1].message();
    EXPECT_FALSE(open_layer(message, hmac("outer"), test.node->context(nullptr)));
}

TEST(DatagramNode, RefusesWhatIsAboveTheDatagramSize) {
    TestDatagrams test("local", {.datagram_max = 100});
    const std::size_t rest = 100 - test.frame(publish("uri", "")).size();
    EXPECT_FALSE(test.core.send(there, publish("uri", std::string(rest, 'x')), {}, {}));
    EXPECT_EQ(test.core.send(there, publish("uri", std::string(rest + 1, 'x')), {}, {}),
              Errc::too_large);
    EXPECT_TRUE(test.logged("101 bytes is above datagram_max, 100"));
    EXPECT_EQ(test.take().size(), 1u);
}

TEST(DatagramNode, AnswersAnErrorInsteadOfAReplyAboveTheDatagramSize) {
    TestDatagrams test("local", {.datagram_max = 200});
    test.node->router.add(Key(MessageType::request_uri, "uri"), answering(std::string(300, 'x')));
    test.node->router.add(Key(MessageType::request_uri), answering("short"));
    test.receive(asks());
    EXPECT_TRUE(test.logged("dropped a reply"));
    test.receive(request("other"));
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_EQ(sent[0].message().type(), MessageType::error);
    EXPECT_EQ(sent[0].message().uri(), "uri");
    EXPECT_EQ(sent[0].message().content(), "the answer is too large to be sent");
    EXPECT_EQ(sent[1].message().content(), "short");
}

TEST(DatagramNode, RefusesMoreThanMayWait) {
    TestDatagrams test("local", {.outbox_max = 400});
    const auto send = [&] {
        return test.core.send(there, publish("uri", std::string(100, 'x')), {}, {});
    };
    EXPECT_FALSE(send());
    EXPECT_FALSE(send());
    EXPECT_EQ(send(), Errc::queue_full);
    EXPECT_EQ(test.core.tallies().dropped_newest.get(), 1u);
    EXPECT_EQ(test.take().size(), 2u);
    EXPECT_FALSE(send());
}

TEST(DatagramNode, BoundsWhatWaitsForManyToo) {
    TestDatagrams test("local", {.outbox_max = 100 * sizeof(Outbox::Item)});
    for (int i = 0; i < 90; ++i) {
        test.node->peers.hear(Peer{.id = std::to_string(i)}, host(i), {});
    }
    EXPECT_FALSE(test.core.broadcast(publish("u", ""), {}, {}));
    EXPECT_EQ(test.core.broadcast(publish("u", ""), {}, {}), Errc::queue_full);
    EXPECT_LE(test.take().size(), 100u);
}

TEST(DatagramNode, SendsADatagramThatIsAboveItsRoomAlone) {
    TestDatagrams test("local", {.outbox_max = 50});
    EXPECT_FALSE(test.core.send(there, publish("uri", std::string(100, 'x')), {}, {}));
    EXPECT_EQ(test.take().size(), 1u);
}

TEST(DatagramNode, SendsWhatAHandlerSendsBeforeItsReply) {
    TestDatagrams test("local", {}, hmac("outer"));
    test.node->router.add(
        Key(MessageType::request_uri), calling([&](const Message& message, Source&) {
            for (const char* content : {"first", "second"}) {
                EXPECT_FALSE(
                    test.core.send(elsewhere, publish("to", content), {}, test.node->outer));
            }
            return respond(message.uri(), "reply");
        }));
    test.core.send(elsewhere, publish("to", "before"), {}, {});
    test.receive(asks());
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 4u);
    const char* contents[] = {"before", "first", "second", "reply"};
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(sent[i].message().content(), contents[i]);
        EXPECT_EQ(sent[i].to, i == 3 ? there : elsewhere);
    }
}

TEST(DatagramNode, KeepsAReplyWholeWhenWhatItsHandlerSentWasRefused) {
    TestDatagrams test("local", {.datagram_max = 200});
    test.node->router.add(
        Key(MessageType::request_uri), calling([&](const Message& message, Source&) {
            EXPECT_EQ(test.core.send(elsewhere, publish("to", std::string(300, 'x')), {}, {}),
                      Errc::too_large);
            return respond(message.uri(), "reply");
        }));
    test.receive(asks());
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].message().content(), "reply");
}

TEST(DatagramNode, AnswersForAHandlerThatThrowsAndLivesOn) {
    TestDatagrams test;
    test.node->router.add(
        Key(MessageType::request_uri),
        calling([&](const Message& message, Source&) -> std::optional<OwnedMessage> {
            test.core.send(elsewhere, publish("to", "sent"), {}, {});
            if (message.content() == "number") {
                throw 1;
            }
            throw std::runtime_error("broken");
        }));
    for (const char* content : {"", "number"}) {
        test.receive(request("uri", content));
        const auto sent = test.take();
        ASSERT_EQ(sent.size(), 2u);
        EXPECT_EQ(sent[0].to, elsewhere);
        EXPECT_EQ(sent[1].to, there);
        EXPECT_EQ(sent[1].type(), MessageType::error);
        EXPECT_EQ(sent[1].message().uri(), "uri");
    }
    EXPECT_EQ(test.core.tallies().handler_failures.get(), 2u);
}

TEST(DatagramNode, FinishesHandlersThatSuspendInAnyOrder) {
    TestDatagrams test;
    test.node->router.add(Key(MessageType::request_uri),
                          {std::make_shared<CallingHandler>(nullptr, true), {}});
    test.receive(request("a"), there);
    test.receive(request("b"), elsewhere);
    test.receive(request("c"), here);
    EXPECT_TRUE(test.take().empty());
    ASSERT_EQ(test.started.size(), 3u);
    test.core.handler_ended(*test.started[1], respond("b", "done"), {});
    test.core.handler_ended(*test.started[0], std::nullopt,
                            std::make_exception_ptr(std::runtime_error("broken")));
    test.core.handler_ended(*test.started[2], std::nullopt, {});
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_EQ(sent[0].to, elsewhere);
    EXPECT_EQ(sent[0].message().content(), "done");
    EXPECT_EQ(sent[1].to, there);
    EXPECT_EQ(sent[1].type(), MessageType::error);
}

TEST(DatagramNode, RunsNoMoreSuspendedHandlersThanItMay) {
    TestDatagrams test("local", {.handlers_max = 2});
    test.node->router.add(Key(MessageType::request_uri),
                          {std::make_shared<CallingHandler>(nullptr, true), {}});
    for (int i = 0; i < 4; ++i) {
        test.receive(asks());
    }
    EXPECT_EQ(test.started.size(), 2u);
    EXPECT_EQ(test.core.tallies().dropped_newest.get(), 2u);
    test.core.handler_ended(*test.started[0], std::nullopt, {});
    test.receive(asks());
    EXPECT_EQ(test.started.size(), 3u);
}

TEST(DatagramNode, LimitsAutomaticRepliesToOneSource) {
    TestDatagrams test("local", {.replies_per_second = 3});
    const std::string frame = test.frame(asks());
    for (const std::string& bytes : {frame, with_bad_checksum(frame)}) {
        for (int i = 0; i < 10; ++i) {
            test.receive(bytes);
            test.receive(bytes, elsewhere);
        }
        const auto sent = test.take();
        EXPECT_EQ(sent.size(), 6u);
        for (const auto& one : sent) {
            EXPECT_LE(one.bytes.size(), frame.size());
        }
        test.clock->advance(std::chrono::seconds(1));
    }
    EXPECT_EQ(test.core.tallies().replies_withheld.get(), 28u);
}

TEST(DatagramNode, SendsNoAutomaticReplyThatIsLargerThanTheDatagram) {
    for (const Plugins& outer : {Plugins(), hmac("outer")}) {
        TestDatagrams test("local", {.replies_per_second = 1000}, outer);
        for (std::size_t size = 0; size < 200; ++size) {
            const std::string frame = test.frame(asks(size));
            for (const std::string& bytes : {frame, with_bad_checksum(frame)}) {
                test.receive(bytes);
                for (const auto& sent : test.take()) {
                    EXPECT_LE(sent.bytes.size(), bytes.size());
                }
            }
        }
        EXPECT_GT(test.core.tallies().frames_out.get(), 0u);
        EXPECT_GT(test.core.tallies().replies_withheld.get(), 0u);
    }
}

TEST(DatagramNode, DoesNotLimitRepliesToThoseItBelieves) {
    TestDatagrams test("local", {.replies_per_second = 1}, hmac("outer"));
    for (int i = 0; i < 10; ++i) {
        test.receive(request("u"));
    }
    EXPECT_EQ(test.take().size(), 10u);
}

// Hands what each of two nodes sends to the other until both are silent, and counts the datagrams.
int exchanges(TestDatagrams& a, TestDatagrams& b, const std::string& first) {
    b.receive(first, here);
    int count = 1;
    for (bool silent = false; !silent && count < 20;) {
        silent = true;
        for (auto* from : {&b, &a}) {
            for (auto& sent : from->take()) {
                silent = false;
                ++count;
                (from == &b ? a : b).receive(sent.bytes, from == &b ? there : here);
            }
        }
    }
    return count;
}

TEST(DatagramNode, NeverAnswersTheErrorsOfAnotherNode) {
    const std::vector<Plugins> secrets{{}, hmac("a"), hmac("b"), hmac_and_cipher("a")};
    for (const Plugins& of_a : secrets) {
        for (const Plugins& of_b : secrets) {
            TestDatagrams a("a", {.replies_per_second = 1e6}, of_a);
            TestDatagrams b("b", {.replies_per_second = 1e6}, of_b);
            for (int type = 0; type < 256; ++type) {
                if (!a.node->types.contains(static_cast<MessageType>(type))) {
                    continue;
                }
                const std::string frame = a.frame(
                    OwnedMessage(static_cast<MessageType>(type), "uri", std::string(300, 'c')), {},
                    of_a);
                EXPECT_LE(exchanges(a, b, frame), 3) << type;
                EXPECT_LE(exchanges(a, b, with_bad_checksum(frame)), 3) << type;
            }
        }
    }
}

struct DatagramRequestsTest : testing::Test {
    Result<RequestTable::Id> ask(const Address& to, std::chrono::milliseconds timeout,
                                 Told& asking) {
        return test.core.request(to, request("uri"), {}, timeout, asking.completion());
    }

    TestDatagrams test{"local", {.datagram_max = 1000, .requests_max = 3}};
    std::chrono::seconds second{1};
    Told told, other;
};

TEST_F(DatagramRequestsTest, TakeAnAnswerFromWhereItWasAsked) {
    ASSERT_TRUE(ask(there, second, told));
    test.receive(respond("uri", "spoofed"), elsewhere);
    test.receive(respond("other", "other"), there);
    EXPECT_EQ(told.times, 0);
    test.receive(respond("uri", "answer"), there);
    EXPECT_EQ(told.times, 1);
    EXPECT_FALSE(told.error);
    EXPECT_EQ(told.message->content(), "answer");
    test.receive(respond("uri", "again"), there);
    EXPECT_EQ(told.times, 1);
    EXPECT_EQ(test.core.tallies().late_answers.get(), 0u) << "none is expected";
}

TEST_F(DatagramRequestsTest, EndWithAnErrorThatHasNoUriWhenItCanOnlyBeTheirs) {
    ASSERT_TRUE(ask(there, second, told));
    ASSERT_TRUE(ask(here, second, other));
    test.receive(not_found("ERROR"), elsewhere);
    EXPECT_EQ(told.times, 0);
    test.receive(not_found("ERROR"), there);
    ASSERT_TRUE(told.message);
    EXPECT_EQ(told.message->type(), MessageType::not_found);
    EXPECT_EQ(other.times, 0) << "another place was asked";
    ASSERT_TRUE(ask(here, second, told));
    test.receive(not_found("ERROR"), here);
    EXPECT_EQ(other.times, 0) << "which of two it is about is not known";
}

TEST_F(DatagramRequestsTest, WaitOnAfterAnErrorWithoutAUriThatFailsTheirPlugins) {
    const Plugins inner = hmac("inner");
    ASSERT_TRUE(test.core.request(there, request("uri"), inner, second, told.completion()));
    test.receive(not_found("ERROR"), there);
    EXPECT_EQ(told.times, 0);
    test.receive(respond("uri", "answer"), there, inner);
    EXPECT_EQ(told.times, 1);
    EXPECT_FALSE(told.error);
}

TEST(DatagramNode, BelievesARefusalThatTheOuterLayerAccepted) {
    TestDatagrams test("local", {}, hmac("outer"));
    Told told;
    ASSERT_TRUE(test.core.request(there, request("uri"), hmac("inner", "hmac2"),
                                  std::chrono::seconds(1), told.completion()));
    test.receive(OwnedMessage(MessageType::auth_error, "uri", "HMAC auth failed"));
    EXPECT_FALSE(told.error);
    ASSERT_TRUE(told.message);
    EXPECT_EQ(told.message->type(), MessageType::auth_error);
}

TEST_F(DatagramRequestsTest, TimeOutAndExpectNoLateAnswer) {
    ASSERT_TRUE(ask(there, second, told));
    EXPECT_EQ(test.woken, 1);
    EXPECT_EQ(test.core.next(), test.clock->steady_now() + second);
    test.core.tick();
    EXPECT_EQ(told.times, 0);
    test.clock->advance(second);
    test.core.tick();
    EXPECT_EQ(told.error, Errc::timeout);
    EXPECT_FALSE(test.core.next());
    ASSERT_TRUE(ask(there, second, other));
    test.receive(respond("uri", "answer"), there);
    EXPECT_EQ(other.message->content(), "answer");
    EXPECT_EQ(told.times, 1);
}

TEST_F(DatagramRequestsTest, WakeOnlyForSoonerDeadlines) {
    ASSERT_TRUE(ask(there, second * 2, told));
    ASSERT_TRUE(ask(there, second * 3, told));
    EXPECT_EQ(test.woken, 1);
    ASSERT_TRUE(ask(elsewhere, second, other));
    EXPECT_EQ(test.woken, 2);
    EXPECT_EQ(test.core.next(), test.clock->steady_now() + second);
    test.clock->advance(second);
    test.core.tick();
    EXPECT_EQ(other.times, 1);
    EXPECT_EQ(told.times, 0);
    EXPECT_EQ(test.core.next(), test.clock->steady_now() + second);
}

TEST_F(DatagramRequestsTest, AreBoundedOverAllAddresses) {
    for (const Address& to : {there, elsewhere, here}) {
        ASSERT_TRUE(ask(to, second, told));
    }
    test.take();
    EXPECT_EQ(ask(there, second, other).error(), Errc::queue_full);
    EXPECT_TRUE(test.take().empty());
    test.receive(respond("uri", ""), there);
    EXPECT_TRUE(ask(there, second, other));
    EXPECT_EQ(told.times, 1);
}

TEST_F(DatagramRequestsTest, AreNotKeptWhenTheyCannotBeSent) {
    const std::string content(1000, 'x');
    EXPECT_EQ(
        test.core.request(there, request("uri", content), {}, second, told.completion()).error(),
        Errc::too_large);
    EXPECT_FALSE(test.core.next());
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(ask(there, second, other));
    }
}

TEST_F(DatagramRequestsTest, EndWithTheReasonWhenTheirDatagramIsNotSent) {
    ASSERT_TRUE(ask(there, second, told));
    ASSERT_TRUE(
        test.core.request(there, request("uri", "content"), {}, second, other.completion()));
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 2u);
    const auto why = make_error_code(std::errc::network_unreachable);
    test.core.not_sent(sent[1].bytes, elsewhere, why);
    EXPECT_EQ(other.times, 0);
    for (int i = 0; i < 2; ++i) {
        test.core.not_sent(sent[1].bytes, there, why);
    }
    EXPECT_EQ(other.times, 1);
    EXPECT_EQ(other.error, why);
    EXPECT_EQ(told.times, 0);
    test.core.not_sent(sent[0].bytes, there, why);
    EXPECT_EQ(told.error, why);
    EXPECT_TRUE(ask(there, second, told)) << "there is room again";
}

TEST_F(DatagramRequestsTest, MakeRoomWhenCancelled) {
    for (int i = 0; i < 10; ++i) {
        const auto id = ask(there, second, told);
        ASSERT_TRUE(id);
        EXPECT_FALSE(test.core.cancel(elsewhere, *id));
        EXPECT_TRUE(test.core.cancel(there, *id));
        EXPECT_FALSE(test.core.cancel(there, *id));
    }
    EXPECT_EQ(told.times, 10);
}

TEST_F(DatagramRequestsTest, EndTogether) {
    ASSERT_TRUE(ask(there, second, told));
    ASSERT_TRUE(ask(elsewhere, second, told));
    test.core.end_requests(Errc::cancelled);
    EXPECT_EQ(told.times, 2);
    EXPECT_EQ(told.error, Errc::cancelled);
    test.clock->advance(second);
    test.core.tick();
    test.receive(respond("uri", ""), there);
    EXPECT_EQ(told.times, 2);
}

TEST_F(DatagramRequestsTest, TellALateAnswerFromTheirOwnByItsId) {
    const auto asked_with = [&] { return test.take().at(0).message().request_id(); };
    ASSERT_TRUE(ask(there, second, told));
    const auto late = asked_with();
    ASSERT_TRUE(late);
    test.clock->advance(second);
    test.core.tick();
    EXPECT_EQ(told.error, Errc::timeout);
    ASSERT_TRUE(ask(there, second, other));
    const auto next = asked_with();
    EXPECT_GT(next, late) << "ids go on, though nothing is kept of the first";
    test.receive(test.frame(respond("uri", "late"), {}, {}, late), there);
    EXPECT_EQ(other.times, 0);
    test.receive(test.frame(respond("other", "mismatching"), {}, {}, next), there);
    EXPECT_EQ(other.times, 0);
    test.receive(test.frame(respond("uri", "answer"), {}, {}, next), there);
    ASSERT_TRUE(other.message);
    EXPECT_EQ(other.message->content(), "answer");
    EXPECT_EQ(told.times, 1);
}

TEST_F(DatagramRequestsTest, AreSentWithAnIdThatOtherMessagesLack) {
    ASSERT_TRUE(ask(there, second, told));
    ASSERT_FALSE(test.core.send(there, request("uri"), {}, {}));
    const auto sent = test.take();
    const auto asked = sent.at(0).message();
    EXPECT_TRUE(asked.request_id());
    EXPECT_FALSE(sent.at(1).message().request_id());
    ASSERT_FALSE(test.core.send(elsewhere, asked, {}, {}));
    EXPECT_FALSE(test.take().at(0).message().request_id()) << "what is passed on is no request";
}

TEST_F(DatagramRequestsTest, MayBeAskedAgainByWhoeverIsTold) {
    int times = 0;
    std::function<void()> again = [&] {
        ASSERT_TRUE(test.core.request(there, request("uri"), {}, second,
                                      [&](std::error_code, const Message*) {
                                          if (++times < 4) {
                                              again();
                                          }
                                      }));
    };
    again();
    test.receive(respond("uri", ""), there);
    EXPECT_EQ(times, 1);
    for (int i = 0; i < 2; ++i) {
        test.clock->advance(second);
        test.core.tick();
    }
    EXPECT_EQ(times, 3);
    test.receive(respond("uri", ""), there);
    EXPECT_EQ(times, 4);
    EXPECT_EQ(test.take().size(), 4u);
}

}  // namespace
}  // namespace netaio::core
