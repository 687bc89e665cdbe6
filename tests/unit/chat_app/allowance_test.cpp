#include "allowance.hpp"

#include <gtest/gtest.h>

namespace netaio::chat_app {
namespace {

using namespace std::chrono_literals;

constexpr Allowances::TimePoint start{1h};

TEST(Allowances, AreTakenAndComeBackWithTime) {
    Allowances allowances({2, 60s});
    EXPECT_TRUE(allowances.take("ann", 2, start));
    EXPECT_FALSE(allowances.take("ann", 1, start + 29s));
    EXPECT_TRUE(allowances.take("ann", 1, start + 60s));
    EXPECT_TRUE(allowances.take("bob", 2, start));
}

TEST(Allowances, AreForNoMoreThanThereIsRoomFor) {
    Allowances allowances({2, 60s}, 2);
    EXPECT_TRUE(allowances.take("ann", 1, start));
    EXPECT_TRUE(allowances.take("bob", 2, start));
    EXPECT_FALSE(allowances.take("cyd", 1, start + 2s));
    EXPECT_TRUE(allowances.take("cyd", 1, start + 40s)) << "ann has all that she may have again";
}

TEST(Allowances, MakeRoomWhenSomebodyIsForgotten) {
    Allowances allowances({2, 60s}, 1);
    for (const char* who : {"ann", "bob", "cyd"}) {
        EXPECT_TRUE(allowances.take(who, 2, start)) << who;
        allowances.forget(who);
    }
}

}  // namespace
}  // namespace netaio::chat_app
