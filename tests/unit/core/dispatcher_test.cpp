#include "core/dispatcher.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;
using Kind = Outcome::Kind;

constexpr Role answering_roles[] = {Role::server, Role::node};

// A uri that leaves no room for a text beside it, in a frame that is well formed.
std::string frame_with_longest_uri(MessageType type) {
    std::string body(0xffff, 'u');
    body[0] = static_cast<char>(0xff);
    body[1] = static_cast<char>(0xfd);
    std::string out;
    EXPECT_FALSE(encode_message(Message(type, *Body::over(body)), out));
    return out;
}

TEST(Dispatcher, SendsWhatTheHandlerReturns) {
    for (const Role role : answering_roles) {
        TestNode test(role);
        test.node.router.add(Key(MessageType::request_uri, "uri"), answering("content"));
        EXPECT_EQ(test.receive(test.frame(request("uri"))).kind, Kind::done);
        EXPECT_EQ(test.reply().type(), MessageType::respond_uri);
        EXPECT_EQ(test.reply().content(), "content");
        EXPECT_EQ(test.tallies.frames_in.get(), 1u);
        EXPECT_EQ(test.tallies.frames_out.get(), 1u);
    }
}

TEST(Dispatcher, SendsNothingWhenTheHandlerReturnsNothing) {
    TestNode test(Role::server);
    test.node.router.add(Key(MessageType::publish_uri),
                         calling([](const Message&, Source&) { return std::nullopt; }));
    EXPECT_EQ(test.receive(test.frame(publish("uri", "content"))).kind, Kind::done);
    EXPECT_EQ(test.sent, "");
}

TEST(Dispatcher, TakesBothLayersOffAndPutsThemBackOn) {
    const Plugins outer = hmac_and_cipher("outer");
    const Plugins inner{
        .auth = hmac_auth({.secret = "inner", .hmac_field = "hmac2"}),
        .cipher = stream_cipher({.key = "inner", .iv_field = "iv2", .encrypt_uri = false})};
    for (const Role role : answering_roles) {
        TestNode test(role, outer);
        test.node.router.add(Key(MessageType::request_uri, "uri"),
                             calling(
                                 [](const Message& message, Source& source) {
                                     EXPECT_EQ(message.content(), "question");
                                     EXPECT_EQ(source.remote(), there);
                                     return respond(message.uri(), "answer");
                                 },
                                 inner));
        test.receive(test.frame(request("uri", "question"), inner, outer));
        EXPECT_EQ(test.reply(outer, inner).content(), "answer");
        EXPECT_EQ(test.sent.find("answer"), std::string::npos);
    }
}

TEST(Dispatcher, HandsASuspendingHandlerOver) {
    const Plugins inner = hmac("inner", "hmac2");
    TestNode test(Role::server);
    const auto handler = std::make_shared<CallingHandler>(
        [](const Message&, Source&) -> std::optional<OwnedMessage> {
            ADD_FAILURE() << "the core does not call it";
            return std::nullopt;
        },
        true);
    test.node.router.add_ephemeral(Key(MessageType::request_uri), {handler, inner});
    Outcome outcome = test.receive(test.frame(request("uri", "question"), inner));
    ASSERT_EQ(outcome.kind, Kind::suspended);
    EXPECT_EQ(outcome.route->handler, handler);
    EXPECT_EQ(outcome.message->content(), "question");
    EXPECT_EQ(test.sent, "");

    Suspended suspended(test.source.remote(), *outcome.route, outcome.message->own());
    const OwnedMessage message = outcome.message->own();
    const auto end = [&](std::optional<OwnedMessage> reply, const std::exception_ptr& failure) {
        suspended.message = message.own();
        return test.dispatcher().ended(suspended, std::move(reply), failure, test.source,
                                       test.sent);
    };
    EXPECT_EQ(end(respond("uri", "answer"), {}).kind, Kind::done);
    EXPECT_EQ(test.reply({}, inner).content(), "answer");

    test.sent.clear();
    end(std::nullopt, {});
    EXPECT_EQ(test.sent, "");
    end(std::nullopt, std::make_exception_ptr(std::runtime_error("broken")));
    EXPECT_EQ(test.reply({}, inner).type(), MessageType::error);
    EXPECT_TRUE(test.logged(
        "error 192.0.2.2:4000: the handler of REQUEST_URI from hmac:default threw: broken"));
}

