#include "plugins/hashcash_price.hpp"

#include <gtest/gtest.h>

#include "support/fixed_environment.hpp"
#include "support/log_lines.hpp"

namespace netaio::plugins {
namespace {

using namespace std::chrono_literals;

struct AskedPriceTest : testing::Test {
    unsigned after_a_second(AskedPrice& price, int paid) {
        for (int i = 0; i < paid; ++i) price.count_paid();
        clock->advance(1s);
        return price.at(environment);
    }

    std::shared_ptr<test::FixedClock> clock = std::make_shared<test::FixedClock>();
    test::LogLines lines;
    Environment environment{.clock = clock, .log = lines.log(LogLevel::info)};
};

TEST_F(AskedPriceTest, StaysWhereNothingMakesItRise) {
    AskedPrice price(10, {});
    EXPECT_EQ(after_a_second(price, 1'000'000), 10u);
    EXPECT_EQ(after_a_second(price, 1'000'000), 10u);
    EXPECT_TRUE(lines.all().empty());
}

TEST_F(AskedPriceTest, RisesWhileMoreComesThanMay) {
    AskedPrice price(10, {.rate = 100, .step = 2, .bits_max = 13});
    EXPECT_EQ(after_a_second(price, 200), 10u);  // the first look finds when it began
    EXPECT_EQ(after_a_second(price, 101), 12u);
    EXPECT_EQ(after_a_second(price, 1000), 13u);
    EXPECT_EQ(after_a_second(price, 1000), 13u);
    EXPECT_EQ(lines.all(),
              (std::vector<std::string>{"info hashcash: the price is 12 bits now, after 10",
                                        "info hashcash: the price is 13 bits now, after 12"}));
}

TEST_F(AskedPriceTest, IsLookedAtOnceASecond) {
    AskedPrice price(10, {.rate = 100});
    EXPECT_EQ(price.at(environment), 10u);
    for (int i = 0; i < 1000; ++i) price.count_paid();
    clock->advance(999ms);
    EXPECT_EQ(price.at(environment), 10u);
    clock->advance(1ms);
    EXPECT_EQ(price.at(environment), 11u);
    EXPECT_EQ(price.bits(), 11u);
}

TEST_F(AskedPriceTest, FallsOnlyWhereLessThanHalfComes) {
    AskedPrice price(10, {.rate = 100});
    price.at(environment);
    EXPECT_EQ(after_a_second(price, 101), 11u);
    EXPECT_EQ(after_a_second(price, 101), 12u);
    EXPECT_EQ(after_a_second(price, 51), 12u);
    EXPECT_EQ(after_a_second(price, 49), 11u);
    EXPECT_EQ(after_a_second(price, 0), 10u);
    EXPECT_EQ(after_a_second(price, 0), 10u);
}

TEST_F(AskedPriceTest, FallsForAllTheTimeNobodyCame) {
    AskedPrice price(10, {.rate = 1});
    price.at(environment);
    for (unsigned bits = 11; bits <= 20; ++bits) EXPECT_EQ(after_a_second(price, 10), bits);
    clock->advance(4s);
    EXPECT_EQ(price.at(environment), 16u);
    clock->advance(std::chrono::hours(24 * 365 * 100));
    EXPECT_EQ(price.at(environment), 10u);
}

TEST_F(AskedPriceTest, RisesWithTheTimeThatIsWorked) {
    AskedPrice price(10, {.cpu = 1e-9});
    price.at(environment);
    const std::clock_t begin = std::clock();
    while (std::clock() - begin < CLOCKS_PER_SEC / 100) {
    }
    EXPECT_EQ(after_a_second(price, 0), 11u);
    AskedPrice patient(10, {.cpu = 1e9});
    patient.at(environment);
    EXPECT_EQ(after_a_second(patient, 1000), 10u);
}

TEST_F(AskedPriceTest, ThatIsAboveTheHighestStays) {
    AskedPrice price(30, {.rate = 1, .bits_max = 24});
    price.at(environment);
    EXPECT_EQ(after_a_second(price, 1000), 30u);
}

TEST_F(AskedPriceTest, OfNothingNeverRises) {
    AskedPrice price(0, {.rate = 1});
    price.at(environment);
    EXPECT_EQ(after_a_second(price, 1000), 0u);
}

Address receiver(std::uint16_t port) {
    return {std::array<std::uint8_t, 4>{127, 0, 0, 1}, port};
}

TEST(ToldPrices, AreKnownOfTheirReceiverAlone) {
    ToldPrices told;
    const PriceTime now{};
    EXPECT_EQ(told.at(receiver(1), now), 0u);
    told.remember(receiver(1), 20, now);
    told.remember(receiver(2), 21, now);
    EXPECT_EQ(told.at(receiver(1), now), 20u);
    EXPECT_EQ(told.at(receiver(2), now), 21u);
    EXPECT_EQ(told.at(receiver(3), now), 0u);
    told.remember(receiver(1), 18, now);
    EXPECT_EQ(told.at(receiver(1), now), 18u);
}

TEST(ToldPrices, AreForgottenAfterAMinute) {
    ToldPrices told;
    const PriceTime now{};
    told.remember(receiver(1), 20, now);
    EXPECT_EQ(told.at(receiver(1), now + 59s), 20u);
    EXPECT_EQ(told.at(receiver(1), now + 60s), 0u);
}

TEST(ToldPrices, TheOldestGoWhenThereAreTooMany) {
    ToldPrices told;
    PriceTime now{};
    for (std::uint16_t port = 0; port < ToldPrices::count_max; ++port) {
        told.remember(receiver(port), 20, now += 1ms);
    }
    told.remember(receiver(2000), 20, now);
    EXPECT_EQ(told.at(receiver(0), now), 0u);
    EXPECT_EQ(told.at(receiver(1), now), 20u);
    EXPECT_EQ(told.at(receiver(2000), now), 20u);
    told.remember(receiver(2), 22, now);
    EXPECT_EQ(told.at(receiver(1), now), 20u);
}

TEST(PriceText, IsReadBack) {
    EXPECT_EQ(price_text(22), "hashcash 22");
    for (const unsigned bits : {0u, 1u, 22u, 64u, 4'000'000'000u}) {
        EXPECT_EQ(read_price(price_text(bits)), bits);
    }
}

TEST(PriceText, IsNothingElse) {
    for (const char* text :
         {"", "hashcash", "hashcash ", "hashcash x", "hashcash 22x", "hashcash -1", "hashcash +1",
          "hashcash  1", "Hashcash 22", " hashcash 22", "hashcash 22 ", "hashcash 4294967296",
          "hashcash auth failed"}) {
        EXPECT_EQ(read_price(ByteView(text)), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace netaio::plugins
