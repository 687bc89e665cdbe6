#include "crypto/key_pair.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <netaio/session.hpp>

#include "support/fixed_environment.hpp"
#include "support/keys.hpp"
#include "wire/hex.hpp"

namespace netaio::crypto {
namespace {

SecretKey secret_key(std::string_view digits) {
    SecretKey key;
    key.bytes = *parse_session_key(digits);
    return key;
}

// RFC 7748, 6.1.
TEST(KeyPair, AgreesAsTheStandardSays) {
    const auto bob =
        KeyPair::of(secret_key("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
    EXPECT_EQ(wire::hex(bob.public_key),
              "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    const PublicKey alice =
        *parse_session_key("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    const auto shared = agree(bob.secret, alice);
    ASSERT_TRUE(shared);
    EXPECT_EQ(wire::hex(shared->bytes),
              "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

TEST(KeyPair, AgreesOnTheSameAtBothEnds) {
    netaio::test::CountingRandom random;
    const auto one = KeyPair::random(random);
    const auto other = KeyPair::random(random);
    EXPECT_EQ(agree(one.secret, other.public_key)->bytes,
              agree(other.secret, one.public_key)->bytes);
}

TEST(KeyPair, AgreesOnNothingWithPointsOfLowOrder) {
    netaio::test::CountingRandom random;
    const auto own = KeyPair::random(random);
    for (const std::string& point : netaio::test::low_order_points()) {
        PublicKey key;
        std::ranges::copy(point, key.begin());
        EXPECT_FALSE(agree(own.secret, key)) << wire::hex(point);
        key.back() |= 0x80;  // which is left out of account
        EXPECT_FALSE(agree(own.secret, key)) << wire::hex(point);
    }
}

TEST(KeyPair, IsAnotherEachTime) {
    netaio::test::CountingRandom random;
    EXPECT_NE(KeyPair::random(random).public_key, KeyPair::random(random).public_key);
}

TEST(KeyPair, IsThatOfTheSeedsBoxes) {
    const std::string seed(32, 's');
    const auto pair = KeyPair::from_seed(seed);
    EXPECT_EQ(pair.public_key, SeedKeys(seed).public_key);
    EXPECT_EQ(KeyPair::of(pair.secret).public_key, pair.public_key);
    EXPECT_THROW(KeyPair::from_seed(std::string(31, 's')), std::invalid_argument);
}

}  // namespace
}  // namespace netaio::crypto
