#include <gtest/gtest.h>

#include "log_brake.hpp"

namespace netaio::app {
namespace {

using std::chrono::milliseconds;

TEST(LogBrake, WritesSoManyLinesASecondAndTellsOfTheOthers) {
    LogBrake brake(2);
    const std::chrono::steady_clock::time_point start{std::chrono::hours(1)};
    EXPECT_TRUE(brake.next(start).write);
    EXPECT_TRUE(brake.next(start + milliseconds(500)).write);
    EXPECT_FALSE(brake.next(start + milliseconds(600)).write);
    EXPECT_FALSE(brake.next(start + milliseconds(999)).write);
    const auto later = brake.next(start + milliseconds(1000));
    EXPECT_TRUE(later.write);
    EXPECT_EQ(later.left_out, 2u);
    EXPECT_EQ(brake.next(start + milliseconds(1100)).left_out, 0u);
}

}  // namespace
}  // namespace netaio::app
