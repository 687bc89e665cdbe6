#include "core/vouched.hpp"

#include <gtest/gtest.h>

#include <netaio/access_rules.hpp>

#include "core/replaceable.hpp"
#include "testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;

// Vouches for whomever the message names, and authenticates with the name of who gets it.
class NamingAuth final : public AuthPlugin {
public:
    explicit NamingAuth(std::string field) : field_(std::move(field)) {}

    std::error_code make(AuthFields& fields, ByteView,
                         const PluginContext& context) const override {
        const auto to = context.who ? context.who->name("test") : std::nullopt;
        fields.set(field_, to.value_or("stranger"));
        return {};
    }
    bool check(const AuthFields& fields, ByteView, const PluginContext& context) const override {
        const auto name = fields.bytes(field_);
        if (!name || *name == "") {
            return context.refuse(Errc::stale, "too old");
        }
        context.vouch(Identity{"test", name->str()});
        return true;
    }
    bool is_peer_specific() const noexcept override { return true; }

private:
    std::string field_;
};

Plugins naming(const char* field) {
    return {.auth = std::make_shared<NamingAuth>(field)};
}

struct VouchedTest : testing::TestWithParam<Role> {
    // A request with fields that say who sent it.
    std::string from(std::string_view outer, std::string_view inner = "") {
        OwnedMessage message(MessageType::request_uri, "uri");
        message.auth().set("outer", outer);
        message.auth().set("inner", inner);
        return test.frame(std::move(message));
    }
    void handle(Plugins inner = {}) {
        test.node.router.add(Key(MessageType::request_uri),
                             calling(
                                 [this](const Message& message, Source&) {
                                     who.push_back(message.who().str());
                                     return ok(message.uri());
                                 },
                                 std::move(inner)));
    }

    TestNode test{GetParam(), naming("outer")};
    std::vector<std::string> who;
};

TEST_P(VouchedTest, TellHandlersWhoAMessageIsFrom) {
    handle();
    test.receive(from("alice"));
    EXPECT_EQ(who, std::vector<std::string>{"test:alice"});
}

TEST_P(VouchedTest, JoinWhatBothLayersSay) {
    handle(naming("inner"));
    test.receive(from("alice", "admin"));
    EXPECT_EQ(who, std::vector<std::string>{"test:alice, test:admin"});
}

TEST_P(VouchedTest, ProtectAnswersForWhoAsked) {
    handle(naming("inner"));
    test.receive(from("alice", "admin"));
    const auto reply = decode_message(test.sent, test.node.types);
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->auth().bytes("outer"), ByteView("alice"));
    EXPECT_EQ(reply->auth().bytes("inner"), ByteView("admin"));
}

TEST_P(VouchedTest, LearnNothingOfAnswersAndNotificationsWhichAreMadeForThisNode) {
    handle();
    test.receive(from("alice"));
    for (const auto type : {MessageType::notify_uri, MessageType::respond_uri}) {
        OwnedMessage message(type, "uri");
        message.auth().set("outer", "bob");
        test.receive(test.frame(std::move(message)));
        EXPECT_EQ(test.source.vouched()->outer.str(), "test:alice");
    }
}

TEST_P(VouchedTest, AnswerWithTheSecretThatTheQuestionWasMadeWith) {
    const Plugins old = hmac_and_cipher("old");
    test.node.outer = Plugins{.auth = hmac_auth({.secrets = {{"new", "new"}, {"old", "old"}}}),
                              .cipher = stream_cipher({.keys = {{"new", "new"}, {"old", "old"}}})};
    handle();
    test.receive(test.frame(OwnedMessage(MessageType::request_uri, "uri"), {}, old));
    EXPECT_EQ(who, std::vector<std::string>{"hmac:old"});
    EXPECT_EQ(test.reply(old).uri(), "uri");
}

TEST_P(VouchedTest, RememberWhatSomebodyUsedWhenPluginsAreReplaced) {
    test.node.outer = Plugins{.auth = hmac_auth({.secrets = {{"old", "old"}}})};
    handle();
    test.receive(test.frame(OwnedMessage(MessageType::request_uri, "uri"), {}, hmac("old")));
    const Plugins both{.auth = hmac_auth({.secrets = {{"new", "new"}, {"old", "old"}}})};
    test.node.outer = both;
    OwnedMessage message(MessageType::notify_uri, "uri");
    ASSERT_FALSE(seal(message, {}, both, test.node.context(nullptr), test.source.vouched()));
    EXPECT_FALSE(open_layer(message, hmac("old"), test.node.context(nullptr)));
}

