#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <netaio/body.hpp>
#include <vector>

namespace netaio {
namespace {

std::string encoded(std::string_view uri, std::string_view content) {
    std::string bytes{static_cast<char>(uri.size() >> 8), static_cast<char>(uri.size())};
    return bytes.append(uri).append(content);
}

void fill(std::span<char> bytes, char byte) {
    std::ranges::fill(bytes, byte);
}

TEST(Body, IsEmptyAtFirst) {
    const Body body;
    EXPECT_EQ(body.uri(), "");
    EXPECT_EQ(body.content(), "");
    EXPECT_EQ(body.encoded(), ByteView("\0\0", 2));
    EXPECT_TRUE(body.owns());
}

TEST(Body, HoldsUriAndContentInTheirEncodedForm) {
    const auto body = Body::make("uri", "content");
    ASSERT_TRUE(body);
    EXPECT_EQ(body->uri(), "uri");
    EXPECT_EQ(body->content(), "content");
    EXPECT_EQ(body->encoded(), encoded("uri", "content"));
    EXPECT_TRUE(body->owns());
}

TEST(Body, RefusesMoreThanTheSizeRuleAllows) {
    const std::string half(Body::payload_max / 2, 'x');
    EXPECT_TRUE(Body::make(half, half));
    EXPECT_EQ(Body::make(half + "x", half).error(), Errc::too_large);
    EXPECT_EQ(Body::make(half, half + "x").error(), Errc::too_large);
    EXPECT_EQ(Body::make({}, std::string(1u << 20, 'x')).error(), Errc::too_large);
    EXPECT_EQ(Body::make(std::string(1u << 20, 'x'), {}).error(), Errc::too_large);
}

TEST(Body, FitsLessWhenRoomIsKeptFree) {
    EXPECT_TRUE(Body::fits(Body::payload_max));
    EXPECT_FALSE(Body::fits(Body::payload_max + 1));
    EXPECT_TRUE(Body::fits(Body::payload_max - 40, 40));
    EXPECT_FALSE(Body::fits(Body::payload_max - 39, 40));
    EXPECT_TRUE(Body::fits(Body::payload_max + 1, -1));
    EXPECT_FALSE(Body::fits(0x10000, -0x10000));
}

TEST(Body, ViewsSomebodyElsesBytesInPlace) {
    std::string bytes = encoded("uri", "content");
    auto body = Body::over(bytes);
    ASSERT_TRUE(body);
    EXPECT_FALSE(body->owns());
    EXPECT_EQ(body->encoded().data(), bytes.data());
    fill(body->mutable_content(), 'x');
    EXPECT_EQ(bytes, encoded("uri", "xxxxxxx"));
}

TEST(Body, RefusesAUriLengthBeyondItsBytes) {
    for (std::string bytes : {std::string(), std::string(1, '\0'), std::string("\0\1", 2),
                              std::string("\0\4uri", 5), std::string("\xff\xff", 2)}) {
        EXPECT_EQ(Body::over(bytes).error(), Errc::malformed);
    }
    std::string exact("\0\3uri", 5);
    EXPECT_EQ(Body::over(exact)->uri(), "uri");
    std::string longest(0xffff, '\0');
    EXPECT_EQ(Body::over(longest)->content().size(), 0xfffdu);
    longest += '\0';
    EXPECT_EQ(Body::over(longest).error(), Errc::malformed);
}

TEST(Body, ShrinksInPlace) {
    std::string bytes = encoded("uri", "content");
    auto body = Body::over(bytes);
    ASSERT_FALSE(body->resize_content(4));
    EXPECT_FALSE(body->owns());
    EXPECT_EQ(body->encoded(), encoded("uri", "cont"));
    ASSERT_FALSE(body->resize_content(0));
    EXPECT_EQ(body->encoded(), encoded("uri", ""));
}

TEST(Body, OwnsItsBytesAfterGrowing) {
    std::string bytes = encoded("uri", "content");
    auto body = Body::over(bytes);
    ASSERT_FALSE(body->resize_content(10));
    EXPECT_TRUE(body->owns());
    EXPECT_EQ(body->uri(), "uri");
    EXPECT_EQ(body->content().substr(0, 7), "content");
    fill(body->mutable_content(), 'x');
    EXPECT_EQ(body->content(), "xxxxxxxxxx");
    EXPECT_EQ(bytes, encoded("uri", "content"));
}

TEST(Body, GrowsFromNothingToTheLimitAndNoFurther) {
    Body body;
    for (const std::size_t size : {0u, 1u, 2000u, 2100u, 40'000u, 65'422u}) {
        ASSERT_FALSE(body.resize_content(size));
        fill(body.mutable_content(), 'x');
        EXPECT_EQ(body.content(), std::string(size, 'x'));
    }
    EXPECT_EQ(body.resize_content(Body::payload_max + 1), Errc::too_large);
    EXPECT_EQ(body.resize_content(std::size_t{0} - 1), Errc::too_large);
    EXPECT_EQ(body.content(), std::string(Body::payload_max, 'x'));

    auto with_uri = *Body::make("uri", "content");
    EXPECT_EQ(with_uri.resize_content(Body::payload_max - 2), Errc::too_large);
    EXPECT_EQ(with_uri.encoded(), encoded("uri", "content"));
    EXPECT_FALSE(with_uri.resize_content(Body::payload_max - 3));
}

TEST(Body, KnowsAChecksumUntilItIsChanged) {
    const auto changes = std::to_array<void (*)(Body&)>({
        [](Body& body) { body.mutable_content(); },
        [](Body& body) { EXPECT_FALSE(body.resize_content(20)); },
        [](Body& body) { EXPECT_FALSE(body.resize_content(1)); },
        [](Body& body) { body.mutable_encoded(); },
        [](Body& body) { EXPECT_FALSE(body.wrap(1)); },
        [](Body& body) { body.mutable_payload(); },
        [](Body& body) { body.unwrap(); },
    });
    for (const auto change : changes) {
        Body body("uri", "content");
        EXPECT_FALSE(body.checksum());
        body.set_checksum(7);
        Body moved = std::move(body);
        EXPECT_FALSE(body.checksum());
        EXPECT_EQ(moved.checksum(), 7u);
        change(moved);
        EXPECT_FALSE(moved.checksum());
    }
}

TEST(Body, NeverChangesTheBytesThatEmptyBodiesShare) {
    Body body;
    fill(body.mutable_encoded(), 'x');
    EXPECT_EQ(Body().encoded(), ByteView("\0\0", 2));
    ASSERT_FALSE(body.wrap(1));
    EXPECT_EQ(body.encoded(), ByteView("\0\1xx", 4));

    Body unwrapped;
    unwrapped.unwrap();
    EXPECT_EQ(unwrapped.encoded(), ByteView("\0\0", 2));
    EXPECT_EQ(Body().encoded(), ByteView("\0\0", 2));
}

TEST(Body, WrapsAndUnwrapsToWhatItWas) {
    for (const std::size_t content_size : {0u, 1u, 2030u, 2048u, 65'000u}) {
        for (const bool view : {false, true}) {
            const std::string before = encoded("uri", std::string(content_size, 'c'));
            std::string bytes = before;
            Body body = view ? *Body::over(bytes) : Body::over(bytes)->clone();
            for (const std::size_t split : {std::size_t{0}, std::size_t{2}, before.size()}) {
                ASSERT_FALSE(body.wrap(split));
                EXPECT_EQ(body.encoded().substr(2), before);
                EXPECT_EQ(body.uri(), before.substr(0, split));
                EXPECT_EQ(body.content(), before.substr(split));
                body.unwrap();
                EXPECT_EQ(body.encoded(), before);
                EXPECT_EQ(body.uri(), "uri");
            }
            EXPECT_EQ(bytes, before);
        }
    }
}

TEST(Body, WrapsAgainAndAgain) {
    Body body = *Body::make("uri", "content");
    const std::string before(body.encoded());
    for (int i = 0; i < 20; ++i) {
        ASSERT_FALSE(body.wrap(1));
    }
    EXPECT_EQ(body.encoded().size(), before.size() + 40);
    for (int i = 0; i < 20; ++i) {
        body.unwrap();
    }
    EXPECT_EQ(body.encoded(), before);
}

TEST(Body, WrapsNoMoreThanTheSizeRuleAllows) {
    Body fits = *Body::make({}, std::string(Body::payload_max - 2, 'x'));
    ASSERT_FALSE(fits.wrap(1));
    EXPECT_EQ(fits.wrap(1), Errc::too_large);
    EXPECT_EQ(fits.encoded().size(), Body::payload_max + 2);
}

TEST(Body, ClampsASplitBeyondTheEnd) {
    Body body = *Body::make("u", "c");
    ASSERT_FALSE(body.wrap(1000));
    EXPECT_EQ(body.uri(), ByteView("\0\1uc", 4));
    EXPECT_EQ(body.content(), "");
}

TEST(Body, ClampsAUriLengthBeyondThePlaintext) {
    std::string bytes = encoded("\xff\xff", "rest");
    Body body = *Body::over(bytes);
    body.unwrap();
    EXPECT_EQ(body.uri(), "rest");
    EXPECT_EQ(body.content(), "");
    EXPECT_EQ(body.encoded(), encoded("rest", "")) << "the clamped length is what is encoded";
}

TEST(Body, UnwrapsTheStartOfUriAndContentWhereverTheyWereSplit) {
    const std::string plaintext = encoded("uri", "content");
    for (std::size_t split = 0; split <= plaintext.size() + 4; ++split) {
        const std::string padded = plaintext + "more";
        Body body = *Body::make(padded.substr(0, split), padded.substr(split));
        body.unwrap(plaintext.size());
        EXPECT_EQ(body.encoded(), plaintext);
        EXPECT_EQ(body.uri(), "uri");
        EXPECT_EQ(body.content(), "content");
    }
    Body body = *Body::make("\x7f\x7f", "content");
    body.unwrap(1);
    EXPECT_EQ(body.encoded(), ByteView("\0\0", 2));
}

TEST(Body, UnwrapsTooShortAPlaintextToNothing) {
    for (const bool as_uri : {true, false}) {
        Body body = as_uri ? *Body::make("\x7f", "") : *Body::make("", "\x7f");
        body.unwrap();
        EXPECT_EQ(body.encoded(), ByteView("\0\0", 2));
        EXPECT_EQ(body.uri(), "");
        EXPECT_EQ(body.content(), "");
    }
}

TEST(Body, JoinsUriAndContentAsPayload) {
    Body body = *Body::make("uri", "content");
    const auto payload = body.mutable_payload();
    EXPECT_EQ(std::string(payload.begin(), payload.end()), "uricontent");
    fill(payload, 'x');
    EXPECT_EQ(body.encoded(), encoded("xxx", "xxxxxxx"));
}

TEST(Body, IsEmptyAfterBeingMovedFrom) {
    Body from = *Body::make("uri", "content");
    Body to = std::move(from);
    EXPECT_EQ(to.uri(), "uri");
    EXPECT_EQ(from.encoded(), ByteView("\0\0", 2));
    to = Body();
    EXPECT_EQ(to.encoded(), ByteView("\0\0", 2));
    Body& same = to;
    to = *Body::make("a", "b");
    to = std::move(same);
    EXPECT_EQ(to.uri(), "a");
}

TEST(Body, ClonesOutliveWhatTheyWereMadeFrom) {
    Body copy;
    {
        std::string bytes = encoded("uri", std::string(5000, 'c'));
        copy = Body::over(bytes)->clone();
        fill(bytes, 'x');
    }
    EXPECT_TRUE(copy.owns());
    EXPECT_EQ(copy.uri(), "uri");
    EXPECT_EQ(copy.content(), std::string(5000, 'c'));
}

}  // namespace
}  // namespace netaio
