#include "quota.hpp"

#include <gtest/gtest.h>

namespace netaio::daemon {
namespace {

using namespace std::chrono_literals;

const Allowance::TimePoint start{100h};

Limits at_rates(double messages, double bytes) {
    return {.messages_per_second = messages,
            .bytes_per_second = bytes,
            .message_burst = messages / 10,
            .byte_burst = bytes / 10};
}

TEST(Quota, PausesWhoSendsFasterThanItMay) {
    Allowances all({.app = at_rates(100, 1e6), .user = at_rates(0, 0)});
    const auto app = all.try_connect(1000).allowance;
    EXPECT_EQ(app->take(start, 10, 100), 0s);
    EXPECT_EQ(app->take(start, 1, 100), 10ms);
    EXPECT_EQ(app->take(start, 1, 100), 20ms);
    EXPECT_EQ(app->take(start + 20ms, 0, 0), 0s);
    EXPECT_EQ(app->take(start + 1h, 10, 1), 0s);
    EXPECT_GT(app->take(start + 1h, 1, 1), 0s);
}

TEST(Quota, PausesForBytesToo) {
    Allowances all({.app = at_rates(0, 1000), .user = at_rates(0, 0)});
    const auto app = all.try_connect(1000).allowance;
    EXPECT_EQ(app->take(start, 1000, 100), 0s);
    EXPECT_EQ(app->take(start, 1000, 1000), 1s);
}

TEST(Quota, HoldsTheAppsOfAUserTogether) {
    Allowances all({.app = at_rates(1000, 0), .user = at_rates(100, 0)});
    const auto first = all.try_connect(1000).allowance;
    const auto second = all.try_connect(1000).allowance;
    const auto other = all.try_connect(1001).allowance;
    EXPECT_EQ(first->take(start, 10, 0), 0s);
    EXPECT_EQ(second->take(start, 1, 0), 10ms);
    EXPECT_EQ(other->take(start, 10, 0), 0s);
}

TEST(Quota, ForgetsNothingWhenAnAppConnectsAnew) {
    Allowances all({.app = at_rates(1000, 0), .user = at_rates(100, 0)});
    all.try_connect(1000).allowance->take(start, 100, 0);
    EXPECT_GE(all.try_connect(1000).allowance->take(start, 10, 0), 1s);
}

TEST(Quota, BoundsTheConnectionsOfAUser) {
    Allowances all({.connections = 1});
    auto first = all.try_connect(1000);
    EXPECT_TRUE(first.allowance);
    const auto second = all.try_connect(1000);
    EXPECT_FALSE(second.allowance);
    EXPECT_EQ(second.refusal,
              "all apps of a user together may have 1 connections, which this would exceed; see "
              "the quotas in the configuration of netaiod");
    EXPECT_TRUE(all.try_connect(1001).allowance);
    first.allowance.reset();
    EXPECT_TRUE(all.try_connect(1000).allowance);
}

TEST(Quota, BoundsKeys) {
    Allowances all({.app = {.registrations = 2, .key_bytes = 10},
                    .user = {.registrations = 3, .key_bytes = 100}});
    const auto app = all.try_connect(1000).allowance;
    EXPECT_EQ(app->try_register(11)->find("an app may have 10 bytes of keys"), 0u);
    EXPECT_EQ(app->try_register(4), std::nullopt);
    EXPECT_EQ(app->try_register(6), std::nullopt);
    EXPECT_EQ(app->try_register(0)->find("an app may have 2 keys and subscriptions"), 0u);
    auto second = all.try_connect(1000).allowance;
    EXPECT_EQ(second->try_register(1), std::nullopt);
    EXPECT_EQ(second->try_register(1)->find(
                  "all apps of a user together may have 3 keys and subscriptions"),
              0u);
    app->unregister(6);
    EXPECT_EQ(second->try_register(1), std::nullopt);
    second.reset();
    EXPECT_EQ(app->try_register(6), std::nullopt);
}

TEST(Quota, TakesOthersFromNowOn) {
    Allowances all({.app = {.registrations = 2, .key_bytes = 10},
                    .user = {.registrations = 2, .key_bytes = 10}});
    const auto app = all.try_connect(1000).allowance;
    app->try_register(5);
    app->try_register(5);
    all.set_quota({.app = {.registrations = 1, .key_bytes = 1}});
    EXPECT_TRUE(app->try_register(0));
    app->unregister(5);
    EXPECT_TRUE(app->try_register(0));
    app->unregister(5);
    EXPECT_EQ(app->try_register(1), std::nullopt);
}

}  // namespace
}  // namespace netaio::daemon
