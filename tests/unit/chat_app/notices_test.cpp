#include "notices.hpp"

#include <gtest/gtest.h>

namespace netaio::chat_app {
namespace {

using namespace std::chrono_literals;

struct NoticeGateTest : testing::Test {
    std::string passed(const std::string& text) { return gate.pass(text, now).value_or("none"); }

    NoticeGate gate;
    NoticeGate::TimePoint now{1h};
};

TEST_F(NoticeGateTest, TellsTheSameOnceInAMinuteAndThenHowOftenItWasLeftOut) {
    EXPECT_EQ(passed("refused"), "refused");
    for (int i = 0; i < 1'000; ++i) EXPECT_EQ(passed("refused"), "none");
    EXPECT_EQ(passed("another key"), "another key");
    now += NoticeGate::span;
    EXPECT_EQ(passed("refused"),
              "refused (before this, 1000 notices were left out, as there were too many)");
    now += NoticeGate::span;
    EXPECT_EQ(passed("refused"), "refused");
}

TEST_F(NoticeGateTest, TellsNoMoreDifferentOnesThanItMay) {
    for (std::size_t i = 0; i < NoticeGate::different_max; ++i) {
        EXPECT_NE(passed(std::to_string(i)), "none");
    }
    EXPECT_EQ(passed("one more"), "none");
    now += NoticeGate::span;
    EXPECT_EQ(passed("another"),
              "another (before this, 1 notices were left out, as there were too many)");
}

}  // namespace
}  // namespace netaio::chat_app
