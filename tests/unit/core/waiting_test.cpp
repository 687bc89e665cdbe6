#include "core/waiting.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace netaio::core {
namespace {

using std::chrono::milliseconds;

TEST(Waiting, TheLongestTimesCanBeReckonedWith) {
    const auto now = std::chrono::steady_clock::now();
    EXPECT_GT(now + bounded(milliseconds::max()), now);
    EXPECT_LT(now - bounded(milliseconds::max()), now);
    EXPECT_EQ(bounded(milliseconds::max()), longest_wait);
    EXPECT_EQ(bounded(longest_wait + milliseconds(1)), longest_wait);
}

TEST(Waiting, OrdinaryTimesStayAsTheyAreAndNegativeOnesAreOver) {
    EXPECT_EQ(bounded(milliseconds(1500)), milliseconds(1500));
    EXPECT_EQ(bounded(milliseconds(-1)), milliseconds(0));
    EXPECT_EQ(bounded(milliseconds::min()), milliseconds(0));
}

TEST(Waiting, ProductsStayWithinTheBoundsToo) {
    EXPECT_EQ(bounded(milliseconds(1000), 1.5), milliseconds(1500));
    EXPECT_EQ(bounded(milliseconds::max(), 2), longest_wait);
    EXPECT_EQ(bounded(milliseconds(1), std::numeric_limits<double>::infinity()), longest_wait);
    EXPECT_EQ(bounded(milliseconds(1), std::numeric_limits<double>::quiet_NaN()), milliseconds(0));
    EXPECT_EQ(bounded(milliseconds(1), -1), milliseconds(0));
}

}  // namespace
}  // namespace netaio::core
