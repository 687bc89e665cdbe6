#include "crypto/hmac.hpp"

#include <gtest/gtest.h>

#include <string>

namespace netaio::crypto {
namespace {

// The textbook construction, with pads of any length.
std::string hmac_by_hand(std::string key, const std::string& message) {
    key.resize(Hmac::pad_size, '\0');
    std::string inner;
    std::string outer;
    for (const char byte : key) {
        inner += static_cast<char>(byte ^ 0x36);
        outer += static_cast<char>(byte ^ 0x5c);
    }
    return sha256(outer + sha256(inner + message).view().str()).view().str();
}

TEST(Hmac, IsTheTextbookConstructionWithLongerPads) {
    for (const std::size_t key_size : {0u, 1u, 32u, 64u}) {
        for (const std::size_t size : {0u, 1u, 55u, 64u, 1000u}) {
            const std::string key(key_size, 'k');
            const std::string message(size, 'm');
            EXPECT_EQ(Hmac(key).update(message).finish().view(), hmac_by_hand(key, message))
                << key_size << ", " << size;
        }
    }
}

TEST(Hmac, DoesNotDependOnHowTheMessageIsCutUp) {
    EXPECT_EQ(Hmac("key").update("a").update("").update("bc").finish().view(),
              Hmac("key").update("abc").finish().view());
}

TEST(HmacKeyV008, UsesShortKeysAsTheyAreOnlyForMessagesAtLeastAsLong) {
    const std::string key = "sixteen byte key";
    const HmacKeyV008 legacy{ByteView(key)};
    const std::string hashed = sha256(key).view().str();
    const std::string short_message(15, 'm');
    const std::string message(16, 'm');
    EXPECT_EQ(legacy.start(15).update(short_message).finish().view(),
              hmac_by_hand(hashed, short_message));
    EXPECT_EQ(legacy.start(16).update(message).finish().view(), hmac_by_hand(key, message));
}

TEST(HmacKeyV008, AlwaysHashesKeysLongerThanADigest) {
    const std::string key(33, 'k');
    const std::string message(100, 'm');
    EXPECT_EQ(HmacKeyV008{ByteView(key)}.start(100).update(message).finish().view(),
              hmac_by_hand(sha256(key).view().str(), message));
}

TEST(OneTimeKeys, DifferByKeyNonceAndPurpose) {
    const auto derive = [](ByteView key, ByteView nonce, ByteView purpose) {
        return OneTimeKeys(key, purpose).derive(nonce).view().str();
    };
    EXPECT_EQ(derive("k", "n", "mac"), derive("k", "n", "mac"));
    EXPECT_NE(derive("k", "n", "mac"), derive("x", "n", "mac"));
    EXPECT_NE(derive("k", "n", "mac"), derive("k", "x", "mac"));
    EXPECT_NE(derive("k", "n", "mac"), derive("k", "n", "enc"));
}

TEST(OneTimeKeys, HashTheThreeDigestsInARow) {
    const std::string digests =
        sha256("k").view().str() + sha256("n").view().str() + sha256("enc").view().str();
    EXPECT_EQ(OneTimeKeys("k", "enc").derive("n").view(), sha256(digests).view());
}

}  // namespace
}  // namespace netaio::crypto
