#include "core/source_limiter.hpp"

#include <gtest/gtest.h>

namespace netaio::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const SourceLimiter::TimePoint start{seconds(1000)};

Address v4(int number, std::uint16_t port = 4000) {
    return Address(std::array<std::uint8_t, 4>{192, 0, 2, static_cast<std::uint8_t>(number)}, port);
}

Address v6(const char* ip) {
    return *Address::parse(ip, 4000);
}

int allowed(SourceLimiter& limiter, const Address& source, SourceLimiter::TimePoint now,
            int tries = 100) {
    int count = 0;
    for (int i = 0; i < tries; ++i) {
        count += limiter.allow(source, now);
    }
    return count;
}

TEST(SourceLimiter, AllowsASecondsWorthAtOnceAndThenItsRate) {
    SourceLimiter limiter(5, 10);
    EXPECT_EQ(allowed(limiter, v4(1), start), 5);
    EXPECT_EQ(allowed(limiter, v4(1), start + milliseconds(200)), 1);
    EXPECT_EQ(allowed(limiter, v4(1), start + milliseconds(600)), 2);
    EXPECT_EQ(allowed(limiter, v4(1), start + seconds(1000)), 5) << "silence does not add up";
}

TEST(SourceLimiter, TellsHostsApartButNotTheirPorts) {
    SourceLimiter limiter(5, 10);
    EXPECT_EQ(allowed(limiter, v4(1, 1), start), 5);
    EXPECT_EQ(allowed(limiter, v4(1, 2), start), 0);
    EXPECT_EQ(allowed(limiter, v4(2), start), 5);
    EXPECT_EQ(limiter.size(), 2u);
}

TEST(SourceLimiter, TakesAnIpv6SubnetForOneSource) {
    SourceLimiter limiter(5, 10);
    EXPECT_EQ(allowed(limiter, v6("2001:db8::1"), start), 5);
    EXPECT_EQ(allowed(limiter, v6("2001:db8::ffff:2"), start), 0);
    EXPECT_EQ(allowed(limiter, v6("2001:db8:0:1::1"), start), 5);
    EXPECT_EQ(allowed(limiter, v6("fe80::1%1"), start), 5);
    EXPECT_EQ(allowed(limiter, v6("fe80::1%2"), start), 5);
    EXPECT_EQ(allowed(limiter, v6("fe80::2%1"), start), 5) << "all of a link would be one";
}

TEST(SourceLimiter, AllowsFewerThanOneASecond) {
    SourceLimiter limiter(0.5, 10);
    EXPECT_EQ(allowed(limiter, v4(1), start), 1);
    EXPECT_EQ(allowed(limiter, v4(1), start + seconds(1)), 0);
    EXPECT_EQ(allowed(limiter, v4(1), start + seconds(2)), 1);
}

TEST(SourceLimiter, AllowsNoneAtARateOfNone) {
    SourceLimiter limiter(0, 10);
    EXPECT_EQ(allowed(limiter, v4(1), start), 0);
    EXPECT_EQ(allowed(limiter, v4(1), start + seconds(1000)), 0);
}

TEST(SourceLimiter, RemembersNoMoreSourcesThanItMay) {
    SourceLimiter limiter(5, 2);
    EXPECT_EQ(allowed(limiter, v4(1), start), 5);
    EXPECT_EQ(allowed(limiter, v4(2), start), 5);
    EXPECT_EQ(allowed(limiter, v4(3), start), 0);
    EXPECT_EQ(limiter.size(), 2u);
    // The two have long been allowed as much as anybody: nothing is lost when they are forgotten.
    EXPECT_EQ(allowed(limiter, v4(3), start + seconds(10)), 5);
    EXPECT_EQ(limiter.size(), 1u);
}

TEST(SourceLimiter, LooksForRoomOnceASecond) {
    SourceLimiter limiter(5, 1);
    EXPECT_TRUE(limiter.allow(v4(1), start));
    EXPECT_FALSE(limiter.allow(v4(2), start));
    EXPECT_FALSE(limiter.allow(v4(2), start + milliseconds(999)));
    EXPECT_TRUE(limiter.allow(v4(2), start + milliseconds(1000)));
}

}  // namespace
}  // namespace netaio::core