TEST(Dispatcher, AnswersWithAnErrorWhenAHandlerThrows) {
    const Plugins inner = hmac("inner", "hmac2");
    for (const Role role : answering_roles) {
        TestNode test(role);
        test.node.router.add(
            Key(MessageType::request_uri),
            calling(
                [](const Message& message, Source&) -> std::optional<OwnedMessage> {
                    if (message.content() == "odd") {
                        throw 1;
                    }
                    throw std::runtime_error("broken");
                },
                inner));
        EXPECT_EQ(test.receive(test.frame(request("uri"), inner)).kind, Kind::done);
        EXPECT_EQ(test.reply({}, inner).type(), MessageType::error);
        EXPECT_EQ(test.reply({}, inner).uri(), "uri");
        EXPECT_TRUE(test.logged("the handler of REQUEST_URI from hmac:default threw: broken"));
        test.receive(test.frame(request("uri", "odd"), inner));
        EXPECT_EQ(test.reply({}, inner).type(), MessageType::error);
        EXPECT_EQ(test.tallies.handler_failures.get(), 2u);
    }
}

TEST(Dispatcher, StaysSilentWhenAHandlerOfAnErrorThrows) {
    for (const auto type : {MessageType::error, MessageType::auth_error, MessageType::not_found,
                            MessageType::not_permitted}) {
        TestNode test(Role::server);
        test.node.router.add(Key(type),
                             calling([](const Message&, Source&) -> std::optional<OwnedMessage> {
                                 throw std::runtime_error("broken");
                             }));
        test.receive(test.frame(OwnedMessage(type, "uri")));
        EXPECT_EQ(test.sent, "");
        EXPECT_EQ(test.tallies.handler_failures.get(), 1u);
    }
}

TEST(Dispatcher, SaysNotFoundOnlyToTypesThatExpectAnAnswer) {
    using enum MessageType;
    const std::set<MessageType> expecting{
        request_uri,   create_uri,      update_uri,  delete_uri,
        subscribe_uri, unsubscribe_uri, publish_uri, static_cast<MessageType>(50)};
    for (const Role role : answering_roles) {
        TestNode test(role, hmac("outer"));
        test.node.types.add("LAUNCH", 50);
        test.node.types.add("LAUNCH_ERROR", 51);
        std::uint64_t unhandled = 0;
        for (int value = 0; value < 256; ++value) {
            const auto type = static_cast<MessageType>(value);
            if (!test.node.types.contains(type)) {
                continue;
            }
            test.receive(test.frame(OwnedMessage(type, "uri"), {}, hmac("outer")));
            EXPECT_EQ(!test.sent.empty(), expecting.contains(type)) << test.node.types.name(type);
            EXPECT_EQ(test.tallies.unhandled.get(), ++unhandled);
            if (!test.sent.empty()) {
                const OwnedMessage reply = test.reply(hmac("outer"));
                EXPECT_EQ(reply.type(), not_found);
                EXPECT_EQ(reply.uri(), "uri");
            }
        }
    }
}

TEST(Dispatcher, CallsADefaultHandlerForAnythingUnhandled) {
    TestNode test(Role::server);
    test.node.default_route = answering("default");
    test.receive(test.frame(ok("uri")));
    EXPECT_EQ(test.reply().content(), "default");
    EXPECT_EQ(test.tallies.unhandled.get(), 1u);
}

TEST(Dispatcher, LetsAnExtractorFindOtherKeys) {
    TestNode test(Role::server);
    test.node.router.add(Key(MessageType::publish_uri, "prefix"), answering("found"));
    test.node.extract_keys = [](const Message& message, const Address& from) {
        EXPECT_EQ(from, there);
        return KeyList{KeyView{message.type(), ByteView(message.uri().substr(0, 6))}};
    };
    test.receive(test.frame(publish("prefix/and/more", "x")));
    EXPECT_EQ(test.reply().content(), "found");
}

