#include <gtest/gtest.h>

#include <netaio/make.hpp>
#include <stdexcept>

namespace netaio {
namespace {

TEST(Make, MakesTheUsualMessages) {
    struct Made {
        OwnedMessage message;
        MessageType type;
    };
    const Made all[] = {
        {request("u", "c"), MessageType::request_uri},
        {respond("u", "c"), MessageType::respond_uri},
        {ok("u", "c"), MessageType::ok},
        {publish("u", "c"), MessageType::publish_uri},
        {notify("u", "c"), MessageType::notify_uri},
        {confirm_subscribe("u", "c"), MessageType::confirm_subscribe},
        {confirm_unsubscribe("u", "c"), MessageType::confirm_unsubscribe},
        {error("u", "c"), MessageType::error},
        {not_found("u", "c"), MessageType::not_found},
        {not_permitted("u", "c"), MessageType::not_permitted},
    };
    for (const auto& [message, type] : all) {
        EXPECT_EQ(message.type(), type);
        EXPECT_EQ(message.uri(), "u");
        EXPECT_EQ(message.content(), "c");
        EXPECT_TRUE(message.auth().empty());
        EXPECT_TRUE(message.body().owns());
    }
}

TEST(Make, GivesAnErrorTheTypeOfItsText) {
    EXPECT_EQ(error_type("not found"), MessageType::not_found);
    EXPECT_EQ(error_type("HMAC auth failed"), MessageType::auth_error);
    EXPECT_EQ(error_type("not permitted"), MessageType::not_permitted);
    EXPECT_EQ(error_type("author not found"), MessageType::not_found);
    EXPECT_EQ(error_type("not permitted: no authority"), MessageType::auth_error);
    for (const char* text : {"", "Not Found", "AUTH", "invalid message"}) {
        EXPECT_EQ(error_type(text), MessageType::error) << text;
    }
    EXPECT_EQ(error("x").uri(), "ERROR");
    EXPECT_EQ(not_found().uri(), "");
    EXPECT_EQ(not_found().content(), "not found");
    EXPECT_EQ(not_permitted().content(), "not permitted");
}

TEST(Make, RefusesMoreThanAMessageHolds) {
    const std::string most(Body::payload_max - 1, 'x');
    EXPECT_NO_THROW(request("u", most));
    EXPECT_THROW(request("uu", most), std::length_error);
    EXPECT_EQ(OwnedMessage::make(MessageType::ok, "uu", most).error(), Errc::too_large);
}

TEST(OwnedMessage, IsMovedWhenItOwnsAndCopiedWhenItViews) {
    OwnedMessage owning = publish("uri", "content");
    const char* at = owning.content().data();
    EXPECT_EQ(OwnedMessage::from(std::move(owning)).content().data(), at);

    std::string bytes("\0\3uricontent", 12);
    OwnedMessage kept = OwnedMessage::from(Message(MessageType::ok, *Body::over(bytes)));
    bytes.assign(bytes.size(), 'x');
    EXPECT_TRUE(kept.body().owns());
    EXPECT_EQ(kept.content(), "content");
}

TEST(OwnedMessage, CopiesFieldsToo) {
    OwnedMessage message = publish("uri", "content");
    message.auth().set("nonce", "n");
    const OwnedMessage copy = message.own();
    message.auth().clear();
    EXPECT_EQ(copy.type(), MessageType::publish_uri);
    EXPECT_EQ(copy.uri(), "uri");
    EXPECT_EQ(copy.auth().bytes("nonce"), "n");
}

}  // namespace
}  // namespace netaio
