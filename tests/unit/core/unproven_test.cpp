#include "core/unproven.hpp"

#include <gtest/gtest.h>

#include "testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;
using std::chrono::seconds;

const Unproven::TimePoint begin{seconds(1000)};

// How many datagrams of ten bytes may go there.
int tens(Unproven& unproven, const Address& to, Unproven::TimePoint now, int tries = 1000) {
    int count = 0;
    for (int i = 0; i < tries; ++i) {
        count += unproven.allow(to, 10, now);
    }
    return count;
}

TEST(Unproven, AllowsBytesForEachHost) {
    Unproven unproven(100, 10'000, 10);
    EXPECT_EQ(tens(unproven, host(1, 1), begin), 10);
    EXPECT_EQ(tens(unproven, host(1, 2), begin), 0) << "ports are of the same host";
    EXPECT_EQ(tens(unproven, host(2), begin), 10);
    EXPECT_EQ(tens(unproven, host(1), begin + std::chrono::milliseconds(500)), 5);
    EXPECT_FALSE(unproven.allow(host(3), 101, begin));
    EXPECT_TRUE(unproven.allow(host(3), 100, begin)) << "what is refused costs nothing";
}

TEST(Unproven, AllowsAllThatGoesWhereAnAnswerCameFromForSomeTime) {
    Unproven unproven(100, 1000, 10);
    unproven.proved(host(1, 1), begin);
    EXPECT_EQ(tens(unproven, host(1, 1), begin), 1000);
    EXPECT_EQ(tens(unproven, host(1, 2), begin), 10) << "it is the address that is proven";
    const auto end = begin + Unproven::proof_lasts;
    EXPECT_EQ(tens(unproven, host(1, 1), end - seconds(1)), 1000);
    EXPECT_EQ(tens(unproven, host(1, 1), end), 10);
}

TEST(Unproven, BoundsWhatAllHostsGet) {
    Unproven unproven(100, 1000, 1000);
    int all = 0;
    for (int i = 0; i < 500; ++i) {
        all += tens(unproven, host(i), begin, 20);
    }
    EXPECT_EQ(all, 100);
}

TEST(Unproven, LeavesEnoughForThoseThatTakeLittle) {
    Unproven unproven(100, 1000, 1000);
    for (int i = 0; i < 8; ++i) {
        tens(unproven, host(i), begin);
    }
    EXPECT_GE(tens(unproven, host(8), begin), 5);
    EXPECT_EQ(tens(unproven, host(0), begin), 0);
}

TEST(Unproven, TakesNothingFromAHostWhereTheTotalRefuses) {
    Unproven unproven(100, 100, 1000);
    EXPECT_TRUE(unproven.allow(host(1), 100, begin));
    EXPECT_EQ(tens(unproven, host(2), begin), 0);
    EXPECT_EQ(tens(unproven, host(2), begin + seconds(1)), 6) << "until half of its own is used";
}

TEST(Unproven, LetsHostsItHasNoRoomForShare) {
    Unproven unproven(100, 10'000, 2);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(tens(unproven, host(i), begin), 10);
    }
    EXPECT_EQ(tens(unproven, host(2), begin, 7) + tens(unproven, host(3), begin), 10);
}

TEST(Unproven, RemembersNoMoreProofThanItMay) {
    Unproven unproven(100, 10'000, 2);
    for (int i = 0; i < 3; ++i) {
        unproven.proved(host(i), begin + seconds(i));
    }
    EXPECT_EQ(tens(unproven, host(0), begin), 1000);
    EXPECT_EQ(tens(unproven, host(2), begin), 10);
    unproven.proved(host(2), begin + Unproven::proof_lasts);
    EXPECT_EQ(tens(unproven, host(2), begin + Unproven::proof_lasts), 1000);
}

TEST(Unproven, IsWorthAWarningNowAndThen) {
    Unproven unproven(0, 0, 0);
    EXPECT_TRUE(unproven.warn(begin));
    EXPECT_FALSE(unproven.warn(begin + seconds(9)));
    EXPECT_TRUE(unproven.warn(begin + seconds(10)));
    EXPECT_FALSE(unproven.allow(host(1), 1, begin));
}

}  // namespace
}  // namespace netaio::core
