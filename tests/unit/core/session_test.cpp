#include "core/session.hpp"

#include <netaio/make.hpp>

#include "support/session_ends.hpp"
#include "wire/endian.hpp"

namespace netaio::core {
namespace {

using namespace test;
using crypto::AeadCipher;

constexpr auto session_start = Session::TimePoint();

std::string frame_of(const Message& message) {
    std::string frame;
    EXPECT_FALSE(encode_message(message, frame, RequestId(7)));
    return frame;
}

class SessionOf : public ::testing::TestWithParam<AeadCipher> {
protected:
    std::string sealed(ByteView frame, Session::TimePoint now = session_start) {
        std::string bytes;
        asks.seal(frame, now, bytes);
        return bytes;
    }
    Result<std::optional<Frame>> open(Session& by, std::string& bytes) {
        return by.open(frame_in(bytes));
    }
    std::error_code why_not(Session& by, std::string bytes) {
        const auto opened = open(by, bytes);
        return opened ? std::error_code() : opened.error();
    }
    // What is not made by seal(): any text, sealed with the next number of who asks.
    std::string sealed_text(std::string text, std::uint64_t number = 0) {
        const std::size_t size = text.size() + crypto::AeadKey::tag_size;
        text.resize(size);
        crypto::AeadKey(GetParam(), secret_key('i')).seal(number, {}, text);
        std::string body(2, '\0');
        body += text;
        std::string bytes(FrameHeader::size, '\0');
        FrameHeader{sealed_frame, 3, static_cast<std::uint16_t>(body.size()), 0}.write(
            std::span<char, FrameHeader::size>(bytes.data(), FrameHeader::size));
        return bytes + std::string("\x4d\x40\x00", 3) + body;
    }

