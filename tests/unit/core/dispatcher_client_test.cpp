#include <gtest/gtest.h>

#include <stdexcept>

#include "testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;
using Kind = Outcome::Kind;

TEST(ClientDispatcher, ReturnsTheMessageWhenNothingHandlesIt) {
    for (const auto type : {MessageType::notify_uri, MessageType::request_uri, MessageType::error,
                            MessageType::auth_error}) {
        TestNode test(Role::client);
        const Outcome outcome = test.receive(test.frame(OwnedMessage(type, "uri", "content")));
        ASSERT_EQ(outcome.kind, Kind::returned);
        EXPECT_FALSE(outcome.handled);
        EXPECT_EQ(outcome.message->type(), type);
        EXPECT_EQ(outcome.message->content(), "content");
        EXPECT_EQ(test.sent, "");
    }
}

TEST(ClientDispatcher, ReturnsWhatTheHandlerReturnsElseTheMessage) {
    TestNode test(Role::client);
    test.node.router.add(Key(MessageType::notify_uri), answering("result"));
    test.node.router.add(Key(MessageType::ok),
                         calling([](const Message&, Source&) { return std::nullopt; }));
    Outcome outcome = test.receive(test.frame(notify("uri", "content")));
    ASSERT_EQ(outcome.kind, Kind::returned);
    EXPECT_TRUE(outcome.handled);
    EXPECT_EQ(outcome.message->content(), "result");
    outcome = test.receive(test.frame(ok("uri", "content")));
    EXPECT_TRUE(outcome.handled);
    EXPECT_EQ(outcome.message->content(), "content");
    EXPECT_EQ(test.sent, "") << "a client never sends by itself";
}

TEST(ClientDispatcher, ReturnsNothingAfterAHandlerThrew) {
    TestNode test(Role::client);
    test.node.router.add(Key(MessageType::notify_uri),
                         calling([](const Message&, Source&) -> std::optional<OwnedMessage> {
                             throw std::runtime_error("broken");
                         }));
    EXPECT_EQ(test.receive(test.frame(notify("uri", "content"))).kind, Kind::discarded);
    EXPECT_EQ(test.sent, "");
    EXPECT_EQ(test.tallies.handler_failures.get(), 1u);
    EXPECT_TRUE(test.logged("the handler of NOTIFY_URI threw: broken"));
}

TEST(ClientDispatcher, DiscardsBadChecksumsAndWhatCannotBeDecrypted) {
    TestNode test(Role::client);
    EXPECT_EQ(test.receive(with_bad_checksum(test.frame(ok("uri")))).kind, Kind::discarded);
    test.node.outer = {.cipher = stream_cipher({.key = "key"})};
    EXPECT_EQ(test.receive(test.frame(ok("uri"))).kind, Kind::discarded);
    EXPECT_EQ(test.sent, "");
    EXPECT_EQ(test.tallies.rejected_checksum.get(), 1u);
    EXPECT_EQ(test.tallies.rejected_decrypt.get(), 1u);
}

TEST(ClientDispatcher, ReturnsWhatItsAuthErrorHandlerGives) {
    TestNode test(Role::client, hmac("outer"));
    Outcome outcome = test.receive(test.frame(notify("uri", "content")));
    ASSERT_EQ(outcome.kind, Kind::returned);
    EXPECT_EQ(outcome.message->type(), MessageType::auth_error);
    EXPECT_EQ(outcome.message->content(), "HMAC auth failed");
    EXPECT_EQ(test.receive(test.frame(error("x"))).kind, Kind::discarded);
    test.node.on_auth_error = [](const AuthPlugin&, const Message&) { return std::nullopt; };
    EXPECT_EQ(test.receive(test.frame(notify("uri", "content"))).kind, Kind::discarded);
    EXPECT_EQ(test.sent, "");
    EXPECT_EQ(test.tallies.rejected_auth.get(), 3u);
}

TEST(ClientDispatcher, GivesAReplyToItsRequestAndToNobodyElse) {
    TestNode test(Role::client, hmac("outer"));
    int handled = 0;
    test.node.router.add(Key(MessageType::respond_uri),
                         calling([&](const Message&, Source&) -> std::optional<OwnedMessage> {
                             ++handled;
                             return std::nullopt;
                         }));
    Told told;
    test.request("uri", told);
    const std::string frame = test.frame(respond("uri", "content"), {}, hmac("outer"));
    EXPECT_EQ(test.receive(frame).kind, Kind::done);
    EXPECT_EQ(told.times, 1);
    EXPECT_FALSE(told.error);
    EXPECT_EQ(told.message->content(), "content");
    EXPECT_EQ(handled, 0);
    EXPECT_EQ(test.receive(frame).kind, Kind::returned);
    EXPECT_EQ(handled, 1);
    EXPECT_EQ(told.times, 1);
}

