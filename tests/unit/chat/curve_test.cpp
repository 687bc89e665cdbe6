#include <gtest/gtest.h>

#include <netaio/chat/curve.hpp>

#include "support/fixed_environment.hpp"
#include "support/keys.hpp"

namespace netaio::chat {
namespace {

TEST(AgreementKeys, AgreeOnOneSecret) {
    test::CountingRandom random;
    const AgreementKeys one = AgreementKeys::make(random);
    const AgreementKeys other = AgreementKeys::make(random);
    const AgreementKeys third = AgreementKeys::make(random);
    const SecretKey agreed = one.agree(other.public_key()).value();
    EXPECT_EQ(agreed.reveal(), other.agree(one.public_key()).value().reveal());
    EXPECT_NE(agreed.reveal(), other.agree(third.public_key()).value().reveal());
}

TEST(AgreementKeys, AreThoseOfTheirSecretAlone) {
    test::CountingRandom random;
    const AgreementKeys keys = AgreementKeys::make(random);
    EXPECT_EQ(AgreementKeys(keys.secret()).public_key(), keys.public_key());
}

TEST(AgreementKeys, AgreeOnNothingWithAPointOfLowOrder) {
    test::CountingRandom random;
    const AgreementKeys keys = AgreementKeys::make(random);
    for (const std::string& point : test::low_order_points()) {
        const auto key = AgreementKey::parse(point);
        ASSERT_TRUE(key);
        EXPECT_EQ(keys.agree(*key).error(), Errc::malformed);
    }
}

TEST(AgreementKey, IsRefusedUnlessItIsCanonical) {
    for (const std::string& point : test::non_canonical_points()) {
        EXPECT_EQ(AgreementKey::parse(point).error(), Errc::malformed);
    }
    for (const std::size_t size : {0u, 31u, 33u}) {
        EXPECT_EQ(AgreementKey::parse(std::string(size, 'k')).error(), Errc::malformed);
        EXPECT_EQ(SecretKey::parse(std::string(size, 'k')).error(), Errc::malformed);
    }
}

}  // namespace
}  // namespace netaio::chat
