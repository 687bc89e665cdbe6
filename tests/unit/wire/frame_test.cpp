#include <gtest/gtest.h>

#include <netaio/frame.hpp>
#include <netaio/make.hpp>

namespace netaio {
namespace {

const MessageTypes built_in;

std::string encoded(const Message& message) {
    std::string out;
    EXPECT_FALSE(encode_message(message, out));
    return out;
}

std::string with_fields() {
    OwnedMessage message = publish("uri", "content");
    message.auth().set("nonce", "n");
    return encoded(message);
}

// A header whose lengths say what they like.
std::string header(MessageType type, std::uint16_t auth_size, std::uint16_t body_size) {
    std::string bytes(FrameHeader::size, '\0');
    FrameHeader{type, auth_size, body_size, 0}.write(
        std::span<char, FrameHeader::size>(bytes.data(), 9));
    return bytes;
}

TEST(Frame, IsFoundOnceItIsComplete) {
    std::string bytes = with_fields();
    const std::size_t size = bytes.size();
    bytes += "next";
    for (std::size_t arrived = 0; arrived <= bytes.size(); ++arrived) {
        const auto frame = next_frame(std::span(bytes).first(arrived), built_in);
        ASSERT_TRUE(frame);
        ASSERT_EQ(frame->has_value(), arrived >= size) << arrived;
        if (*frame) {
            EXPECT_EQ((*frame)->header.frame_size(), size);
            EXPECT_TRUE((*frame)->checksum_ok());
            const auto message = (*frame)->message();
            ASSERT_TRUE(message);
            EXPECT_EQ(message->type(), MessageType::publish_uri);
            EXPECT_EQ(message->uri(), "uri");
            EXPECT_EQ(message->content(), "content");
            EXPECT_EQ(message->auth().bytes("nonce"), "n");
        }
    }
}

TEST(Frame, ViewsTheBufferItIsIn) {
    std::string bytes = with_fields();
    const auto frame = next_frame(bytes, built_in);
    EXPECT_EQ((*frame)->auth.data(), bytes.data() + FrameHeader::size);
    EXPECT_EQ((*frame)->body.data() + (*frame)->body.size(), bytes.data() + bytes.size());
    const auto message = (*frame)->message();
    EXPECT_FALSE(message->body().owns());
    EXPECT_FALSE(message->auth().owns());
}

TEST(Frame, OfAnUnknownTypeIsRefusedAtItsHeader) {
    for (int type = 0; type < 256; ++type) {
        std::string bytes = header(static_cast<MessageType>(type), 0xffff, 0xffff);
        const bool known = built_in.contains(static_cast<MessageType>(type));
        const auto frame = next_frame(bytes, built_in);
        ASSERT_EQ(frame.has_value(), known) << type;
        EXPECT_EQ(datagram_frame(bytes, built_in).error(),
                  known ? Errc::malformed : Errc::unknown_message_type);
        if (!known) {
            EXPECT_EQ(frame.error(), Errc::unknown_message_type);
            EXPECT_EQ(decode_message(bytes).error(), Errc::unknown_message_type);
        }
    }
}

TEST(Frame, OfARegisteredTypeIsAccepted) {
    MessageTypes types;
    const MessageType launch = types.add("LAUNCH", 50);
    std::string bytes = encoded(OwnedMessage(launch, "uri"));
    EXPECT_TRUE(next_frame(bytes, types)->has_value());
    EXPECT_TRUE(next_frame(bytes, built_in).has_error());
    EXPECT_EQ(decode_message(bytes, types)->type(), launch);
}

TEST(Frame, OverTheLimitIsRefusedAtItsHeader) {
    std::string bytes = header(MessageType::ok, 3, 100);
    EXPECT_TRUE(next_frame(bytes, built_in, {.frame_max = 112}));
    EXPECT_EQ(next_frame(bytes, built_in, {.frame_max = 111}).error(), Errc::too_large);
    EXPECT_EQ(datagram_frame(bytes, built_in, {.frame_max = 111}).error(), Errc::too_large);
    std::string largest = header(MessageType::ok, 0xffff, 0xffff);
    EXPECT_TRUE(next_frame(largest, built_in));
    EXPECT_EQ(FrameHeader::read(std::span<const char, 9>(largest.data(), 9)).frame_size(),
              frame_size_max);
}

TEST(Frame, WithLyingLengthsIsWaitedForOrMalformed) {
    const std::string good = with_fields();
    for (const std::size_t at : {1u, 2u, 3u, 4u}) {
        for (const char byte : {'\0', '\1', '\x7f', '\xff'}) {
            std::string bytes = good;
            bytes[at] = byte;
            if (bytes == good) {
                continue;
            }
            const auto frame = next_frame(bytes, built_in);
            ASSERT_TRUE(frame);
            if (*frame) {
                EXPECT_LE((*frame)->header.frame_size(), bytes.size());
                EXPECT_TRUE((*frame)->message().has_error() || !(*frame)->checksum_ok());
            } else {
                EXPECT_GT(FrameHeader::read(std::span<const char, 9>(bytes.data(), 9)).frame_size(),
                          bytes.size());
            }
        }
    }
}

TEST(Frame, WithoutAuthBytesOrBodyIsMalformed) {
    std::string no_auth = header(MessageType::ok, 0, 2) + std::string(2, '\0');
    EXPECT_EQ((*next_frame(no_auth, built_in))->message().error(), Errc::malformed);
    for (const std::uint16_t size : {std::uint16_t{0}, std::uint16_t{1}}) {
        std::string no_body = header(MessageType::ok, 3, size) + std::string("\x4d\x40\0", 3) +
                              std::string(size, '\0');
        EXPECT_EQ((*next_frame(no_body, built_in))->message().error(), Errc::malformed);
    }
}

TEST(Frame, OfADatagramMayBeFollowedByBytes) {
    std::string bytes = with_fields() + "junk";
    const auto frame = datagram_frame(bytes, built_in);
    ASSERT_TRUE(frame);
    EXPECT_TRUE(frame->checksum_ok());
    EXPECT_EQ(frame->message()->content(), "content");
}

TEST(Frame, OfADatagramMayBeCutInItsBody) {
    const std::string good = with_fields();
    const std::size_t auth_end = good.size() - 2 - ByteView("uricontent").size();
    for (std::size_t arrived = 0; arrived < good.size(); ++arrived) {
        std::string bytes = good.substr(0, arrived);
        const auto frame = datagram_frame(bytes, built_in);
        ASSERT_EQ(frame.has_value(), arrived >= auth_end) << arrived;
        if (frame) {
            EXPECT_EQ(frame->body.size(), arrived - auth_end);
            EXPECT_FALSE(frame->checksum_ok());
        } else {
            EXPECT_EQ(frame.error(), Errc::malformed);
        }
    }
}

TEST(Frame, OfADatagramThatClaimsMoreIsGoodIfItsChecksumIs) {
    std::string bytes = with_fields();
    bytes[3] = '\xff';
    EXPECT_FALSE(next_frame(bytes, built_in)->has_value());
    const auto frame = datagram_frame(bytes, built_in);
    ASSERT_TRUE(frame);
    EXPECT_TRUE(frame->checksum_ok());
    EXPECT_EQ(frame->message()->content(), "content");
}

TEST(Frame, HasAChecksumOverEachByteOfItsBody) {
    std::string bytes = with_fields();
    const std::size_t body = bytes.size() - (*next_frame(bytes, built_in))->body.size();
    for (std::size_t at = body; at < bytes.size(); ++at) {
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
        EXPECT_FALSE((*next_frame(bytes, built_in))->checksum_ok());
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
    }
    EXPECT_TRUE((*next_frame(bytes, built_in))->checksum_ok());
}

TEST(DecodeMessage, IgnoresTheBodyLengthAndOwnsItsBytes) {
    OwnedMessage message;
    {
        std::string bytes = with_fields();
        bytes[4] = '\1';
        message = decode_message(bytes).value();
    }
    EXPECT_EQ(message.uri(), "uri");
    EXPECT_EQ(message.content(), "content");
    EXPECT_EQ(message.auth().bytes("nonce"), "n");
    EXPECT_TRUE(message.body().owns() && message.auth().owns());
}

TEST(DecodeMessage, SaysWhatIsWrong) {
    const std::string good = with_fields();
    EXPECT_EQ(decode_message({}).error(), Errc::malformed);
    EXPECT_EQ(decode_message(good.substr(0, 8)).error(), Errc::malformed);
    EXPECT_EQ(decode_message(good.substr(0, 12)).error(), Errc::malformed);
    EXPECT_EQ(decode_message(good.substr(0, good.size() - 1)).error(), Errc::bad_checksum);
    EXPECT_EQ(decode_message(good + "x").error(), Errc::bad_checksum);
    EXPECT_EQ(decode_message(good + std::string(0x10000, 'x')).error(), Errc::malformed);
}

TEST(EncodeMessage, AppendsAFrame) {
    std::string out = "before";
    ASSERT_FALSE(encode_message(ok("a"), out));
    ASSERT_FALSE(encode_message(respond("b", "c"), out));
    std::span<char> rest(out.data() + 6, out.size() - 6);
    const auto first = *next_frame(rest, built_in);
    EXPECT_EQ(first->message()->uri(), "a");
    const auto second = *next_frame(rest.subspan(first->header.frame_size()), built_in);
    EXPECT_EQ(second->message()->content(), "c");
    EXPECT_EQ(first->header.frame_size() + second->header.frame_size(), rest.size());
}

TEST(EncodeMessage, LeavesTheOutputAsItWasWhenTheFieldsAreTooLarge) {
    OwnedMessage message = ok("a");
    message.auth().set("large", std::string(0x10000, 'x'));
    std::string out = "before";
    EXPECT_EQ(encode_message(message, out), Errc::too_large);
    EXPECT_EQ(out, "before");
}

TEST(EncodeMessage, CarriesTheLargestMessageThereIs) {
    OwnedMessage message(MessageType::publish_uri, "uri", std::string(Body::payload_max - 3, 'c'));
    message.auth().set("large", std::string(65'000, 'x'));
    std::string bytes = encoded(message);
    const auto frame = *next_frame(bytes, built_in);
    ASSERT_TRUE(frame);
    EXPECT_TRUE(frame->checksum_ok());
    EXPECT_EQ(frame->message()->content().size(), Body::payload_max - 3);
    EXPECT_EQ(decode_message(bytes)->auth().bytes("large")->size(), 65'000u);
}

}  // namespace
}  // namespace netaio
