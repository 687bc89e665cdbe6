#include "wire/fixed_fields.hpp"

#include <gtest/gtest.h>

#include <netaio/frame.hpp>

namespace netaio::wire {
namespace {

std::string frame(const FixedFields& fields, const Message& message, RequestId id) {
    std::string out = "before";
    fields.append_frame(message, id, out);
    EXPECT_TRUE(out.starts_with("before"));
    return out.substr(6);
}

TEST(FixedFields, MakeTheFramesThatMessagesWithThemHave) {
    for (const std::string& value :
         {std::string(), std::string("#A\4#\1"), std::string(300, '#'), std::string(70, '\xff')}) {
        AuthFields all;
        all.set("@", value);
        const auto fields = FixedFields::make(all);
        ASSERT_TRUE(fields);
        for (const RequestId id : {0u, 1u, 0x80000000u, 0xdeadbeefu, ~0u}) {
            for (const ByteView uri : {"", "uri"}) {
                OwnedMessage message(MessageType::update_uri, uri, "content");
                const std::string made = frame(*fields, message, id);
                message.auth() = all.clone();
                std::string wanted;
                ASSERT_FALSE(encode_message(message, wanted, id));
                EXPECT_EQ(made, wanted);
            }
        }
    }
}

TEST(FixedFields, AreNoMoreThanAFrameHolds) {
    AuthFields all;
    all.set("@", std::string(65530, 'x'));
    EXPECT_EQ(FixedFields::make(all).error(), Errc::too_large);
}

}  // namespace
}  // namespace netaio::wire
