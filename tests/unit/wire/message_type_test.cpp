#include <gtest/gtest.h>

#include <netaio/message.hpp>
#include <stdexcept>

namespace netaio {
namespace {

TEST(MessageTypes, KnowTheBuiltInOnesByNameAndValue) {
    const MessageTypes types;
    int known = 0;
    for (int value = 0; value < 256; ++value) {
        const auto type = static_cast<MessageType>(value);
        EXPECT_EQ(types.contains(type), !types.name(type).empty()) << value;
        EXPECT_EQ(types.name(type), built_in_name(type));
        if (types.contains(type)) {
            ++known;
            EXPECT_EQ(types.find(types.name(type)), type);
        }
    }
    EXPECT_EQ(known, 19);
    EXPECT_EQ(types.name(MessageType::not_permitted), "NOT_PERMITTED");
    EXPECT_EQ(types.find("AUTH_ERROR"), MessageType::auth_error);
    EXPECT_EQ(types.find("auth_error"), std::nullopt);
    EXPECT_EQ(types.find(""), std::nullopt);
}

TEST(MessageTypes, KnowWhatAnApplicationRegisters) {
    MessageTypes types;
    const MessageType first = types.add("LAUNCH", 31);
    types.add("LAND", static_cast<MessageType>(255));
    EXPECT_TRUE(types.contains(first));
    EXPECT_EQ(types.name(first), "LAUNCH");
    EXPECT_EQ(types.find("LAND"), static_cast<MessageType>(255));
    EXPECT_FALSE(MessageTypes().contains(first));
    const MessageTypes copy = types;
    EXPECT_EQ(copy.name(first), "LAUNCH");
}

TEST(MessageTypes, RefuseReservedAndTakenValues) {
    MessageTypes types;
    types.add("LAUNCH", 50);
    for (const int value : {-1, 0, 14, 30, 50, 256, 1 << 20}) {
        EXPECT_THROW(types.add("OTHER", value), std::invalid_argument) << value;
    }
    EXPECT_THROW(types.add("OTHER", MessageType::ok), std::invalid_argument);
    EXPECT_EQ(types.find("OTHER"), std::nullopt);
}

TEST(MessageTypes, KnowWhatAnswersWhat) {
    MessageTypes types;
    const MessageType launch = types.add("LAUNCH", 50);
    const MessageType launched = types.add("LAUNCHED", 51);
    EXPECT_EQ(types.answer_to(MessageType::request_uri), MessageType::respond_uri);
    EXPECT_EQ(types.answer_to(MessageType::update_uri), MessageType::ok);
    EXPECT_EQ(types.answer_to(launch), MessageType::ok);
    types.set_answer(launch, launched);
    EXPECT_EQ(types.answer_to(launch), launched);
    EXPECT_THROW(types.set_answer(launch, MessageType::ok), std::invalid_argument);
    EXPECT_THROW(types.set_answer(static_cast<MessageType>(60), launched), std::invalid_argument);
}

TEST(MessageTypes, RefuseEmptyAndTakenNames) {
    MessageTypes types;
    types.add("LAUNCH", 50);
    for (const char* name : {"", "LAUNCH", "REQUEST_URI"}) {
        EXPECT_THROW(types.add(name, 51), std::invalid_argument) << name;
    }
    EXPECT_FALSE(types.contains(static_cast<MessageType>(51)));
}

TEST(MessageTypes, AreErrorsByTheirName) {
    MessageTypes types;
    const MessageType custom = types.add("LAUNCH_ERROR", 50);
    for (const MessageType type : {MessageType::error, MessageType::auth_error,
                                   MessageType::not_found, MessageType::not_permitted, custom}) {
        EXPECT_TRUE(is_error(type, types));
    }
    for (const MessageType type :
         {MessageType::ok, MessageType::request_uri, MessageType::disconnect}) {
        EXPECT_FALSE(is_error(type, types));
    }
    EXPECT_FALSE(is_error(custom, MessageTypes()));
}

}  // namespace
}  // namespace netaio
