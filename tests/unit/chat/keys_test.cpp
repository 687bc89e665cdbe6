#include <gtest/gtest.h>

#include <cctype>
#include <netaio/chat/keys.hpp>
#include <string>

#include "support/fixed_environment.hpp"
#include "support/keys.hpp"

namespace netaio::chat {
namespace {

Identity identity_of(char letter) {
    return Identity(SecretKey::parse(std::string(32, letter)).value());
}

TEST(Identity, IsThatOfItsSeed) {
    EXPECT_EQ(identity_of('a').public_key(), identity_of('a').public_key());
    EXPECT_NE(identity_of('a').public_key(), identity_of('b').public_key());
    EXPECT_EQ(identity_of('a').seed().reveal(), std::string(32, 'a'));
    test::CountingRandom random;
    EXPECT_NE(Identity::make(random).public_key(), Identity::make(random).public_key());
}

TEST(Identity, SignsWhatOthersCanVerify) {
    const Identity alice = identity_of('a');
    const std::string signature = alice.sign("a text");
    EXPECT_EQ(signature.size(), signature_size);
    EXPECT_TRUE(alice.public_key().signed_this("a text", signature));
    EXPECT_FALSE(alice.public_key().signed_this("another", signature));
    EXPECT_FALSE(identity_of('b').public_key().signed_this("a text", signature));
    for (std::size_t at = 0; at < signature.size(); ++at) {
        std::string changed = signature;
        changed[at] ^= 1;
        EXPECT_FALSE(alice.public_key().signed_this("a text", changed)) << at;
    }
    EXPECT_FALSE(alice.public_key().signed_this("a text", signature.substr(1)));
    EXPECT_FALSE(alice.public_key().signed_this("a text", ""));
}

TEST(Identity, SignsNothingToo) {
    EXPECT_TRUE(identity_of('a').public_key().signed_this({}, identity_of('a').sign({})));
}

TEST(Identity, HasTheSameKeyPairOnBothCurves) {
    const Identity alice = identity_of('a');
    EXPECT_EQ(alice.agreement_keys().public_key(), alice.public_key().agreement_key());
}

TEST(Identity, KeepsItsHistoryUnderAKeyOfItsOwn) {
    const SecretKey key = identity_of('a').history_key();
    EXPECT_EQ(key.reveal(), identity_of('a').history_key().reveal());
    EXPECT_NE(key.reveal(), identity_of('b').history_key().reveal());
    EXPECT_NE(key.reveal(), identity_of('a').seed().reveal());
}

TEST(PublicKey, ComesBackFromItsBytes) {
    const PublicKey key = identity_of('a').public_key();
    EXPECT_EQ(PublicKey::parse(key.bytes()).value(), key);
}

TEST(PublicKey, IsRefusedUnlessASecretLeadsToIt) {
    using test::curve_point;
    const std::string good = identity_of('a').public_key().bytes().str();
    for (const std::string& bytes :
         {std::string(), good.substr(1), good + "x", std::string(32, '\0'), curve_point(1, 0, 0),
          // Not on the curve; not canonical; of order two.
          curve_point(2, 0, 0), curve_point('\xee', '\xff', '\x7f'),
          curve_point('\xec', '\xff', '\x7f'), std::string(32, '\xff')}) {
        EXPECT_EQ(PublicKey::parse(bytes).error(), Errc::malformed);
    }
}

TEST(SafetyNumber, IsTheSameForBothAndOfTwelveGroups) {
    const PublicKey alice = identity_of('a').public_key();
    const PublicKey bob = identity_of('b').public_key();
    const std::string number = safety_number(alice, bob);
    EXPECT_EQ(number, safety_number(bob, alice));
    ASSERT_EQ(number.size(), 12u * 6 - 1);
    for (std::size_t at = 0; at < number.size(); ++at) {
        if (at % 6 == 5) {
            EXPECT_EQ(number[at], ' ');
        } else {
            EXPECT_TRUE(std::isdigit(static_cast<unsigned char>(number[at]))) << number;
        }
    }
}

TEST(SafetyNumber, IsAnotherWithAnotherKey) {
    const PublicKey alice = identity_of('a').public_key();
    const PublicKey bob = identity_of('b').public_key();
    const PublicKey mallory = identity_of('m').public_key();
    EXPECT_NE(safety_number(alice, bob), safety_number(alice, mallory));
    EXPECT_NE(safety_number(alice, bob), safety_number(mallory, bob));
}

TEST(SafetyNumber, ContainsTheShortNumbersOfBoth) {
    const PublicKey alice = identity_of('a').public_key();
    const PublicKey bob = identity_of('b').public_key();
    const std::string number = safety_number(alice, bob);
    EXPECT_EQ(short_number(alice).size(), 11u);
    for (const PublicKey& key : {alice, bob}) {
        const auto at = number.find(short_number(key));
        EXPECT_TRUE(at == 0 || at == 36) << number;
    }
    EXPECT_NE(short_number(alice), short_number(bob));
}

}  // namespace
}  // namespace netaio::chat
