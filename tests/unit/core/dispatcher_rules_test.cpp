#include <netaio/access_rules.hpp>

#include "support/naming_auth.hpp"
#include "testbed.hpp"

/// Messages that rules, or whom their handler is for, let pass or not.
namespace netaio::core {
namespace {

using namespace test;
using netaio::test::named;
using netaio::test::suspending;

std::shared_ptr<const AccessRules> only_alice() {
    return std::make_shared<const AccessRules>(std::vector<AccessRule>{
        {.access = Access::allow, .who = {"test:alice"}, .prefixes = {"room/"}, .line = 4},
        {.access = Access::deny, .who = {"*"}, .uris = {"attic"}, .line = 9}});
}

struct DispatcherRulesTest : testing::TestWithParam<Role> {
    DispatcherRulesTest() {
        test.node.router.add(Key(MessageType::update_uri),
                             calling([this](const Message& message, Source&) {
                                 ++handled;
                                 return ok(message.uri());
                             }));
    }
    std::string update_from(std::string name, std::string uri, std::string content = {}) {
        OwnedMessage message(MessageType::update_uri, uri, content);
        message.auth().set("name", name);
        return test.frame(std::move(message));
    }
    bool logged(std::string_view text) const { return test.logged(text); }

    TestNode test{GetParam(), {.auth = named()}};
    int handled = 0;
};

TEST_P(DispatcherRulesTest, PassToTheirHandlers) {
    test.node.set_rules(only_alice());
    test.receive(update_from("alice", "room/a"));
    EXPECT_EQ(handled, 1);
    EXPECT_EQ(test.tallies.rejected_rules.get(), 0u);
}

TEST_P(DispatcherRulesTest, AreRefusedWithTheUriOfTheQuestionAndCountedAndLogged) {
    test.node.set_rules(only_alice());
    test.receive(update_from("bob", "room/a", "content"));
    EXPECT_EQ(handled, 0);
    const auto reply = test.reply({.auth = named()});
    EXPECT_EQ(reply.type(), MessageType::not_permitted);
    EXPECT_EQ(reply.uri(), "room/a");
    EXPECT_EQ(test.tallies.rejected_rules.get(), 1u);
    EXPECT_TRUE(logged("refused UPDATE_URI 'room/a' of test:bob: no rule allows it"));
    test.receive(update_from("", "attic"));
    EXPECT_TRUE(logged("refused UPDATE_URI 'attic' of nobody: line 9 of the rules"));
}

TEST_P(DispatcherRulesTest, LearnNotWhetherTheyHaveAHandler) {
    test.node.set_rules(only_alice());
    test.receive(test.frame(request("nothing")));
    EXPECT_EQ(test.reply({.auth = named()}).type(), MessageType::not_permitted);
    EXPECT_EQ(test.tallies.unhandled.get(), 0u);
}

TEST_P(DispatcherRulesTest, AreAskedForTheDefaultHandlerToo) {
    test.node.set_rules(only_alice());
    test.node.default_route = answering("default");
    test.receive(test.frame(request("nothing")));
    EXPECT_EQ(test.reply({.auth = named()}).type(), MessageType::not_permitted);
}

TEST_P(DispatcherRulesTest, AreDroppedWhereNobodyWaitsForAnAnswer) {
    test.node.set_rules(only_alice());
    test.receive(test.frame(notify("room/a", "news")));
    EXPECT_TRUE(test.sent.empty());
    EXPECT_EQ(test.tallies.rejected_rules.get(), 1u);
}

TEST_P(DispatcherRulesTest, AreAskedWithWhatTheInnerLayerSaysToo) {
    const Plugins inner{.auth = named("alice", "inner")};
    test.node.router.add(Key(MessageType::update_uri, "room/b"),
                         calling(
                             [this](const Message& message, Source&) {
                                 ++handled;
                                 return ok(message.uri());
                             },
                             inner));
    test.node.set_rules(only_alice());
    const auto sent_by = [&](const char* name) {
        return test.frame(OwnedMessage(MessageType::update_uri, "room/b", "content"),
                          {.auth = named(name, "inner")});
    };
    test.receive(sent_by("alice"));
    EXPECT_EQ(handled, 1);
    test.receive(sent_by("bob"));
    EXPECT_EQ(handled, 1);
    const auto reply = decode_message(test.sent, test.node.types);
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->type(), MessageType::not_permitted);
    EXPECT_TRUE(reply->auth().contains("inner")) << "who asked takes that layer off";
}

TEST_P(DispatcherRulesTest, AreAskedWhatCameWithinAnother) {
    test.node.set_rules(only_alice());
    Dispatcher dispatcher(test.node, test.tallies);
    std::string out;
    dispatcher.receive_within(OwnedMessage(MessageType::notify_uri, "room/a"), {}, test.source,
                              out);
    EXPECT_EQ(test.tallies.rejected_rules.get(), 1u);
}

TEST_P(DispatcherRulesTest, AreRefusedBeforeAHandlerIsStarted) {
    test.node.router.add(Key(MessageType::create_uri), suspending());
    test.node.set_rules(only_alice());
    EXPECT_EQ(test.receive(test.frame(OwnedMessage(MessageType::create_uri, "room/a"))).kind,
              Outcome::Kind::done);
    EXPECT_EQ(test.reply({.auth = named()}).type(), MessageType::not_permitted);
}

TEST_P(DispatcherRulesTest, UseUpNoHandlerThatServesOnce) {
    test.node.set_rules(only_alice());
    for (const char* answer : {"first", "second"}) {
        test.node.router.add_ephemeral(Key(MessageType::update_uri, "room/a"), answering(answer));
    }
    test.receive(update_from("bob", "room/a"));
    test.receive(update_from("alice", "room/a"));
    EXPECT_EQ(test.reply({.auth = named()}).content(), "first");
    test.receive(update_from("alice", "room/a"));
    EXPECT_EQ(test.reply({.auth = named()}).content(), "second");
    test.receive(update_from("alice", "room/a"));
    EXPECT_EQ(handled, 1);
}

TEST_P(DispatcherRulesTest, AreRefusedInWordsThatOldPeersKnow) {
    test.node.set_rules(only_alice());
    test.node.refusal = MessageType::error;
    test.receive(update_from("bob", "room/a", "content"));
    EXPECT_EQ(test.reply({.auth = named()}).type(), MessageType::error);
}

TEST_P(DispatcherRulesTest, ReachAHandlerOfThoseItIsFor) {
    test.node.keep(Key(MessageType::create_uri),
                   route_to(answering("").handler, {.who = "test:sensor-*"}), false);
    const auto create_by = [&](const char* name) {
        OwnedMessage message(MessageType::create_uri, "a", "content");
        message.auth().set("name", name);
        test.receive(test.frame(std::move(message)));
        return test.reply({.auth = named()}).type();
    };
    EXPECT_EQ(create_by("sensor-1"), MessageType::respond_uri);
    EXPECT_EQ(create_by("bob"), MessageType::not_permitted);
    EXPECT_TRUE(logged("of test:bob: its handler is for 'test:sensor-*'"));
    EXPECT_EQ(test.tallies.rejected_rules.get(), 1u);
    test.receive(update_from("bob", "a"));
    EXPECT_EQ(handled, 1) << "others are for everybody";
}

INSTANTIATE_TEST_SUITE_P(Of, DispatcherRulesTest, testing::Values(Role::server, Role::node));

TEST(DispatcherRules, RefuseAtAClientInSilence) {
    TestNode test(Role::client);
    test.node.set_rules(only_alice());
    bool handled = false;
    test.node.router.add(Key(MessageType::update_uri),
                         calling([&](const Message& message, Source&) {
                             handled = true;
                             return ok(message.uri());
                         }));
    EXPECT_EQ(test.receive(test.frame(OwnedMessage(MessageType::update_uri, "a"))).kind,
              Outcome::Kind::discarded);
    EXPECT_FALSE(handled);
    EXPECT_TRUE(test.sent.empty());
}

TEST(DispatcherRules, DoNotAskAboutAnswers) {
    TestNode test(Role::client);
    test.node.set_rules(only_alice());
    Told told;
    test.request("a", told);
    test.receive(test.frame(respond("a", "answer")));
    EXPECT_EQ(told.times, 1);
    EXPECT_FALSE(told.error);
}

TEST(DispatcherRules, SendForgersNoMoreThanTheySent) {
    TestNode test(Role::node);
    test.node.set_rules(only_alice());
    const std::string asked = test.frame(request("a"));
    test.receive(asked);
    EXPECT_EQ(test.reply().type(), MessageType::not_permitted);
    EXPECT_LE(test.sent.size(), asked.size());
}

TEST(HandlerOptions, RefuseAPatternThatSaysNothing) {
    TestNode test(Role::server);
    EXPECT_THROW(route_to(answering("").handler, {.who = "@sensors"}), std::invalid_argument);
}

}  // namespace
}  // namespace netaio::core