TEST(Dispatcher, AnswersABadChecksumAndGoesOn) {
    const Plugins outer = hmac("outer");
    for (const Role role : answering_roles) {
        TestNode test(role, outer);
        const std::string frame = test.frame(publish("uri", std::string(40, 'c')), {}, outer);
        EXPECT_EQ(test.receive(with_bad_checksum(frame)).kind, Kind::done);
        const OwnedMessage reply = test.reply(role == Role::node ? Plugins() : outer);
        EXPECT_EQ(reply.type(), MessageType::error);
        EXPECT_EQ(reply.uri(), "ERROR");
        EXPECT_EQ(reply.content(), "invalid message");
        EXPECT_EQ(test.tallies.rejected_checksum.get(), 1u);
        EXPECT_EQ(test.tallies.rejected_auth.get(), 0u);

        test.receive(with_bad_checksum(test.frame(error(std::string(100, 'u'), "x"), {}, outer)));
        EXPECT_EQ(test.sent, "") << "an error is not answered";
    }
}

TEST(Dispatcher, EndsTheStreamOnAFrameThatCannotBeParsed) {
    for (const Role role : {Role::server, Role::client, Role::node}) {
        TestNode test(role);
        std::string frame = test.frame(request("uri"));
        frame[FrameHeader::size] = '\xff';
        const Outcome outcome = test.receive(frame);
        EXPECT_EQ(outcome.kind, Kind::fatal);
        EXPECT_EQ(*outcome.error, Errc::malformed);
        EXPECT_EQ(test.tallies.rejected_malformed.get(), 1u);
        EXPECT_EQ(test.sent, "");
    }
}

struct FailedCheckTest : testing::TestWithParam<Role> {
    FailedCheckTest() {
        const auto handle = [this](const Message&, Source&) -> std::optional<OwnedMessage> {
            ++handled;
            return std::nullopt;
        };
        test.node.router.add(Key(MessageType::request_uri), calling(handle));
        test.node.router.add(Key(MessageType::request_uri, "inner"), calling(handle, inner));
    }

    Plugins outer = hmac("outer");
    Plugins inner = hmac("inner", "hmac2");
    TestNode test{GetParam(), outer};
    int handled = 0;
};

INSTANTIATE_TEST_SUITE_P(Roles, FailedCheckTest, testing::ValuesIn(answering_roles),
                         [](const auto& one) {
                             return one.param == Role::node ? "Node" : "Server";
                         });

TEST_P(FailedCheckTest, IsAnsweredWithoutPluginsAndNeverReachesAHandler) {
    const std::string content(40, 'c');
    for (const std::string& frame : {test.frame(request("uri", content), {}, hmac("wrong")),
                                     test.frame(request("uri", content))}) {
        EXPECT_EQ(test.receive(frame).kind, Kind::done);
        const OwnedMessage reply = test.reply();
        EXPECT_EQ(reply.type(), MessageType::auth_error);
        EXPECT_EQ(reply.uri(), "uri");
        EXPECT_EQ(reply.content(), "HMAC auth failed");
        EXPECT_TRUE(reply.auth().empty());
    }
    EXPECT_EQ(handled, 0);
    EXPECT_EQ(test.tallies.rejected_auth.get(), 2u);
    EXPECT_TRUE(test.logged(
        "warning 192.0.2.2:4000: authentication failed for a message of type REQUEST_URI"));
}

TEST_P(FailedCheckTest, OfAHandlersPluginsNeverReachesTheHandler) {
    for (const Plugins& sealed : {Plugins(), hmac("wrong", "hmac2")}) {
        test.receive(test.frame(request("inner"), sealed, outer));
        EXPECT_EQ(test.reply(outer).type(), MessageType::auth_error);
        EXPECT_EQ(test.reply(outer).uri(), "inner");
    }
    EXPECT_EQ(handled, 0);
    test.receive(test.frame(request("inner"), inner, outer));
    EXPECT_EQ(handled, 1);
}

