#include <gtest/gtest.h>

#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/value.hpp>

namespace netaio::tapescript {
namespace {

Integer power_of_two(unsigned exponent) {
    return Integer(1) << exponent;
}

TEST(TapescriptNumbers, AreSignedAndBigEndian) {
    EXPECT_EQ(to_integer(std::string_view("\x00\xff", 2)), 255);
    EXPECT_EQ(to_integer("\xff"), -1);
    EXPECT_EQ(to_integer("\x80"), -128);
    EXPECT_EQ(to_integer(std::string(9, '\xff')), -1);
    EXPECT_EQ(to_integer(std::string("\x01") + std::string(8, '\0')), power_of_two(64));
    EXPECT_EQ(to_unsigned("\xff"), 255);
}

TEST(TapescriptNumbers, AreWrittenWithAsFewBytesAsTheirSignNeeds) {
    EXPECT_EQ(to_hex(to_bytes(0)), "00");
    EXPECT_EQ(to_hex(to_bytes(127)), "7f");
    EXPECT_EQ(to_hex(to_bytes(128)), "0080");
    EXPECT_EQ(to_hex(to_bytes(-128)), "80");
    EXPECT_EQ(to_hex(to_bytes(-129)), "ff7f");
    EXPECT_EQ(to_hex(to_bytes(65'535)), "00ffff");
}

TEST(TapescriptNumbers, GainAZeroByteWhereDoublePrecisionRoundsUp) {
    EXPECT_EQ(to_bytes(power_of_two(47) - 1).size(), 6U);
    EXPECT_EQ(to_bytes(power_of_two(55) - 1).size(), 8U);
    EXPECT_EQ(to_bytes(power_of_two(63) - 1).size(), 9U);
    EXPECT_EQ(to_bytes(power_of_two(63) - power_of_two(20)).size(), 8U);
    EXPECT_EQ(to_bytes(power_of_two(2'047) - 1).size(), 257U);
}

TEST(TapescriptNumbers, KeepTheirValueInBytes) {
    for (unsigned exponent = 1; exponent < 1'100; ++exponent) {
        for (const int offset : {-1, 0, 1}) {
            const Integer number = power_of_two(exponent) + offset;
            EXPECT_EQ(to_integer(to_bytes(number)), number);
            EXPECT_EQ(to_integer(to_bytes(-number)), -number);
        }
    }
}

}  // namespace
}  // namespace netaio::tapescript
