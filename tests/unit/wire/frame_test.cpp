#include <gtest/gtest.h>

#include <netaio/frame.hpp>
#include <netaio/make.hpp>
#include <netaio/packify.hpp>

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

// The auth fields of a frame whatever they are, before the body of an `ok`.
std::string with_auth(std::string_view fields) {
    std::string bytes = encoded(ok("uri"));
    const std::string body = bytes.substr(FrameHeader::size + 3);
    FrameHeader head = FrameHeader::read(std::span<const char, FrameHeader::size>(bytes.data(), 9));
    head.auth_size = static_cast<std::uint16_t>(fields.size());
    bytes.resize(FrameHeader::size);
    head.write(std::span<char, FrameHeader::size>(bytes.data(), 9));
    return bytes.append(fields) + body;
}

std::optional<RequestId> id_in(std::string bytes) {
    const auto frame = next_frame(bytes, built_in);
    const auto message = (*frame)->message();
    EXPECT_TRUE(message);
    EXPECT_EQ((*frame)->request_id(), message->request_id());
    return message->request_id();
}

TEST(Frame, CarriesARequestIdBesideTheFieldsOfPlugins) {
    for (const RequestId id : {0u, 1u, 0x01020304u, 0xffffffffu}) {
        std::string bytes;
        ASSERT_FALSE(encode_message(ok("uri"), bytes, id));
        EXPECT_EQ(id_in(bytes), id);
        const auto alone = decode_message(bytes);
        EXPECT_EQ(alone->request_id(), id);
        EXPECT_TRUE(alone->auth().empty());
        EXPECT_EQ(alone->own().request_id(), id);

        OwnedMessage message = ok("uri");
        message.auth().set("nonce", "n");
        bytes.clear();
        ASSERT_FALSE(encode_message(message, bytes, id));
        EXPECT_EQ(id_in(bytes), id);
        const auto among = decode_message(bytes);
        EXPECT_EQ(among->auth().size(), 1u);
        EXPECT_EQ(among->auth().bytes("nonce"), "n");
    }
}

TEST(Frame, WritesALoneRequestIdAsPackifyDoes) {
    std::string bytes;
    ASSERT_FALSE(encode_message(ok("uri"), bytes, 0x01020304));
    const std::string fields = pack(Dict{{"#", Bytes("\x01\x02\x03\x04")}}).value();
    EXPECT_EQ(bytes, with_auth(fields));
    std::string general;
    EXPECT_FALSE(AuthFields().encode_to(general, 0x01020304));
    EXPECT_EQ(general, fields);
}

TEST(Frame, TakesOnlyFourBytesForARequestId) {
    EXPECT_EQ(id_in(with_auth(pack(Dict{{"#", Bytes("abcd")}}).value())), 0x61626364u);
    const Value others[] = {Bytes("abc"), Bytes("abcde"),        Bytes(""), Value("abcd"),
                            Value(7),     List{{Bytes("abcd")}}, Value()};
    for (const Value& other : others) {
        const std::string bytes = with_auth(pack(Dict{{"#", other}}).value());
        EXPECT_EQ(id_in(bytes), std::nullopt);
        EXPECT_TRUE(decode_message(bytes)->auth().contains("#"));
    }
}

TEST(Frame, TakesTheLastOfSeveralRequestIds) {
    const auto entry = [](std::string value) {
        const std::string packed = pack(Bytes(value)).value();
        return std::string("\x4c\x40\x02\x03", 4) + static_cast<char>(packed.size()) + "\x43\x01#" +
               packed;
    };
    const auto dict = [&](const std::string& first, const std::string& second) {
        return std::string("\x4d\x40\x02", 3) + static_cast<char>(first.size()) +
               static_cast<char>(second.size()) + first + second;
    };
    EXPECT_EQ(id_in(with_auth(dict(entry("abcd"), entry("abce")))), 0x61626365u);
    EXPECT_EQ(id_in(with_auth(dict(entry("abcd"), entry("abc")))), std::nullopt);
}

TEST(Frame, CarriesNoRequestIdUnlessItIsGivenOne) {
    std::string bytes;
    ASSERT_FALSE(encode_message(ok("uri"), bytes, 7));
    const auto message = decode_message(bytes);
    EXPECT_EQ(encoded(*message), encoded(ok("uri")));
}

TEST(Frame, CarriesOneRequestIdWhateverTheFieldsSay) {
    OwnedMessage message = ok("uri");
    message.auth().set("#", "mine");
    std::string bytes;
    ASSERT_FALSE(encode_message(message, bytes, 7));
    EXPECT_EQ(id_in(bytes), 7u);
    EXPECT_TRUE(decode_message(bytes)->auth().empty());
}

}  // namespace
}  // namespace netaio