TEST_P(FailedCheckTest, OfAHandlersPluginsIsAnsweredThroughTheOuterLayer) {
    test.node.outer = outer = hmac_and_cipher("outer");
    test.receive(test.frame(request("inner"), {}, outer));
    EXPECT_EQ(test.reply(outer).type(), MessageType::auth_error);
    EXPECT_EQ(test.reply(outer).uri(), "inner");
    test.node.on_auth_error = [](const AuthPlugin&, const Message& message) {
        return ok(message.uri(), "go away");
    };
    test.receive(test.frame(request("inner"), {}, outer));
    EXPECT_EQ(test.reply(outer).content(), "go away");
}

TEST_P(FailedCheckTest, IsAnsweredByAHandlerOfItsOwn) {
    test.node.on_auth_error = [&](const AuthPlugin& plugin, const Message& message) {
        EXPECT_EQ(&plugin, outer.auth.get());
        return message.content().empty() ? std::nullopt
                                         : std::optional(ok(message.uri(), "go away"));
    };
    test.receive(test.frame(request("uri", std::string(40, 'c'))));
    EXPECT_EQ(test.reply().content(), "go away");
    test.receive(test.frame(request("uri")));
    EXPECT_EQ(test.sent, "");
    EXPECT_EQ(handled, 0);
}

TEST_P(FailedCheckTest, IsNotAnsweredForErrors) {
    const std::string long_uri(100, 'u');
    test.receive(test.frame(error(long_uri, "x")));
    EXPECT_EQ(test.sent, "");
    test.receive(test.frame(OwnedMessage(MessageType::auth_error, long_uri, "auth failed")));
    EXPECT_EQ(test.sent, "");
    test.node.on_auth_error = [](const AuthPlugin& plugin, const Message&) {
        return plugin.error();
    };
    test.receive(test.frame(error(long_uri, "x")));
    EXPECT_EQ(test.sent, "") << "an error handler cannot start a loop of errors";
    EXPECT_EQ(test.tallies.rejected_auth.get(), 3u);
}

TEST_P(FailedCheckTest, DoesNotRevealTheUriThatWasHidden) {
    test.node.outer = hmac_and_cipher("outer");
    test.receive(test.frame(request("uri", std::string(40, 'c')), {}, hmac_and_cipher("wrong")));
    EXPECT_EQ(test.reply().uri(), "ERROR");
}

TEST(Dispatcher, DropsWhatCannotBeDecrypted) {
    const Plugins hiding{.cipher = stream_cipher({.key = "key"})};
    const Plugins open{.cipher = stream_cipher({.key = "key", .encrypt_uri = false})};
    for (const Role role : answering_roles) {
        TestNode test(role, hiding);
        test.node.router.add(Key(MessageType::request_uri), answering("x"));
        EXPECT_EQ(test.receive(test.frame(request("uri"))).kind, Kind::done);
        EXPECT_EQ(test.sent, "");
        test.node.outer = Plugins{};
        test.node.router.add(Key(MessageType::request_uri), answering("x", open));
        EXPECT_EQ(test.receive(test.frame(request("uri"))).kind, Kind::done);
        EXPECT_EQ(test.sent, "");
        EXPECT_EQ(test.tallies.rejected_decrypt.get(), 2u);
        EXPECT_TRUE(test.logged("cannot be decrypted"));
    }
}

TEST(Dispatcher, DropsAReplyThatCannotBeSent) {
    TestNode test(Role::server, hmac_and_cipher("outer"));
    test.node.router.add(Key(MessageType::request_uri), calling([](const Message&, Source&) {
                             return respond("", std::string(Body::payload_max, 'x'));
                         }));
    test.node.router.add(Key(MessageType::publish_uri), calling([](const Message&, Source&) {
                             return OwnedMessage(static_cast<MessageType>(99), "uri");
                         }));
    for (const auto type : {MessageType::request_uri, MessageType::publish_uri}) {
        const std::string frame =
            test.frame(OwnedMessage(type, "uri"), {}, hmac_and_cipher("outer"));
        EXPECT_EQ(test.receive(frame).kind, Kind::done);
        // Whoever asked learns that the answer is too large.
        EXPECT_EQ(test.sent.empty(), type == MessageType::publish_uri);
        test.sent.clear();
    }
    EXPECT_EQ(test.tallies.send_failures.get(), 2u);
    EXPECT_EQ(test.tallies.frames_out.get(), 1u);
    EXPECT_TRUE(test.logged("dropped a reply"));
}

