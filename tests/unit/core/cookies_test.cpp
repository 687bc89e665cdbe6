#include "core/cookies.hpp"

#include <gtest/gtest.h>

#include "support/fixed_environment.hpp"

namespace netaio::core {
namespace {

using namespace std::chrono_literals;

class CookiesTest : public testing::Test {
protected:
    bool proves(const crypto::Mac& cookie, const Address& address, Cookies::TimePoint now,
                ByteView said = "what is said") const {
        const auto tag = crypto::mac_of(crypto::view(cookie), {"what ", "is said"});
        return cookies_.prove(address, tag, {said}, now);
    }

    const Address here_ = *Address::parse("192.0.2.1", 4000);
    test::CountingRandom random_;
    Cookies cookies_;
    Cookies::TimePoint now_{};
};

TEST_F(CookiesTest, OneProvesAnAddressAndWhatIsSaid) {
    const auto cookie = cookies_.of(here_, now_, random_);
    EXPECT_TRUE(proves(cookie, here_, now_));
    EXPECT_FALSE(proves(cookie, here_, now_, "something else"));
    EXPECT_FALSE(proves(cookie, here_.with_port(4001), now_));
    EXPECT_FALSE(proves(cookie, *Address::parse("192.0.2.2", 4000), now_));
    EXPECT_FALSE(proves(crypto::Mac(), here_, now_));
}

TEST_F(CookiesTest, OneIsGoodForAMinuteAtLeastAndTwoAtMost) {
    const auto cookie = cookies_.of(here_, now_, random_);
    EXPECT_TRUE(proves(cookie, here_, now_ + 119s));
    EXPECT_FALSE(proves(cookie, here_, now_ + 120s));

    const auto late = cookies_.of(here_, now_ + 59s, random_);
    EXPECT_EQ(late, cookie);
    const auto next = cookies_.of(here_, now_ + 60s, random_);
    EXPECT_NE(next, cookie);
    EXPECT_TRUE(proves(cookie, here_, now_ + 100s));
    EXPECT_TRUE(proves(next, here_, now_ + 100s));
    EXPECT_FALSE(proves(cookie, here_, now_ + 120s));
}

TEST_F(CookiesTest, WithoutAnyNothingIsProved) {
    EXPECT_FALSE(proves(crypto::Mac(), here_, now_));
}

}  // namespace
}  // namespace netaio::core