TEST_P(VouchedTest, ProtectLateAnswersForWhoAskedWhateverCameMeanwhile) {
    test.node.router.add(Key(MessageType::create_uri), netaio::test::suspending());
    handle(naming("inner"));
    OwnedMessage asked(MessageType::create_uri, "uri");
    asked.auth().set("outer", "alice");
    auto outcome = test.receive(test.frame(std::move(asked)));
    ASSERT_EQ(outcome.kind, Outcome::Kind::suspended);
    Suspended suspended(test.source.remote(), *outcome.route,
                        OwnedMessage::from(std::move(*outcome.message)));
    test.receive(from("bob", "admin"));
    test.sent.clear();
    test.dispatcher().ended(suspended, ok("uri"), nullptr, test.source, test.sent);
    const auto reply = decode_message(test.sent, test.node.types);
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->auth().bytes("outer"), ByteView("alice"));
}

TEST_P(VouchedTest, NoteOnlyWhomRulesAdmit) {
    handle();
    test.receive(from("alice"));
    test.node.set_rules(std::make_shared<const AccessRules>(std::vector<AccessRule>{
        {.access = Access::deny, .who = {"test:bob"}}, {.access = Access::allow, .who = {"*"}}}));
    test.receive(from("bob"));
    EXPECT_EQ(test.source.vouched()->outer.str(), "test:alice");
    const auto refusal = decode_message(test.sent, test.node.types);
    ASSERT_TRUE(refusal.has_value());
    EXPECT_EQ(refusal->type(), MessageType::not_permitted);
    EXPECT_EQ(refusal->auth().bytes("outer"), ByteView("bob"));
    test.receive(from("carol"));
    EXPECT_EQ(test.source.vouched()->outer.str(), "test:carol");
}

TEST_P(VouchedTest, SayNothingOfWhomNobodyVouchesFor) {
    test.node.outer = Plugins{};
    handle();
    test.receive(from("alice"));
    EXPECT_EQ(who, std::vector<std::string>{"nobody"});
}

TEST_P(VouchedTest, SayAndCountWhyAMessageIsRefused) {
    test.receive(from(""));
    EXPECT_EQ(test.tallies.rejected_stale.get(), 1u);
    EXPECT_EQ(test.tallies.rejected_auth.get(), 0u);
    const auto reply = decode_message(test.sent, test.node.types);
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->type(), MessageType::auth_error);
    EXPECT_EQ(reply->content(), "too old");
}

TEST_P(VouchedTest, KeepAHandlerForOneMessageUntilThatPasses) {
    int handled = 0;
    test.node.router.keep(Key(MessageType::request_uri),
                          calling(
                              [&](const Message& message, Source&) {
                                  ++handled;
                                  return ok(message.uri());
                              },
                              naming("inner")),
                          true);
    test.receive(from("alice", ""));
    EXPECT_EQ(handled, 0);
    test.receive(from("alice", "admin"));
    EXPECT_EQ(handled, 1);
}

INSTANTIATE_TEST_SUITE_P(, VouchedTest, testing::Values(Role::server, Role::node),
                         [](const auto& one) {
                             return one.param == Role::node ? "Node" : "Server";
                         });

TEST(VouchedSendersTest, ForgetThoseFirstThatSentNothingForLongest) {
    VouchedSenders senders(4);
    for (int i = 1; i <= 4; ++i) {
        senders.at(host(i)).outer = Identity{"test", std::to_string(i)};
    }
    senders.at(host(1));
    senders.at(host(5));
    ASSERT_NE(senders.find(host(1)), nullptr);
    EXPECT_EQ(senders.find(host(1))->outer.str(), "test:1");
    EXPECT_EQ(senders.find(host(2)), nullptr);
}

TEST(ReplaceableTest, LeavesWhatIsHeldAsItWas) {
    Replaceable<std::string> value;
    value = "old";
    Replaceable<std::string>::Reader reader(value);
    const auto held = reader.get();
    value = "new";
    EXPECT_EQ(*held, "old");
    EXPECT_EQ(*reader.get(), "new");
}

}  // namespace
}  // namespace netaio::core
