#include "crypto/keystream.hpp"

#include <gtest/gtest.h>

#include <string>

#include "crypto/sha256.hpp"

namespace netaio::crypto {
namespace {

using namespace std::string_literals;

std::string keystream(std::size_t size) {
    std::string zeros(size, '\0');
    xor_keystream({"prefix"}, zeros);
    return zeros;
}

TEST(Keystream, StartsWithTheDigestOfPrefixAndCounter) {
    const std::string expected =
        sha256("prefix\0\0\0\0"s).view().str() + sha256("prefix\0\0\0\1"s).view().str();
    EXPECT_EQ(keystream(64), expected);
}

TEST(Keystream, OfAnyLengthIsTheStartOfALongerOne) {
    const std::string whole = keystream(100);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        ASSERT_EQ(keystream(size), whole.substr(0, size));
    }
}

TEST(Keystream, AppliedTwiceGivesTheDataBack) {
    for (const std::size_t size : {0u, 1u, 31u, 32u, 33u, 1000u}) {
        const std::string data(size, 'd');
        std::string changed = data;
        xor_keystream({"iv", "key"}, changed);
        EXPECT_TRUE(size == 0 || changed != data) << size;
        xor_keystream({"iv", "key"}, changed);
        EXPECT_EQ(changed, data) << size;
    }
}

}  // namespace
}  // namespace netaio::crypto
