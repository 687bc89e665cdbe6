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

TEST(LogBrakes, HoldLinesOfOneCauseTogetherWhoeverTheyAreAbout) {
    const auto cause = [](const char* line) { return LogBrakes::cause_of(line); };
    EXPECT_EQ(cause("refused 'room/a' of hmac:alice: line 3 of the rules"),
              cause("refused 'hall' of uid:1000: line 14 of the rules"));
    EXPECT_EQ(cause("127.0.0.1:8888: malformed"), cause("[fe80::1%2]:99: malformed"));
    EXPECT_NE(cause("127.0.0.1:8888: malformed"), cause("127.0.0.1:8888: too large"));
    EXPECT_EQ(cause("an open ' quote"), cause("an open ' quotation"));
}

TEST(LogBrakes, LetOneCauseHideNoOther) {
    LogBrakes brakes(1);
    const std::chrono::steady_clock::time_point start{std::chrono::hours(1)};
    EXPECT_TRUE(brakes.next("refused 'a'", start).write);
    EXPECT_FALSE(brakes.next("refused 'b'", start).write);
    EXPECT_TRUE(brakes.next("something else", start).write);
    EXPECT_EQ(brakes.next("refused 'c'", start + milliseconds(1000)).left_out, 1u);
}

}  // namespace
}  // namespace netaio::app
