#include "latencies.hpp"

#include <gtest/gtest.h>

namespace netaio::app {
namespace {

using std::chrono::nanoseconds;

TEST(Latencies, KnowNothingOfNoTimes) {
    const Latencies none;
    EXPECT_EQ(none.count(), 0u);
    EXPECT_EQ(none.max(), nanoseconds(0));
    EXPECT_EQ(none.quantile(0.5), nanoseconds(0));
}

TEST(Latencies, TellShortTimesExactly) {
    Latencies latencies;
    for (int i = 1; i <= 100; ++i) {
        latencies.add(nanoseconds(i));
    }
    EXPECT_EQ(latencies.count(), 100u);
    EXPECT_EQ(latencies.quantile(0), nanoseconds(1));
    EXPECT_EQ(latencies.quantile(0.5), nanoseconds(50));
    EXPECT_EQ(latencies.quantile(0.99), nanoseconds(99));
    EXPECT_EQ(latencies.quantile(1), nanoseconds(100));
}

TEST(Latencies, AreAtMostAHundredthOffAndNeverAboveTheLongest) {
    for (std::int64_t time = 1; time < std::int64_t{1} << 60; time = time * 3 + 1) {
        Latencies latencies;
        latencies.add(nanoseconds(time));
        latencies.add(nanoseconds(time * 2));
        const auto told = latencies.quantile(0.5).count();
        EXPECT_GE(told, time);
        EXPECT_LE(told, time + time / 100);
        EXPECT_EQ(latencies.quantile(1), nanoseconds(time * 2));
    }
}

TEST(Latencies, TakeTimesBelowZeroForNone) {
    Latencies latencies;
    latencies.add(nanoseconds(-5));
    EXPECT_EQ(latencies.quantile(1), nanoseconds(0));
}

}  // namespace
}  // namespace netaio::app
