#include "core/datagram_session.hpp"

#include "support/session_ends.hpp"

namespace netaio::core {
namespace {

using test::keys_of;

class DatagramSessionTest : public testing::TestWithParam<crypto::AeadCipher> {
protected:
    std::string sealed(const std::string& frames) {
        std::string datagram;
        ours_.seal(frames, datagram);
        return datagram;
    }
    std::optional<std::string> opened(std::string datagram, bool* highest = nullptr) {
        const auto frame = datagram_frame(datagram, {}, {frame_size_max, true});
        EXPECT_TRUE(frame);
        if (!frame || !DatagramSession::index_of(*frame)) {
            return std::nullopt;
        }
        bool is_highest = false;
        const auto frames = theirs_.open(*frame, is_highest);
        if (highest) {
            *highest = is_highest;
        }
        return frames ? std::optional(std::string(frames->begin(), frames->end())) : std::nullopt;
    }

    DatagramSession ours_{{1, 2}, keys_of(GetParam(), true), true, {}};
    DatagramSession theirs_{{2, 1}, keys_of(GetParam(), false), false, {}};
};

TEST_P(DatagramSessionTest, WhatOneSealsTheOtherOpensInAnyOrderAndOnce) {
    const auto first = sealed("first");
    const auto second = sealed("");
    const auto third = sealed("third");
    EXPECT_EQ(first.size(), DatagramSession::overhead + 5);
    bool highest = false;
    EXPECT_EQ(opened(third, &highest), "third");
    EXPECT_TRUE(highest);
    EXPECT_EQ(opened(first, &highest), "first");
    EXPECT_FALSE(highest);
    EXPECT_EQ(opened(second), "");
    EXPECT_EQ(opened(first), std::nullopt);
    EXPECT_EQ(opened(third), std::nullopt);
}

TEST_P(DatagramSessionTest, WhatWasChangedDoesNotOpenAndDoesNotCount) {
    const auto datagram = sealed("something");
    for (std::size_t i = FrameHeader::size; i < datagram.size(); ++i) {
        std::string changed = datagram;
        changed[i] = static_cast<char>(changed[i] ^ 0x40);
        EXPECT_EQ(opened(changed), std::nullopt) << i;
    }
    for (std::size_t size = FrameHeader::size + 3; size < datagram.size(); ++size) {
        EXPECT_EQ(opened(datagram.substr(0, size)), std::nullopt) << size;
    }
    EXPECT_EQ(opened(datagram), "something");
}

TEST_P(DatagramSessionTest, WhatOneSealedItDoesNotOpenItself) {
    std::string datagram = sealed("something");
    const auto frame = datagram_frame(datagram, {}, {frame_size_max, true});
    bool highest = false;
    EXPECT_FALSE(ours_.open(*frame, highest));
}

TEST_P(DatagramSessionTest, FramesStandOneAfterAnother) {
    std::string frames;
    std::string bytes;
    ASSERT_FALSE(encode_message(OwnedMessage(MessageType::notify_uri, "uri", "news"), bytes, 7));
    DatagramSession::append_frame(bytes, frames);
    EXPECT_EQ(frames.size(), DatagramSession::size_of(bytes.size()));
    DatagramSession::append_frame(bytes, frames);
    std::span<char> rest(frames);
    for (int i = 0; i < 2; ++i) {
        const auto frame = DatagramSession::next_frame(rest);
        ASSERT_TRUE(frame && *frame);
        EXPECT_TRUE((*frame)->sealed);
        const auto message = (*frame)->message();
        ASSERT_TRUE(message);
        EXPECT_EQ(message->content(), "news");
        EXPECT_EQ((*frame)->request_id(), 7u);
    }
    const auto none = DatagramSession::next_frame(rest);
    EXPECT_TRUE(none && !*none);
    for (std::size_t size = 1; size < frames.size() / 2; ++size) {
        std::span<char> cut(frames.data(), size);
        EXPECT_FALSE(DatagramSession::next_frame(cut)) << size;
        EXPECT_TRUE(cut.empty());
    }
}

TEST_P(DatagramSessionTest, ItIsGoodForSomeTime) {
    const DatagramSession::TimePoint then{};
    EXPECT_TRUE(ours_.is_good(then + std::chrono::seconds(179)));
    EXPECT_FALSE(ours_.is_good(then + DatagramSession::good_for));
    EXPECT_TRUE(ours_.rests());
    (void)sealed("");
    EXPECT_FALSE(ours_.rests());
    ours_.rest();
    EXPECT_TRUE(ours_.rests());
    EXPECT_EQ(opened(sealed("after a rest")), "after a rest");
}

INSTANTIATE_TEST_SUITE_P(Ciphers, DatagramSessionTest,
                         testing::Values(crypto::AeadCipher::aes_gcm,
                                         crypto::AeadCipher::chacha_poly));

}  // namespace
}  // namespace netaio::core