TEST(Dispatcher, AnswersAMessageWhoseUriLeavesNoRoomForAnAnswer) {
    for (const Role role : answering_roles) {
        TestNode test(role);
        test.receive(frame_with_longest_uri(MessageType::request_uri));
        EXPECT_EQ(test.reply().type(), MessageType::not_found);
        EXPECT_EQ(test.reply().uri(), "ERROR");

        test.node.router.add(
            Key(MessageType::request_uri),
            calling([](const Message& message, Source&) { return respond(message.uri(), "x"); }));
        test.receive(frame_with_longest_uri(MessageType::request_uri));
        EXPECT_EQ(test.reply().type(), MessageType::error);
        EXPECT_EQ(test.tallies.handler_failures.get(), 1u);

        test.node.outer = hmac("outer");
        test.receive(frame_with_longest_uri(MessageType::request_uri));
        EXPECT_EQ(test.reply().type(), MessageType::auth_error);
    }
}

TEST(Dispatcher, RefreshesAPeerByWhateverItAuthenticated) {
    TestNode test(Role::server, hmac("outer"));
    const auto clock = std::make_shared<netaio::test::FixedClock>();
    test.node.environment.clock = clock;
    test.node.peers.hear({.id = "a"}, there, clock->steady_now());
    const auto heard = [&] { return test.node.peers.find_id("a")->last_heard; };
    const auto before = heard();
    clock->advance(std::chrono::seconds(5));
    test.receive(test.frame(ok("uri"), {}, hmac("wrong")));
    EXPECT_EQ(heard(), before);
    test.receive(with_bad_checksum(test.frame(ok("uri"), {}, hmac("outer"))));
    EXPECT_EQ(heard(), before);
    test.receive(test.frame(ok("uri"), {}, hmac("outer")));
    EXPECT_EQ(heard(), clock->steady_now());
}

// Wants to know the peer.
class PeerAuth final : public AuthPlugin {
public:
    std::error_code make(AuthFields& fields, ByteView,
                         const PluginContext& context) const override {
        if (!context.peer || !context.local_peer) {
            return Errc::auth_not_possible;
        }
        fields.set("from", context.local_peer->id);
        return {};
    }
    bool check(const AuthFields& fields, ByteView, const PluginContext& context) const override {
        return context.peer && fields.bytes("from") == ByteView(context.peer->id);
    }
};

TEST(Dispatcher, TellsPluginsWhoIsAtTheOtherEnd) {
    TestNode test(Role::server, {.auth = std::make_shared<PeerAuth>()});
    test.node.local_peer = Peer{.id = "local"};
    test.node.router.add(Key(MessageType::request_uri), answering("x"));
    OwnedMessage message = request("uri");
    message.auth().set("from", "a");
    const std::string frame = test.frame(message.own());
    test.receive(frame);
    EXPECT_EQ(test.reply().type(), MessageType::auth_error);
    test.node.peers.hear({.id = "a"}, there, {});
    test.receive(frame);
    EXPECT_EQ(test.reply().auth().bytes("from"), "local");
}

TEST(Dispatcher, ProtectsAnewWhatAHandlerEchoes) {
    const Plugins outer = hmac_and_cipher("outer");
    TestNode test(Role::server, outer);
    test.node.router.add(Key(MessageType::publish_uri),
                         calling([](const Message& message, Source&) { return message.own(); }));
    test.receive(test.frame(publish("uri", "content"), {}, outer));
    EXPECT_EQ(test.reply(outer).content(), "content");
    EXPECT_EQ(test.reply(outer).uri(), "uri");
}

}  // namespace
}  // namespace netaio::core
