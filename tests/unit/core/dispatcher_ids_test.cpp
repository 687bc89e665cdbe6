#include <gtest/gtest.h>

#include <stdexcept>

#include "testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;
using Kind = Outcome::Kind;

TEST(DispatcherIds, HasAPlainHandlerWaitWhileItsUriIsHandled) {
    const Plugins inner = hmac_and_cipher("inner", false);
    TestNode test(Role::server);
    int called = 0;
    test.node.router.add(Key(MessageType::request_uri), calling(
                                                            [&](const Message& message, Source&) {
                                                                ++called;
                                                                return respond(message.uri(),
                                                                               "answer");
                                                            },
                                                            inner));
    test.source.handle("busy");
    const Outcome outcome = test.receive(test.frame(request("busy", "question"), inner, {}, 7));
    ASSERT_EQ(outcome.kind, Kind::suspended);
    EXPECT_FALSE(outcome.route->handler->suspends());
    EXPECT_EQ(outcome.message->content(), "question") << "its layers are off";
    EXPECT_EQ(outcome.message->request_id(), 7u);
    EXPECT_EQ(called, 0);
    EXPECT_EQ(test.receive(test.frame(request("other"), inner, {}, 8)).kind, Kind::done);
    EXPECT_EQ(called, 1);
    EXPECT_EQ(test.reply().request_id(), 8u);
    EXPECT_EQ(test.receive(test.frame(ok("busy"), {}, {}, 9)).kind, Kind::done);
    test.receive(test.frame(OwnedMessage(MessageType::delete_uri, "busy"), {}, {}, 9));
    EXPECT_EQ(test.reply().type(), MessageType::not_found) << "errors wait for nobody";
}

TEST(DispatcherIds, GivesTheRequestIdBackInEveryAnswer) {
    for (const Role role : {Role::server, Role::node}) {
        const Plugins outer = hmac("outer");
        const Plugins inner = hmac("inner", "hmac2");
        TestNode test(role, outer);
        const auto id_of_reply = [&](std::string frame) {
            test.receive(std::move(frame));
            return test.reply().request_id();
        };
        test.node.router.add(Key(MessageType::request_uri), answering("answer"));
        test.node.router.add(Key(MessageType::create_uri), answering("answer", inner));
        test.node.router.add(Key(MessageType::update_uri),
                             calling([](const Message&, Source&) -> std::optional<OwnedMessage> {
                                 throw std::runtime_error("broken");
                             }));
        const auto asking = [&](MessageType type, std::optional<RequestId> id) {
            return test.frame(OwnedMessage(type, "uri"), {}, outer, id);
        };
        for (const auto type : {MessageType::request_uri, MessageType::update_uri,
                                MessageType::delete_uri, MessageType::create_uri}) {
            EXPECT_EQ(id_of_reply(asking(type, 7)), 7u) << static_cast<int>(type);
            EXPECT_EQ(id_of_reply(asking(type, {})), std::nullopt);
        }
        EXPECT_EQ(id_of_reply(with_bad_checksum(asking(MessageType::request_uri, 7))), 7u);
        EXPECT_EQ(id_of_reply(test.frame(request("uri", std::string(50, 'c')), {}, {}, 7)), 7u)
            << "AUTH_ERROR";
    }
}

TEST(DispatcherIds, GivesBackNoOtherRequestIdThanThatOfTheRequest) {
    TestNode test(Role::server);
    std::optional<OwnedMessage> kept;
    test.node.router.add(Key(MessageType::request_uri),
                         calling([&](const Message& message, Source&) {
                             if (!kept) {
                                 kept = message.own();
                             }
                             return kept->own();
                         }));
    test.receive(test.frame(request("uri"), {}, {}, 7));
    EXPECT_EQ(test.reply().request_id(), 7u);
    test.receive(test.frame(request("uri"), {}, {}, 8));
    EXPECT_EQ(test.reply().request_id(), 8u);
    test.receive(test.frame(request("uri")));
    EXPECT_EQ(test.reply().request_id(), std::nullopt);
    std::string sent;
    EXPECT_FALSE(test.dispatcher().send(std::move(*kept), {}, {}, nullptr, sent));
    EXPECT_EQ(decode_message(sent)->request_id(), std::nullopt) << "what is sent on is no request";
}

}  // namespace
}  // namespace netaio::core
