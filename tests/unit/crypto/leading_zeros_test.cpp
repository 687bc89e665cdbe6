#include "crypto/leading_zeros.hpp"

#include <gtest/gtest.h>

#include "crypto/sha256.hpp"
#include "wire/endian.hpp"

namespace netaio::crypto {
namespace {

using namespace std::string_literals;

std::string written(std::uint32_t counter) {
    std::string bytes(4, '\0');
    wire::put_u32(bytes.data(), counter);
    return bytes;
}

TEST(LeadingZeroBits, AreCountedAcrossBytes) {
    EXPECT_EQ(leading_zero_bits(""), 0u);
    EXPECT_EQ(leading_zero_bits("\xff"), 0u);
    EXPECT_EQ(leading_zero_bits("\x7f"), 1u);
    EXPECT_EQ(leading_zero_bits("\x01"), 7u);
    EXPECT_EQ(leading_zero_bits("\0\xff"s), 8u);
    EXPECT_EQ(leading_zero_bits("\0\0\x10\0"s), 19u);
    EXPECT_EQ(leading_zero_bits("\0\0"s), 16u);
}

TEST(FindLeadingZeros, FindsTheFirstCounterThatHasThem) {
    for (const std::string& prefix : {"prefix"s, ""s, std::string(51, 'p'), std::string(60, 'p'),
                                      std::string(64, 'p'), std::string(130, 'p')}) {
        const auto found = find_leading_zeros({prefix}, 10, 100'000);
        ASSERT_TRUE(found) << prefix.size();
        std::uint32_t first = 0;
        while (leading_zero_bits(sha256(prefix + written(first)).view()) < 10) ++first;
        EXPECT_EQ(*found, first) << prefix.size();
    }
}

TEST(FindLeadingZeros, FindsNothingBeyondItsCount) {
    const auto found = find_leading_zeros({"prefix"}, 10, 100'000);
    ASSERT_TRUE(found);
    EXPECT_EQ(find_leading_zeros({"prefix"}, 10, *found), std::nullopt);
    EXPECT_EQ(find_leading_zeros({"prefix"}, 10, *found + 1), found);
    EXPECT_EQ(find_leading_zeros({"prefix"}, 0, 0), std::nullopt);
    EXPECT_EQ(find_leading_zeros({"prefix"}, 0, 1), 0u);
}

TEST(FindLeadingZeros, AsksForMoreThanAWordHolds) {
    EXPECT_EQ(find_leading_zeros({"prefix"}, 33, 10'000), std::nullopt);
    EXPECT_EQ(find_leading_zeros({"prefix"}, 257, 1000), std::nullopt);
}

}  // namespace
}  // namespace netaio::crypto
