#include "hkdf.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <wire/hex.hpp>

namespace netaio::chat {
namespace {

std::string octets_from(int first, int last) {
    std::string bytes;
    for (int octet = first; octet <= last; ++octet) {
        bytes += static_cast<char>(octet);
    }
    return bytes;
}

template <std::size_t size>
std::string derived(ByteView salt, ByteView input, ByteView info) {
    std::array<unsigned char, size> out;
    hkdf_sha256(salt, input, info, out);
    return wire::hex(ByteView(out));
}

TEST(Hkdf, AgreesWithTheVectorsOfRfc5869) {
    EXPECT_EQ(
        derived<42>(octets_from(0x00, 0x0c), std::string(22, '\x0b'), octets_from(0xf0, 0xf9)),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
        "34007208d5b887185865");
    EXPECT_EQ(
        derived<82>(octets_from(0x60, 0xaf), octets_from(0x00, 0x4f), octets_from(0xb0, 0xff)),
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
        "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
        "cc30c58179ec3e87c14c01d5c1f3434f1d87");
    EXPECT_EQ(derived<42>({}, std::string(22, '\x0b'), {}),
              "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
              "9d201395faa4b61a96c8");
}

TEST(Hmac, AgreesWithAVectorOfRfc4231) {
    std::array<unsigned char, 32> out;
    hmac_sha256("Jefe", "what do ya want for nothing?", out);
    EXPECT_EQ(wire::hex(ByteView(out)),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace netaio::chat