TEST(ClientDispatcher, GivesWhatThePeerRefusedAsTheReply) {
    for (const auto type : {MessageType::error, MessageType::auth_error, MessageType::not_found,
                            MessageType::not_permitted}) {
        TestNode test(Role::client);
        Told told;
        test.request("uri", told);
        EXPECT_EQ(test.receive(test.frame(OwnedMessage(type, "uri"))).kind, Kind::done);
        EXPECT_FALSE(told.error);
        EXPECT_EQ(told.message->type(), type);
    }
}

TEST(ClientDispatcher, TakesTheRequestsOwnPluginsOffItsReply) {
    const Plugins inner = hmac_and_cipher("inner", false);
    TestNode test(Role::client);
    Told told;
    test.request("uri", told, MessageType::request_uri, inner);
    test.receive(test.frame(respond("uri", "content"), inner));
    EXPECT_EQ(told.message->content(), "content");
}

TEST(ClientDispatcher, EndsARequestWhoseReplyFailsItsPlugins) {
    struct Case {
        OwnedMessage reply;
        Plugins sealed;
        Plugins expected;
        Errc error;
    };
    const Plugins cipher{.cipher = stream_cipher({.key = "key", .encrypt_uri = false})};
    const Case cases[] = {
        {respond("uri", "x"), hmac("wrong"), hmac("inner"), Errc::auth_failed},
        {not_found("uri"), {}, hmac("inner"), Errc::auth_failed},
        {OwnedMessage(MessageType::auth_error, "uri", "HMAC auth failed"),
         {},
         hmac("inner"),
         Errc::auth_failed_unverified},
        {respond("uri", "x"), {}, cipher, Errc::decrypt_failed},
    };
    for (const Case& one : cases) {
        TestNode test(Role::client);
        Told told;
        test.request("uri", told, MessageType::request_uri, one.expected);
        EXPECT_EQ(test.receive(test.frame(one.reply.own(), one.sealed)).kind, Kind::done);
        EXPECT_EQ(told.times, 1);
        EXPECT_EQ(told.error, one.error);
        EXPECT_FALSE(told.message);
        EXPECT_EQ(test.tallies.rejected_auth.get() + test.tallies.rejected_decrypt.get(), 1u);
    }
}

TEST(ClientDispatcher, DiscardsALateAnswer) {
    TestNode test(Role::client);
    Told first;
    Told second;
    test.requests.give_up(test.request("uri", first));
    test.request("uri", second);
    EXPECT_EQ(test.receive(test.frame(respond("uri", "late"))).kind, Kind::done);
    EXPECT_EQ(second.times, 0);
    EXPECT_EQ(test.tallies.late_answers.get(), 1u);
    test.receive(test.frame(respond("uri", "in time")));
    EXPECT_EQ(second.message->content(), "in time");
    EXPECT_EQ(first.times, 0);
}

TEST(ClientDispatcher, EndsTheOldestRequestWhenThePeerSaysItDoesNotBelieveUs) {
    for (const Plugins& outer : {hmac("outer"), hmac_and_cipher("outer"), Plugins()}) {
        TestNode test(Role::client, outer);
        Told first;
        Told second;
        test.request("a", first);
        test.request("b", second);
        EXPECT_EQ(test.receive(test.frame(error("HMAC auth failed"))).kind, Kind::done);
        EXPECT_EQ(first.error, Errc::auth_failed_unverified);
        EXPECT_EQ(second.times, 0);
        EXPECT_EQ(
            test.receive(test.frame(OwnedMessage(MessageType::auth_error, "b", "HMAC auth failed")))
                .kind,
            Kind::done);
        EXPECT_EQ(second.times, 1);
        EXPECT_EQ(second.message.has_value(), !outer.auth)
            << "without a check it is a reply like any other";
        EXPECT_NE(test.receive(test.frame(error("HMAC auth failed"))).kind, Kind::done)
            << "none waits";
    }
}

