#include "crypto/hkdf.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "wire/hex.hpp"

namespace netaio::crypto {
namespace {

std::string octets(int first, int count) {
    std::string bytes(static_cast<std::size_t>(count), '\0');
    std::iota(bytes.begin(), bytes.end(), static_cast<char>(first));
    return bytes;
}

template <std::size_t Count>
std::string derived(ByteView salt, ByteView input, ByteView info) {
    std::string all;
    for (const Digest& output : hkdf<Count>(salt, input, info)) {
        all += wire::hex(output.view());
    }
    return all;
}

TEST(Hkdf, GivesTheFirstOutputsOfRfc5869) {
    EXPECT_EQ(
        derived<2>(octets(0, 13), std::string(22, '\x0b'), octets(0xf0, 10)).substr(0, 84),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    EXPECT_EQ(
        derived<3>(octets(0x60, 80), octets(0, 80), octets(0xb0, 80)).substr(0, 164),
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c6"
        "5e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
    EXPECT_EQ(
        derived<2>({}, std::string(22, '\x0b'), {}).substr(0, 84),
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Hkdf, GivesTheSameFirstOutputsHoweverManyAreWanted) {
    EXPECT_EQ(derived<3>("salt", "input", "info").substr(0, 64),
              derived<1>("salt", "input", "info"));
}

}  // namespace
}  // namespace netaio::crypto
