#include "core/renewals.hpp"

#include <gtest/gtest.h>

#include <string>

namespace netaio::core {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// As random as it is told.
class FixedShare final : public Random {
public:
    explicit FixedShare(double share) : share_(share) {}
    void fill(std::span<char>) override {}
    std::uint32_t between(std::uint32_t low, std::uint32_t high) override {
        return low + static_cast<std::uint32_t>(share_ * (high - low));
    }

private:
    double share_;
};

TEST(Backoff, GrowsUpToTheLongestPause) {
    FixedShare least(0);
    const Backoff backoff{.delay = 1s, .delay_max = 30s};
    std::vector<milliseconds> pauses;
    for (unsigned number = 1; number <= 7; ++number) {
        pauses.push_back(pause_of(backoff, number, least));
    }
    EXPECT_EQ(pauses, (std::vector<milliseconds>{1s, 2s, 4s, 8s, 16s, 30s, 30s}));
    EXPECT_EQ(pause_of(backoff, 4'000'000'000, least), 30s);
    EXPECT_EQ(pause_of({.delay = 5s, .factor = 1}, 9, least), 5s);
}

TEST(Backoff, IsShorterByChance) {
    FixedShare most(1);
    EXPECT_EQ(pause_of({.delay = 1s, .jitter = 0.3}, 2, most), 1400ms);
    EXPECT_EQ(pause_of({.delay = 1s, .jitter = 7}, 1, most), 0ms);
    EXPECT_EQ(pause_of({.delay = -1s}, 1, most), 0ms);
    EXPECT_GT(pause_of({.delay = milliseconds::max(), .delay_max = milliseconds::max()}, 3, most),
              24h * 365);
}

TEST(Backoff, ATimeIsATenthMoreOrLess) {
    FixedShare least(0);
    FixedShare most(1);
    EXPECT_EQ(about(20s, least), 18s);
    EXPECT_EQ(about(20s, most), 22s);
    EXPECT_GT(about(milliseconds::max(), least), 24h * 365);
}

struct RenewalsTest : testing::Test {
    using Table = Renewals<std::string, int>;
    using Keys = std::vector<std::string>;

    Keys due() { return table.due(now); }
    milliseconds ask(const std::string& key) { return table.asked(key, now, backoff, random); }

    FixedShare random{0};
    Backoff backoff{.delay = 1s};
    Table::TimePoint now{1h};
    Table table{3};
};

TEST_F(RenewalsTest, AreDueInTheirOrder) {
    EXPECT_FALSE(table.next());
    table.keep("b", 1, now + 2s);
    table.keep("a", 2, now + 1s);
    table.keep("c", 3, Table::never);
    EXPECT_EQ(table.next(), now + 1s);
    EXPECT_EQ(due(), Keys());
    now += 2s;
    EXPECT_EQ(due(), (Keys{"a", "b"}));
    table.keep("a", 4, now + 1s);
    EXPECT_EQ(due(), Keys{"b"});
    EXPECT_EQ(*table.find("a"), 4);
    EXPECT_EQ(table.find("d"), nullptr);
}

TEST_F(RenewalsTest, AreAskedAgainAfterGrowingPauses) {
    table.keep("a", 1, now);
    for (const auto pause : {1s, 2s, 4s}) {
        EXPECT_EQ(ask("a"), pause);
        EXPECT_EQ(table.next(), now + pause);
        now += pause;
    }
    table.answered("a", now + 2min);
    EXPECT_EQ(table.next(), now + 2min);
    EXPECT_EQ(ask("a"), 1s) << "as at first";
}

TEST_F(RenewalsTest, AreNeverDueAtOnceAgain) {
    backoff = {.delay = 0s};
    table.keep("a", 1, now);
    EXPECT_EQ(ask("a"), 1ms);
    EXPECT_TRUE(due().empty());
}

TEST_F(RenewalsTest, AreBounded) {
    for (const char* key : {"a", "b", "c"}) {
        EXPECT_TRUE(table.keep(key, 1, now));
    }
    EXPECT_FALSE(table.keep("d", 1, now));
    EXPECT_TRUE(table.keep("a", 2, now)) << "which is kept already";
    EXPECT_TRUE(table.drop("b"));
    EXPECT_FALSE(table.drop("b"));
    EXPECT_TRUE(table.keep("d", 1, now));
    EXPECT_EQ(table.size(), 3u);
    EXPECT_EQ(due(), (Keys{"c", "a", "d"}));
    table.clear();
    EXPECT_FALSE(table.next());
    EXPECT_EQ(ask("a"), 0ms);
    table.answered("a", now);
    EXPECT_EQ(table.size(), 0u);
}

TEST_F(RenewalsTest, AreHurriedNoSoonerThanAfterAPause) {
    table.keep("a1", 1, now);
    table.keep("a2", 1, Table::never);
    table.keep("b", 1, now + 2min);
    ask("a1");
    ask("a1");
    const auto of_a = [](const std::string& key) { return key.starts_with("a"); };
    EXPECT_TRUE(table.hurry("a", of_a, now + 100ms, 1s));
    EXPECT_EQ(table.next(), now + 1s);
    EXPECT_EQ(ask("a1"), 1s) << "as at first";
    table.answered("a1", now + 2min);
    now += 10s;
    EXPECT_TRUE(table.hurry("a", of_a, now + 100ms, 1s));
    EXPECT_EQ(table.next(), now + 100ms);
    EXPECT_TRUE(table.hurry("a", of_a, now + 200ms, 1s));
    EXPECT_EQ(table.next(), now + 100ms) << "never later than it was due";
    table.drop("a1");
    EXPECT_FALSE(table.hurry("a", of_a, now, 1s)) << "what was never due is not hurried";
    EXPECT_EQ(table.next(), now + 2min - 10s);
}

}  // namespace
}  // namespace netaio::core
