#include "core/path_size.hpp"

#include <gtest/gtest.h>

namespace netaio::core {
namespace {

using TimePoint = PathSize::TimePoint;

// Looks until all is known, over a path that carries so much; how many were sent.
int look(PathSize& path, std::size_t carries, TimePoint& now) {
    int sent = 0;
    path.begin(now);
    while (path.looks()) {
        now = path.next();
        if (const auto size = path.due(now)) {
            ++sent;
            if (*size <= carries) {
                path.arrived(*size, now);
            }
        }
    }
    return sent;
}

TEST(PathSizeTest, WhatThePathCarriesIsFoundInFewSteps) {
    struct Case {
        std::size_t carries;
        std::size_t found;
        int sent;
    };
    for (const Case& each : {Case{1200, 1200, 2}, Case{1400, 1200, 2}, Case{1472, 1472, 4},
                             Case{1471, 1452, 3}, Case{8972, 8972, 6}, Case{65507, 65507, 6}}) {
        PathSize path(1200, 65507);
        TimePoint now{};
        EXPECT_EQ(look(path, each.carries, now), each.sent) << each.carries;
        EXPECT_EQ(path.proven(), each.found) << each.carries;
    }
}

TEST(PathSizeTest, MoreThanIsWantedIsNotLookedFor) {
    PathSize path(1200, 4000);
    TimePoint now{};
    look(path, 65507, now);
    EXPECT_EQ(path.proven(), 4000u);
    EXPECT_EQ(path.next(), TimePoint::max());
}

TEST(PathSizeTest, ItIsLookedForAgainInTime) {
    PathSize path(1200, 65507);
    TimePoint now{};
    look(path, 1472, now);
    EXPECT_EQ(path.next(), now + PathSize::settled_for);
    look(path, 8972, now);
    EXPECT_EQ(path.proven(), 8972u);
}

TEST(PathSizeTest, WhatTheSystemRefusesIsNotTriedAgainAndWhatItCarriedBeforeIsForgotten) {
    PathSize path(1200, 65507);
    TimePoint now{};
    path.begin(now);
    EXPECT_EQ(path.due(now), 1452u);
    path.refused(1452, now);
    EXPECT_EQ(path.next(), now);
    EXPECT_EQ(path.due(now), std::nullopt);
    EXPECT_FALSE(path.looks());
    look(path, 1472, now);
    EXPECT_EQ(path.proven(), 1472u);
    path.refused(1400, now);
    EXPECT_EQ(path.proven(), 1200u);
    EXPECT_TRUE(path.looks());
}

TEST(PathSizeTest, AnAnswerToWhatWasNotAskedSaysNothing) {
    PathSize path(1200, 65507);
    path.arrived(65507, TimePoint());
    EXPECT_EQ(path.proven(), 1200u);
}

}  // namespace
}  // namespace netaio::core
