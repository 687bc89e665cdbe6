#include "wire/keyed_hash.hpp"

#include <gtest/gtest.h>

#include <netaio/address.hpp>
#include <set>

namespace netaio::wire {
namespace {

HashKey counting_key() {
    HashKey key;
    for (std::size_t i = 0; i < key.size(); ++i) {
        key[i] = static_cast<unsigned char>(i);
    }
    return key;
}

// The 64-bit hashes of 0, 1, ... of SipHash's reference vectors, little-endian.
TEST(SipHash, AgreesWithItsVectors) {
    const std::string bytes("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16", 15);
    EXPECT_EQ(sip_hash("", counting_key()), 0x726fdb47dd0e0e31u);
    EXPECT_EQ(sip_hash(bytes, counting_key()), 0xa129ca6149be45e5u);
}

TEST(KeyedHash, IsTheSameForTheSameBytesAndNobodyElses) {
    EXPECT_EQ(keyed_hash("kitchen/lamp"), keyed_hash("kitchen/lamp"));
    EXPECT_NE(keyed_hash("kitchen/lamp"), sip_hash("kitchen/lamp", HashKey{}));
    EXPECT_NE(keyed_hash("kitchen/lamp"), sip_hash("kitchen/lamp", counting_key()));
}

// The inverse of a step of MurmurHash64A, which libstdc++ hashes strings with under a fixed seed.
std::uint64_t murmur_step_to(std::uint64_t state, std::uint64_t wanted) {
    std::uint64_t inverse = 0xc6a4a7935bd1e995u;
    for (int i = 0; i < 5; ++i) {
        inverse *= 2 - 0xc6a4a7935bd1e995u * inverse;
    }
    std::uint64_t word = (wanted * inverse ^ state) * inverse;
    word ^= word >> 47;
    return word * inverse;
}

// Keys of sixteen bytes that std::hash gives one value.
std::string colliding_key(std::uint64_t number) {
    constexpr std::uint64_t factor = 0xc6a4a7935bd1e995u;
    std::uint64_t state = 0xc70f6907u ^ 16 * factor;
    std::uint64_t mixed = number * factor;
    mixed = (mixed ^ mixed >> 47) * factor;
    state = (state ^ mixed) * factor;
    const std::array<std::uint64_t, 2> words{number, murmur_step_to(state, 0x12345678)};
    return std::string(reinterpret_cast<const char*>(words.data()), sizeof words);
}

TEST(KeyedHash, TellsApartKeysThatWereMadeToCollide) {
    std::set<std::size_t> unkeyed;
    std::set<std::size_t> keyed;
    for (std::uint64_t number = 0; number < 1000; ++number) {
        const std::string key = colliding_key(number);
        unkeyed.insert(std::hash<std::string>{}(key));
        keyed.insert(KeyedHash{}(key));
    }
#ifdef __GLIBCXX__
    EXPECT_EQ(unkeyed.size(), 1u) << "these keys do not collide any more";
#endif
    EXPECT_EQ(keyed.size(), 1000u);
}

// Under the hash that addresses had, the low half was the high one times a constant away.
TEST(KeyedHash, TellsApartAddressesThatWereMadeToCollide) {
    std::set<std::size_t> keyed;
    for (std::uint64_t high = 1; high <= 1000; ++high) {
        const std::array<std::uint64_t, 2> halves{high, high * 0x9e3779b97f4a7c15u};
        std::array<std::uint8_t, 16> ip;
        std::memcpy(ip.data(), halves.data(), ip.size());
        keyed.insert(std::hash<Address>{}(Address(ip, 8888)));
    }
    EXPECT_EQ(keyed.size(), 1000u);
}

}  // namespace
}  // namespace netaio::wire
