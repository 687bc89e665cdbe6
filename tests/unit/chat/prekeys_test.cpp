#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <netaio/chat/prekeys.hpp>
#include <netaio/packify.hpp>
#include <set>
#include <string>
#include <vector>

#include "support/fixed_environment.hpp"

namespace netaio::chat {
namespace {

class PrekeysTest : public testing::Test {
protected:
    static constexpr std::uint64_t day = 86'400;
    static constexpr std::uint64_t start = 1'700'000'000;

    test::CountingRandom random_;
    Identity bob_ = Identity::make(random_);
    Prekeys prekeys_{bob_, start, random_};

    // As it arrives at others.
    static Result<PrekeyBundle> sent(const PrekeyBundle& bundle) {
        return PrekeyBundle::from_value(unpack(pack(bundle.to_value()).value()).value());
    }
    static std::error_code judged(const PrekeyBundle& bundle, std::uint64_t now = start) {
        return sent(bundle).value().verify(now);
    }
};

TEST_F(PrekeysTest, LayOutASignedPrekeyAndAHundredOthers) {
    EXPECT_EQ(prekeys_.bundle().identity, bob_.public_key());
    const auto laid_out = prekeys_.one_time_prekeys();
    EXPECT_EQ(laid_out.size(), 100u);
    std::set<std::uint32_t> ids;
    for (const OneTimePrekey& prekey : laid_out) {
        ids.insert(prekey.id);
        EXPECT_EQ(prekeys_.one_time_prekey(prekey.id).value().public_key(), prekey.key);
        EXPECT_EQ(OneTimePrekey::from_value(prekey.to_value()).value(), prekey);
    }
    EXPECT_EQ(ids.size(), 100u);
}

TEST_F(PrekeysTest, AreBelievedWhenTheirOwnerSignedThem) {
    PrekeyBundle bundle = prekeys_.bundle();
    EXPECT_FALSE(judged(bundle));
    bundle.one_time_prekey = prekeys_.one_time_prekeys().front();
    EXPECT_FALSE(judged(bundle));
    EXPECT_EQ(sent(bundle).value().one_time_prekey, bundle.one_time_prekey);
}

TEST_F(PrekeysTest, AreRefusedWhenAnythingThatWasSignedIsAnother) {
    const PrekeyBundle good = prekeys_.bundle();
    PrekeyBundle bad = good;
    bad.identity = Identity::make(random_).public_key();
    EXPECT_EQ(judged(bad), Errc::auth_failed);
    bad = good;
    bad.signed_prekey.id += 1;
    EXPECT_EQ(judged(bad), Errc::auth_failed);
    bad = good;
    bad.signed_prekey.key = AgreementKeys::make(random_).public_key();
    EXPECT_EQ(judged(bad), Errc::auth_failed);
    bad = good;
    bad.signed_prekey.made_at += 1;
    EXPECT_EQ(judged(bad), Errc::auth_failed);
    bad = good;
    bad.signed_prekey.signature[5] ^= 1;
    EXPECT_EQ(judged(bad), Errc::auth_failed);
    bad.signed_prekey.signature.clear();
    EXPECT_EQ(judged(bad), Errc::auth_failed);
}

TEST_F(PrekeysTest, AreRefusedWhenTheyAreTooOldOrFromTheFuture) {
    const PrekeyBundle bundle = prekeys_.bundle();
    EXPECT_FALSE(judged(bundle, start + 35 * day));
    EXPECT_EQ(judged(bundle, start + 35 * day + 1), Errc::stale);
    EXPECT_FALSE(judged(bundle, start - day));
    EXPECT_EQ(judged(bundle, start - day - 1), Errc::stale);
    EXPECT_EQ(judged(bundle, 0), Errc::stale);
    EXPECT_EQ(judged(bundle, std::numeric_limits<std::uint64_t>::max()), Errc::stale);
}

TEST_F(PrekeysTest, AreRefusedWhenTheyAreNoBundle) {
    const Value good = prekeys_.bundle().to_value();
    EXPECT_EQ(PrekeyBundle::from_value(Value("text")).error(), Errc::malformed);
    for (const auto& entry : *good.as_dict()) {
        for (const Value& other : {Value(), Value(1), Value(Bytes("short")), Value(Dict{})}) {
            Value bad = good;
            bad.as_dict()->set(entry.key, other);
            EXPECT_EQ(PrekeyBundle::from_value(bad).error(), Errc::malformed);
        }
    }
    const Value& inner = *good.find("signed_prekey");
    for (const auto& entry : *inner.as_dict()) {
        for (const Value& other : {Value(), Value(-1), Value(Bytes(std::string(65, 's')))}) {
            Value bad = inner;
            bad.as_dict()->set(entry.key, other);
            Value outer = good;
            outer.as_dict()->set("signed_prekey", bad);
            EXPECT_EQ(PrekeyBundle::from_value(outer).error(), Errc::malformed);
        }
    }
    Value bad = good;
    bad.as_dict()->set("one_time_prekey", Dict{{"id", 1}});
    EXPECT_EQ(PrekeyBundle::from_value(bad).error(), Errc::malformed);
}

TEST_F(PrekeysTest, GiveAOneTimePrekeyOnce) {
    EXPECT_TRUE(prekeys_.take(7));
    EXPECT_EQ(prekeys_.take(7).error(), Errc::replayed);
    EXPECT_EQ(prekeys_.one_time_prekey(7).error(), Errc::replayed);
    EXPECT_EQ(prekeys_.one_time_prekeys().size(), 99u);
    EXPECT_EQ(Prekeys::load(prekeys_.save().reveal()).value().take(7).error(), Errc::replayed);
    for (const std::uint32_t never : {0u, 101u, 0xffff'ffffu}) {
        EXPECT_EQ(prekeys_.take(never).error(), Errc::malformed);
    }
}

TEST_F(PrekeysTest, AreReplenishedWhenFewAreLeft) {
    EXPECT_TRUE(prekeys_.replenish(50, random_).empty());
    const auto added = prekeys_.replenish(49, random_);
    ASSERT_EQ(added.size(), 51u);
    EXPECT_EQ(added.front().id, 101u);
    EXPECT_EQ(prekeys_.take(added.back().id).value().public_key(), added.back().key);
    EXPECT_TRUE(prekeys_.take(1));
}

TEST_F(PrekeysTest, ForgetTheOldestOfThoseThatNobodyEverUsed) {
    for (int times = 0; times < 10; ++times) {
        EXPECT_EQ(prekeys_.replenish(0, random_).size(), 100u);
    }
    EXPECT_EQ(prekeys_.one_time_prekeys().size(), 1000u);
    EXPECT_EQ(prekeys_.take(100).error(), Errc::replayed);
    EXPECT_TRUE(prekeys_.take(101));
}

TEST_F(PrekeysTest, AreSignedAnewEachWeek) {
    EXPECT_FALSE(prekeys_.renew(bob_, start + 7 * day - 1, random_));
    EXPECT_EQ(prekeys_.bundle().signed_prekey.id, 1u);
    EXPECT_TRUE(prekeys_.renew(bob_, start + 7 * day, random_));
    EXPECT_EQ(prekeys_.bundle().signed_prekey.id, 2u);
    EXPECT_FALSE(judged(prekeys_.bundle(), start + 7 * day));
    EXPECT_FALSE(prekeys_.renew(bob_, start + 7 * day, random_));
}

TEST_F(PrekeysTest, AreSignedAnewWhenTheClockWasSetBack) {
    EXPECT_FALSE(prekeys_.renew(bob_, start - day, random_));
    EXPECT_TRUE(prekeys_.renew(bob_, start - 2 * day, random_));
    EXPECT_FALSE(judged(prekeys_.bundle(), start - 2 * day));
}

TEST_F(PrekeysTest, KeepTwoSignedPrekeysBesideThePresentOne) {
    const AgreementKey first = prekeys_.bundle().signed_prekey.key;
    for (std::uint64_t week = 1; week <= 2; ++week) {
        EXPECT_TRUE(prekeys_.renew(bob_, start + week * 7 * day, random_));
    }
    EXPECT_EQ(prekeys_.signed_prekey(1).value().public_key(), first);
    EXPECT_TRUE(prekeys_.renew(bob_, start + 21 * day, random_));
    EXPECT_EQ(prekeys_.signed_prekey(1).error(), Errc::stale);
    EXPECT_TRUE(prekeys_.signed_prekey(2));
    EXPECT_TRUE(prekeys_.signed_prekey(4));
    EXPECT_EQ(prekeys_.signed_prekey(0).error(), Errc::malformed);
    EXPECT_EQ(prekeys_.signed_prekey(5).error(), Errc::malformed);
}

TEST_F(PrekeysTest, ComeBackAsTheyWereSaved) {
    EXPECT_TRUE(prekeys_.renew(bob_, start + 8 * day, random_));
    EXPECT_TRUE(prekeys_.take(3));
    Prekeys loaded = Prekeys::load(prekeys_.save().reveal()).value();
    EXPECT_EQ(loaded.save().reveal(), prekeys_.save().reveal());
    EXPECT_EQ(loaded.one_time_prekeys(), prekeys_.one_time_prekeys());
    EXPECT_EQ(loaded.bundle().to_value(), prekeys_.bundle().to_value());
    EXPECT_EQ(loaded.signed_prekey(1).value().public_key(),
              prekeys_.signed_prekey(1).value().public_key());
    EXPECT_EQ(loaded.replenish(0, random_).front().id, 101u);
}

TEST_F(PrekeysTest, AreNotLoadedFromAnythingElse) {
    const std::string saved = prekeys_.save().reveal().str();
    for (std::size_t size = 0; size < saved.size(); ++size) {
        EXPECT_EQ(Prekeys::load(ByteView(saved).substr(0, size)).error(), Errc::malformed) << size;
    }
    EXPECT_EQ(Prekeys::load(saved + "x").error(), Errc::malformed);
    // The version; how many signed prekeys there are; the id of the first; how many others.
    for (const std::size_t at : {0u, 33u, 37u, 34u + 108 + 4}) {
        for (const char other : {'\0', '\x7f'}) {
            std::string changed = saved;
            changed[at] = other;
            if (changed != saved) {
                EXPECT_EQ(Prekeys::load(changed).has_value(), at == 37 && other != 0) << at;
            }
        }
    }
}

}  // namespace
}  // namespace netaio::chat
