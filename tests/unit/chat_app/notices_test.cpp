#include "notices.hpp"

#include <gtest/gtest.h>

#include "people.hpp"

namespace netaio::chat_app {
namespace {

using namespace std::chrono_literals;

struct NoticeGateTest : testing::Test {
    std::string passed(const std::string& text, std::optional<chat::Place> place = {}) {
        const auto told = gate.pass({chat::Notice::Kind::refused, place, text}, now);
        return told ? notice_text(names, *told) : "none";
    }

    Names names{key_of('m'), "mia"};

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

TEST_F(NoticeGateTest, TellsTheSameOfEachWhomItIsAbout) {
    names.update({person('a', "ann"), person('b', "bob")}, {room(1, "kitchen", "mab")});
    EXPECT_EQ(passed("one is missing", key_of('a')), "ann: one is missing");
    EXPECT_EQ(passed("one is missing", key_of('a')), "none");
    EXPECT_EQ(passed("one is missing", key_of('b')), "bob: one is missing");
    EXPECT_EQ(passed("one is missing", room_id(1)), "#kitchen: one is missing");
    EXPECT_EQ(passed("one is missing"), "one is missing");
    EXPECT_EQ(passed("one is missing"), "none");
    now += NoticeGate::span;
    EXPECT_EQ(passed("one is missing", key_of('a')),
              "ann: one is missing (before this, 2 notices were left out, as there were too many)");
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