    const std::string news = frame_of(notify("news", "something"));
    Session asks{keys_of(GetParam(), true), session_start};
    Session answers{keys_of(GetParam(), false), session_start};
};

INSTANTIATE_TEST_SUITE_P(Each, SessionOf,
                         ::testing::Values(AeadCipher::aes_gcm, AeadCipher::chacha_poly),
                         [](const auto& each) {
                             return each.param == AeadCipher::aes_gcm ? "AesGcm" : "ChaChaPoly";
                         });

TEST_P(SessionOf, OpensWhatTheOtherEndSealed) {
    for (const std::size_t size : {0UL, 10UL, 600UL, 60'000UL}) {
        const std::string content(size, 'c');
        std::string bytes = sealed(frame_of(notify("news", content)));
        const auto opened = open(answers, bytes);
        ASSERT_TRUE(opened && *opened);
        EXPECT_TRUE((*opened)->checksum_ok());
        const auto message = (*opened)->message();
        ASSERT_TRUE(message);
        EXPECT_EQ(message->type(), MessageType::notify_uri);
        EXPECT_EQ(message->uri(), "news");
        EXPECT_EQ(message->content(), content);
        EXPECT_EQ(message->request_id(), RequestId(7));
    }
}

TEST_P(SessionOf, ShowsNothingOfAFrameButItsSize) {
    const std::string bytes = sealed(news);
    EXPECT_EQ(bytes.size(), news.size() + Session::overhead);
    EXPECT_EQ(bytes.find("news"), std::string::npos);
    EXPECT_EQ(bytes.find("something"), std::string::npos);
    std::string copy = bytes;
    const Frame frame = frame_in(copy);
    EXPECT_EQ(frame.header.type, sealed_frame);
    EXPECT_TRUE(frame.checksum_ok());
    EXPECT_EQ(frame.message()->uri(), "");
}

TEST_P(SessionOf, SealsTheSameFrameDifferentlyEachTimeAndEachWay) {
    std::string other_way;
    answers.seal(news, session_start, other_way);
    const std::string first = sealed(news);
    EXPECT_NE(first, sealed(news));
    EXPECT_NE(first, other_way);
}

TEST_P(SessionOf, OpensEachFrameOnceInItsPlace) {
    const std::string first = sealed(news);
    const std::string second = sealed(news);
    const std::string third = sealed(news);
    EXPECT_EQ(why_not(answers, first), std::error_code());
    EXPECT_EQ(why_not(answers, first), Errc::auth_failed);
    // It takes as many numbers as it takes frames: after an error nothing is opened any more.
    Session skips(keys_of(GetParam(), false), session_start);
    EXPECT_EQ(why_not(skips, second), Errc::auth_failed);
    Session reverses(keys_of(GetParam(), false), session_start);
    EXPECT_EQ(why_not(reverses, first), std::error_code());
    EXPECT_EQ(why_not(reverses, third), Errc::auth_failed);
}

TEST_P(SessionOf, OpensNothingOfItsOwn) {
    EXPECT_EQ(why_not(asks, sealed(news)), Errc::auth_failed);
}

TEST_P(SessionOf, OpensNothingThatWasChanged) {
    const std::string bytes = sealed(news);
    // But for what is not of use any more: the checksum.
    for (std::size_t at = FrameHeader::size; at < bytes.size(); ++at) {
        std::string changed = bytes;
        changed[at] ^= 1;
        Session opens(keys_of(GetParam(), false), session_start);
        EXPECT_TRUE(why_not(opens, changed)) << at;
    }
    Session opens(keys_of(GetParam(), false), session_start);
    std::string clear = news;
    EXPECT_EQ(why_not(opens, clear), Errc::malformed);
}

TEST_P(SessionOf, OpensNoneThatIsTooShort) {
    for (std::size_t size = 0; size < 3; ++size) {
        Session opens(keys_of(GetParam(), false), session_start);
        EXPECT_EQ(why_not(opens, sealed_text(std::string(size, '\x01'))), Errc::malformed);
    }
}

TEST_P(SessionOf, OpensNoneWhoseFieldsAreLongerThanItself) {
    EXPECT_EQ(why_not(answers, sealed_text(std::string("\x05\x00\x04"
                                                       "abc",
                                                       6))),
              Errc::malformed);
    // After the first error there is no other.
    EXPECT_EQ(why_not(answers, sealed_text(std::string("\x05\0\0", 3), 1)), Errc::auth_failed);
}

TEST_P(SessionOf, IsNotToldOfMarkersThatAreNone) {
    // Of the marker's type, but longer: no type of messages.
    std::string bytes = sealed_text(std::string("\x0e\x00\x00 ", 4));
    const auto opened = open(answers, bytes);
    ASSERT_TRUE(opened && *opened);
    EXPECT_EQ((*opened)->header.type, sealed_frame);
}

TEST_P(SessionOf, SealsFramesUpToTheirLimit) {
    std::string frame = frame_of(notify("news", ""));
    frame.resize(Session::frame_max, 'c');
    std::string bytes = sealed(frame);
    EXPECT_EQ(bytes.size(), frame.size() + Session::overhead);
    EXPECT_EQ(frame_in(bytes).header.body_size, 0xffff);
    const auto opened = open(answers, bytes);
    ASSERT_TRUE(opened && *opened);
    EXPECT_EQ((*opened)->auth.size() + (*opened)->body.size(),
              Session::frame_max - FrameHeader::size);
    EXPECT_TRUE(std::string_view((*opened)->body.data(), (*opened)->body.size()).ends_with("ccc"));
}

TEST_P(SessionOf, GoesOnAfterItRested) {
    std::string bytes = sealed(news);
    EXPECT_EQ(why_not(answers, bytes), std::error_code());
    asks.rest();
    answers.rest();
    EXPECT_EQ(why_not(answers, sealed(news)), std::error_code());
}

TEST_P(SessionOf, TakesTheNextKeyAfterAnHour) {
    const auto in_an_hour = session_start + Session::time_for_key;
    std::string before = sealed(news, in_an_hour - std::chrono::seconds(1));
    EXPECT_EQ(why_not(answers, before), std::error_code());
    std::string bytes = sealed(news, in_an_hour);
    const std::size_t size = frame_in(bytes).header.frame_size();
    EXPECT_EQ(bytes.size() - size, news.size() + Session::overhead);
    std::string marker = bytes.substr(0, size);
    const auto opened = open(answers, marker);
    ASSERT_TRUE(opened);
    EXPECT_FALSE(*opened) << "a marker is no message";
    const std::string behind = bytes.substr(size);
    EXPECT_EQ(why_not(answers, behind), std::error_code());
    // Once for each hour, and only that way.
    EXPECT_EQ(sealed(news, in_an_hour + std::chrono::minutes(59)).size(),
              news.size() + Session::overhead);
    std::string other_way;
    answers.seal(news, session_start, other_way);
    EXPECT_EQ(why_not(asks, other_way), std::error_code());
}

TEST_P(SessionOf, SealsWithAnotherKeyBehindTheMarker) {
    std::string bytes = sealed(news, session_start + Session::time_for_key);
    const std::size_t size = frame_in(bytes).header.frame_size();
    std::string text = bytes.substr(size);
    Frame frame = frame_in(text);
    EXPECT_FALSE(crypto::AeadKey(GetParam(), secret_key('i')).open(1, {}, frame.body.subspan(2)));
    text = bytes.substr(size);
    frame = frame_in(text);
    crypto::AeadKey next(GetParam(), secret_key('i'));
    next.advance();
    EXPECT_TRUE(next.open(1, {}, frame.body.subspan(2)));
}

TEST(Session, TakesTheNextKeyAfterSoManyMessages) {
    const auto cipher = crypto::has_fast_aes() ? AeadCipher::aes_gcm : AeadCipher::chacha_poly;
    Session asks(keys_of(cipher, true), session_start);
    Session answers(keys_of(cipher, false), session_start);
    const std::string small = frame_of(notify("", ""));
    std::string bytes;
    std::string last;
    for (std::uint64_t i = 0; i <= Session::messages_for_key; ++i) {
        bytes.clear();
        asks.seal(small, session_start, bytes);
        if (i == Session::messages_for_key) {
            last = bytes;
        }
        const auto opened = answers.open(frame_in(bytes));
        ASSERT_TRUE(opened && *opened) << i;
    }
    Frame frame = frame_in(last);
    crypto::AeadKey next(cipher, secret_key('i'));
    next.advance();
    EXPECT_TRUE(next.open(Session::messages_for_key, {}, frame.body.subspan(2)));
}

}  // namespace
}  // namespace netaio::core