TEST(ClientDispatcher, EndsTheRequestWhoseReplyIsNotToBeBelieved) {
    TestNode test(Role::client, hmac("outer"));
    Told first;
    Told second;
    test.request("a", first);
    test.request("b", second);
    EXPECT_EQ(test.receive(test.frame(respond("b", "x"), {}, hmac("wrong"))).kind, Kind::done);
    EXPECT_EQ(second.error, Errc::auth_failed);
    EXPECT_FALSE(second.message);
    EXPECT_EQ(first.times, 0);
    EXPECT_EQ(test.receive(test.frame(respond("c", "x"))).kind, Kind::returned);
    EXPECT_EQ(test.receive(test.frame(notify("a", "x"))).kind, Kind::returned) << "it is no answer";
    EXPECT_EQ(first.times, 0);
    EXPECT_EQ(test.tallies.rejected_auth.get(), 3u);
}

TEST(ClientDispatcher, EndsTheOldestRequestWhenAnUnbelievableReplyHidesItsUri) {
    TestNode test(Role::client, hmac_and_cipher("outer"));
    Told first;
    Told second;
    test.request("a", first);
    test.request("b", second);
    EXPECT_EQ(test.receive(test.frame(respond("b", "x"), {}, hmac_and_cipher("wrong"))).kind,
              Kind::done);
    EXPECT_EQ(first.error, Errc::auth_failed);
    EXPECT_EQ(second.times, 0);
}

TEST(ClientDispatcher, TakesAnErrorWithoutAUriForTheAnswerToTheOnlyRequest) {
    for (const auto type : {MessageType::not_found, MessageType::error, MessageType::auth_error}) {
        for (const std::string& uri : {std::string(), std::string("ERROR")}) {
            TestNode test(Role::client);
            Told told;
            test.request("nothing", told);
            EXPECT_EQ(test.receive(test.frame(OwnedMessage(type, uri, "text"))).kind, Kind::done);
            EXPECT_EQ(told.times, 1);
            ASSERT_TRUE(told.message);
            EXPECT_EQ(told.message->type(), type);
            EXPECT_EQ(test.receive(test.frame(OwnedMessage(type, uri))).kind, Kind::returned);
        }
    }
}

TEST(ClientDispatcher, TakesNoOtherMessageForTheAnswerToTheOnlyRequest) {
    TestNode test(Role::client);
    Told told;
    test.request("uri", told);
    for (const auto type : {MessageType::respond_uri, MessageType::ok, MessageType::not_permitted,
                            MessageType::notify_uri}) {
        EXPECT_EQ(test.receive(test.frame(OwnedMessage(type, ""))).kind, Kind::returned);
    }
    EXPECT_EQ(test.receive(test.frame(not_found("other"))).kind, Kind::returned);
    EXPECT_EQ(told.times, 0);
}

TEST(ClientDispatcher, DoesNotGuessWhichOfTwoRequestsAnErrorIsAbout) {
    TestNode test(Role::client);
    Told first;
    Told second;
    test.request("a", first);
    test.request("b", second);
    EXPECT_EQ(test.receive(test.frame(not_found("ERROR"))).kind, Kind::returned);
    EXPECT_EQ(first.times + second.times, 0);
}

TEST(ClientDispatcher, TakesALateErrorWithoutAUriForThatOfTheRequestGivenUp) {
    TestNode test(Role::client);
    Told first;
    Told second;
    test.requests.give_up(test.request("a", first));
    test.request("b", second);
    test.receive(test.frame(not_found("")));
    EXPECT_EQ(second.times, 0);
    EXPECT_EQ(test.tallies.late_answers.get(), 1u);
    test.receive(test.frame(not_found("")));
    EXPECT_EQ(second.times, 1);
}

TEST(ClientDispatcher, BelievesARefusalThatTheOuterLayerAccepted) {
    for (const std::string& uri : {std::string("uri"), std::string("ERROR")}) {
        TestNode test(Role::client, hmac("outer"));
        Told told;
        test.request("uri", told, MessageType::request_uri, hmac("inner", "hmac2"));
        const OwnedMessage refusal(MessageType::auth_error, uri, "HMAC auth failed");
        test.receive(test.frame(refusal.own(), {}, hmac("outer")));
        EXPECT_FALSE(told.error);
        ASSERT_TRUE(told.message);
        EXPECT_EQ(told.message->content(), "HMAC auth failed");
    }
}

