#include "core/replay_window.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace netaio::core {
namespace {

TEST(ReplayWindowTest, EachNumberCountsOnce) {
    ReplayWindow window;
    for (const std::uint64_t number : {0U, 1U, 5U, 3U, 2048U, 4U}) {
        EXPECT_TRUE(window.is_new(number)) << number;
        window.note(number);
        EXPECT_FALSE(window.is_new(number)) << number;
    }
    EXPECT_TRUE(window.is_new(2));
    EXPECT_TRUE(window.is_new(2047));
    EXPECT_TRUE(window.is_highest(2049));
    EXPECT_FALSE(window.is_highest(2048));
}

TEST(ReplayWindowTest, WhatIsFarBehindDoesNotCount) {
    ReplayWindow window;
    window.note(ReplayWindow::size + 100);
    EXPECT_FALSE(window.is_new(100));
    EXPECT_TRUE(window.is_new(101));
    window.note(1'000'000);
    EXPECT_FALSE(window.is_new(ReplayWindow::size + 101));
    EXPECT_TRUE(window.is_new(1'000'000 - ReplayWindow::size + 1));
}

TEST(ReplayWindowTest, AfterARestOnlyHigherOnesCount) {
    ReplayWindow window;
    window.note(7);
    window.rest();
    for (const std::uint64_t number : std::initializer_list<std::uint64_t>{0, 6, 7}) {
        EXPECT_FALSE(window.is_new(number)) << number;
    }
    EXPECT_TRUE(window.is_highest(8));
    window.note(10);
    EXPECT_FALSE(window.is_new(10));
    EXPECT_FALSE(window.is_new(7));
    EXPECT_TRUE(window.is_new(8));
    window.rest();
    window.rest();
    EXPECT_FALSE(window.is_new(8));
    EXPECT_TRUE(window.is_new(11));
}

TEST(ReplayWindowTest, ItAgreesWithAListOfAllThatCame) {
    std::mt19937_64 random(7);
    ReplayWindow window;
    std::set<std::uint64_t> came;
    std::uint64_t highest = 0;
    for (int i = 0; i < 200'000; ++i) {
        const std::uint64_t ahead = random() % 100 == 0 ? random() % 5000 : random() % 20;
        const std::uint64_t number =
            random() % 3 == 0 ? highest + ahead : highest - std::min(highest, random() % 3000);
        const bool is_new =
            !came.contains(number) && (came.empty() || number + ReplayWindow::size > highest);
        ASSERT_EQ(window.is_new(number), is_new) << number << " at " << highest;
        if (is_new) {
            window.note(number);
            came.insert(number);
            highest = std::max(highest, number);
        }
    }
}

}  // namespace
}  // namespace netaio::core
