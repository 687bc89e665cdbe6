#include "core/backoff.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "support/fixed_environment.hpp"

namespace netaio::core {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST(Backoff, DoublesThePauseUntilItIsAsLongAsItMayBe) {
    const Backoff backoff{.delay = 100ms, .factor = 2, .delay_max = 1s, .jitter = 0};
    const std::vector<milliseconds> expected{100ms, 200ms, 400ms, 800ms, 1s, 1s};
    test::CountingRandom random;
    for (unsigned number = 1; number <= expected.size(); ++number) {
        EXPECT_EQ(longest_pause(backoff, number), expected[number - 1]);
        EXPECT_EQ(pause_of(backoff, number, random), expected[number - 1]);
    }
}

TEST(Backoff, TakesThePartThatIsRandomFromThePause) {
    const auto pause = [](double jitter, std::uint32_t drawn) {
        test::ScriptedRandom random({}, {drawn});
        return pause_of({.delay = 1s, .jitter = jitter}, 1, random);
    };
    EXPECT_EQ(pause(0.5, 0), 1s);
    EXPECT_EQ(pause(0.5, 1'000'000), 500ms);
    EXPECT_EQ(pause(1, 1'000'000), 0s);
    EXPECT_EQ(pause(1, 250'000), 750ms);
    EXPECT_EQ(pause(7, 1'000'000), 0s);
    EXPECT_EQ(pause(-7, 1'000'000), 1s);
}

TEST(Backoff, ReckonsWithWhateverItIsGiven) {
    constexpr unsigned most = std::numeric_limits<unsigned>::max();
    constexpr milliseconds for_ever = milliseconds::max();
    EXPECT_EQ(longest_pause({}, most), 30s);
    EXPECT_EQ(longest_pause({.delay = 0ms}, most), 0ms);
    EXPECT_EQ(longest_pause({.delay = for_ever, .delay_max = for_ever}, 2), longest_wait);
    EXPECT_EQ(longest_pause({.delay = -1s}, 1), 0ms);
    EXPECT_EQ(longest_pause({.delay = 1s, .factor = 1}, most), 1s);
    EXPECT_EQ(longest_pause({.delay = 1s, .factor = 0.5}, 2), 500ms);
    EXPECT_EQ(longest_pause({.delay = 1s, .factor = -2}, 2), 0ms);
}

}  // namespace
}  // namespace netaio::core