TEST(ClientDispatcher, BelievesNothingElseThatLacksTheInnerLayer) {
    for (const auto type : {MessageType::respond_uri, MessageType::not_found, MessageType::error}) {
        TestNode test(Role::client, hmac("outer"));
        Told told;
        test.request("uri", told, MessageType::request_uri, hmac("inner", "hmac2"));
        test.receive(test.frame(OwnedMessage(type, "uri"), {}, hmac("outer")));
        EXPECT_EQ(told.error, Errc::auth_failed);
        EXPECT_FALSE(told.message);
    }
}

TEST(ClientDispatcher, LetsTheCompletionOfARequestMakeAnother) {
    TestNode test(Role::client);
    Told second;
    RequestTable::Completion again = [&](std::error_code, const Message*) {
        test.request("uri", second);
    };
    test.requests
        .add("uri", MessageType::request_uri, {}, RequestTable::TimePoint::max(), std::move(again))
        .value();
    test.receive(test.frame(respond("uri", "first")));
    EXPECT_EQ(second.times, 0);
    test.receive(test.frame(respond("uri", "second")));
    EXPECT_EQ(second.message->content(), "second");
}

TEST(ClientDispatcher, MatchesAnswersByTheirIds) {
    TestNode test(Role::client);
    Told first;
    Told second;
    test.request("uri", first);
    const auto id = RequestTable::on_wire(test.request("uri", second));
    test.receive(test.frame(respond("uri", "second"), {}, {}, id));
    EXPECT_EQ(first.times, 0);
    ASSERT_TRUE(second.message);
    EXPECT_EQ(second.message->content(), "second");
    test.receive(test.frame(respond("uri", "first")));
    ASSERT_TRUE(first.message);
    EXPECT_EQ(first.message->content(), "first");
    EXPECT_EQ(test.tallies.late_answers.get(), 0u);
}

TEST(ClientDispatcher, DiscardsAnswersWhoseIdNoRequestHas) {
    TestNode test(Role::client);
    Told told;
    const auto id = RequestTable::on_wire(test.request("uri", told));
    for (const auto& [uri, number] :
         {std::pair("uri", id + 1), std::pair("other", id), std::pair("", id - 1)}) {
        EXPECT_EQ(test.receive(test.frame(respond(uri, ""), {}, {}, number)).kind, Kind::done);
    }
    EXPECT_EQ(test.receive(test.frame(not_found("ERROR"), {}, {}, id + 1)).kind, Kind::done);
    EXPECT_EQ(told.times, 0);
    EXPECT_EQ(test.tallies.late_answers.get(), 4u);
    EXPECT_EQ(test.receive(test.frame(notify("uri", ""), {}, {}, id)).kind, Kind::returned)
        << "only answers answer";
    EXPECT_EQ(told.times, 0);
}

TEST(ClientDispatcher, MatchesAnErrorWithoutAUriByItsIdAlone) {
    for (const auto uri : {"", "ERROR"}) {
        TestNode test(Role::client);
        Told first;
        Told second;
        test.request("a", first);
        const auto id = RequestTable::on_wire(test.request("b", second));
        EXPECT_EQ(test.receive(test.frame(error(uri, "invalid message"), {}, {}, id)).kind,
                  Kind::done);
        EXPECT_EQ(first.times, 0);
        ASSERT_TRUE(second.message);
        EXPECT_EQ(second.message->content(), "invalid message");
    }
}

TEST(ClientDispatcher, EndsTheRequestThatAnUnverifiedAnswerNames) {
    const Plugins outer = hmac_and_cipher("outer");
    TestNode test(Role::client, outer);
    Told first;
    Told second;
    test.request("a", first);
    const auto id = RequestTable::on_wire(test.request("b", second));
    test.receive(test.frame(OwnedMessage(MessageType::auth_error, "ERROR"), {}, {}, id + 1));
    EXPECT_EQ(first.times + second.times, 0) << "it is late";
    test.receive(test.frame(OwnedMessage(MessageType::auth_error, "ERROR"), {}, {}, id));
    EXPECT_EQ(first.times, 0);
    EXPECT_EQ(second.error, Errc::auth_failed_unverified);
    test.receive(test.frame(respond("scrambled", ""), {}, {}, id - 1));
    EXPECT_EQ(first.error, Errc::auth_failed);
}

}  // namespace
}  // namespace netaio::core
