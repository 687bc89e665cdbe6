#include "type_name.hpp"

#include <gtest/gtest.h>

#include "exit_code.hpp"

namespace netaio::app {
namespace {

TEST(TypeName, IsReadInAllItsForms) {
    for (const char* text : {"NOTIFY_URI", "notify_uri", "notify", "8"}) {
        EXPECT_EQ(parse_type(text), MessageType::notify_uri) << text;
    }
    EXPECT_EQ(parse_type("ok"), MessageType::ok);
    EXPECT_EQ(parse_type("255"), static_cast<MessageType>(255));
}

TEST(TypeName, IsReadAsItIsWritten) {
    for (const auto type : {MessageType::disconnect, static_cast<MessageType>(31)}) {
        EXPECT_EQ(parse_type(type_name(type)), type);
    }
}

TEST(TypeName, IsRefusedWhenItMeansNothing) {
    for (const char* text : {"", "notification", "14", "256", "-1", "31x"}) {
        EXPECT_THROW(parse_type(text), Failure) << text;
    }
}

}  // namespace
}  // namespace netaio::app
