#include <gtest/gtest.h>

#include <netaio/chat/x3dh.hpp>
#include <netaio/packify.hpp>
#include <string>

#include "hkdf.hpp"
#include "support/fixed_environment.hpp"
#include "support/keys.hpp"

namespace netaio::chat {
namespace {

class X3dhTest : public testing::Test {
protected:
    static constexpr std::uint64_t now = 1'700'000'000;

    test::CountingRandom random_;
    Identity alice_ = Identity::make(random_);
    Identity bob_ = Identity::make(random_);
    Identity mallory_ = Identity::make(random_);
    Prekeys prekeys_{bob_, now, random_};

    PrekeyBundle bundle(bool with_one_time = true) const {
        PrekeyBundle bundle = prekeys_.bundle();
        if (with_one_time) bundle.one_time_prekey = prekeys_.one_time_prekeys().front();
        return bundle;
    }
    X3dhBegun begun(const PrekeyBundle& bundle) {
        return x3dh_begin(alice_, bundle, now, random_).value();
    }
    Result<X3dhAnswered> answer(const X3dhHeader& header) const {
        const Value arrived = unpack(pack(header.to_value()).value()).value();
        return x3dh_answer(bob_, prekeys_, X3dhHeader::from_value(arrived).value());
    }
    void expect_same(const X3dhBegun& begun) const {
        const auto answered = answer(begun.header);
        ASSERT_TRUE(answered);
        EXPECT_EQ(answered->secret.shared.reveal(), begun.secret.shared.reveal());
        EXPECT_EQ(answered->secret.associated_data, begun.secret.associated_data);
        EXPECT_EQ(answered->own_prekey.public_key(), begun.their_prekey);
    }
    // Whether a header that somebody changed leads to another secret than the one that was begun.
    void expect_other(const X3dhBegun& begun, const X3dhHeader& changed) const {
        const auto answered = answer(changed);
        ASSERT_TRUE(answered);
        EXPECT_NE(answered->secret.shared.reveal(), begun.secret.shared.reveal());
    }
};

TEST_F(X3dhTest, LeadsBothToOneSecretWithAOneTimePrekey) {
    const X3dhBegun with = begun(bundle());
    EXPECT_EQ(with.header.one_time_prekey, 1u);
    expect_same(with);
}

TEST_F(X3dhTest, LeadsBothToOneSecretWithoutAOneTimePrekey) {
    const X3dhBegun without = begun(bundle(false));
    EXPECT_FALSE(without.header.one_time_prekey);
    expect_same(without);
}

TEST_F(X3dhTest, AuthenticatesTheKeysOfBothInOrder) {
    EXPECT_EQ(begun(bundle()).secret.associated_data,
              alice_.public_key().bytes().str() + bob_.public_key().bytes().str());
}

TEST_F(X3dhTest, HashesTheAgreementsOfTheSpecificationInItsOrder) {
    test::ScriptedRandom random({std::string(32, 'e')});
    const auto begun = x3dh_begin(alice_, bundle(), now, random).value();
    const AgreementKeys ephemeral(SecretKey::parse(std::string(32, 'e')).value());
    const AgreementKeys prekey = prekeys_.signed_prekey(1).value();
    const AgreementKeys one_time = prekeys_.one_time_prekey(1).value();
    const auto agreed = [](const AgreementKeys& keys, const AgreementKey& theirs) {
        return keys.agree(theirs).value().reveal().str();
    };
    const std::string input =
        std::string(32, '\xff') + agreed(prekey, alice_.public_key().agreement_key()) +
        agreed(bob_.agreement_keys(), ephemeral.public_key()) +
        agreed(prekey, ephemeral.public_key()) + agreed(one_time, ephemeral.public_key());
    SecretKey secret;
    hkdf_sha256(std::string(32, '\0'), input, "netaio-chat x3dh 1", secret.octets());
    EXPECT_EQ(begun.secret.shared.reveal(), secret.reveal());
}

TEST_F(X3dhTest, LeadsToAnotherSecretEachTime) {
    EXPECT_NE(begun(bundle()).secret.shared.reveal(), begun(bundle()).secret.shared.reveal());
    EXPECT_NE(begun(bundle()).header.ephemeral, begun(bundle()).header.ephemeral);
}

TEST_F(X3dhTest, StillAnswersWithAPrekeyOfTheWeeksBefore) {
    const X3dhBegun early = begun(bundle());
    for (std::uint64_t week = 1; week <= 2; ++week) {
        EXPECT_TRUE(prekeys_.renew(bob_, now + week * signed_prekey_renewal, random_));
        expect_same(early);
    }
    EXPECT_TRUE(prekeys_.renew(bob_, now + 3 * signed_prekey_renewal, random_));
    EXPECT_EQ(answer(early.header).error(), Errc::stale);
}

TEST_F(X3dhTest, LeadsNobodyElseToTheSecret) {
    const X3dhBegun good = begun(bundle());
    X3dhHeader changed = good.header;
    changed.identity = mallory_.public_key();
    expect_other(good, changed);
    changed = good.header;
    changed.ephemeral = AgreementKeys::make(random_).public_key();
    expect_other(good, changed);
    changed = good.header;
    changed.one_time_prekey = 2;
    expect_other(good, changed);
    changed.one_time_prekey.reset();
    expect_other(good, changed);
    EXPECT_TRUE(prekeys_.renew(bob_, now + signed_prekey_renewal, random_));
    changed = good.header;
    changed.signed_prekey = 2;
    expect_other(good, changed);

    const auto by_another = x3dh_answer(mallory_, prekeys_, good.header);
    EXPECT_NE(by_another->secret.shared.reveal(), good.secret.shared.reveal());
}

TEST_F(X3dhTest, BeginsWithNoPrekeyThatItsOwnerDidNotSign) {
    PrekeyBundle forged = bundle();
    forged.signed_prekey.key = AgreementKeys::make(random_).public_key();
    EXPECT_EQ(x3dh_begin(alice_, forged, now, random_).error(), Errc::auth_failed);
    forged = bundle();
    forged.identity = mallory_.public_key();
    EXPECT_EQ(x3dh_begin(alice_, forged, now, random_).error(), Errc::auth_failed);
}

TEST_F(X3dhTest, BeginsWithNoPrekeyOfAnotherTime) {
    EXPECT_EQ(x3dh_begin(alice_, bundle(), now + signed_prekey_age_max + 1, random_).error(),
              Errc::stale);
    EXPECT_EQ(x3dh_begin(alice_, bundle(), now - signed_prekey_ahead_max - 1, random_).error(),
              Errc::stale);
}

TEST_F(X3dhTest, AnswersOneTimePrekeysOnce) {
    const X3dhBegun first = begun(bundle());
    const X3dhBegun second = begun(bundle());
    expect_same(first);
    EXPECT_TRUE(prekeys_.take(*first.header.one_time_prekey));
    EXPECT_EQ(answer(first.header).error(), Errc::replayed);
    EXPECT_EQ(answer(second.header).error(), Errc::replayed);
}

TEST_F(X3dhTest, AnswersNoPrekeyThatNeverWas) {
    X3dhHeader header = begun(bundle()).header;
    header.one_time_prekey = 4711;
    EXPECT_EQ(answer(header).error(), Errc::malformed);
    header = begun(bundle()).header;
    header.signed_prekey = 4711;
    EXPECT_EQ(answer(header).error(), Errc::malformed);
}

TEST_F(X3dhTest, RefusesKeysOfLowOrder) {
    for (const std::string& point : test::low_order_points()) {
        X3dhHeader header = begun(bundle()).header;
        header.ephemeral = AgreementKey::parse(point).value();
        EXPECT_EQ(answer(header).error(), Errc::malformed);
        PrekeyBundle with_bad_key = bundle();
        with_bad_key.one_time_prekey->key = AgreementKey::parse(point).value();
        EXPECT_EQ(x3dh_begin(alice_, with_bad_key, now, random_).error(), Errc::malformed);
    }
}

TEST_F(X3dhTest, RefusesWhatIsNoHeader) {
    const Value good = begun(bundle()).header.to_value();
    EXPECT_EQ(X3dhHeader::from_value(good).value().to_value(), good);
    EXPECT_EQ(X3dhHeader::from_value(Value(5)).error(), Errc::malformed);
    for (const auto& entry : *good.as_dict()) {
        for (const Value& other : {Value(), Value(-1), Value(std::uint64_t{1} << 32), Value("text"),
                                   Value(Bytes(std::string(32, '\xff')))}) {
            Value bad = good;
            bad.as_dict()->set(entry.key, other);
            EXPECT_EQ(X3dhHeader::from_value(bad).error(), Errc::malformed);
        }
    }
}

}  // namespace
}  // namespace netaio::chat
