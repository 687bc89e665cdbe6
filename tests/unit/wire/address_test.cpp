#include <gtest/gtest.h>

#include <netaio/address.hpp>
#include <set>
#include <unordered_set>

namespace netaio {
namespace {

TEST(Address, ReadsWhatItWrites) {
    for (const char* text : {"0.0.0.0:0", "127.0.0.1:8888", "255.255.255.255:65535", "[::]:0",
                             "[::1]:8888", "[fe80::1%2]:1", "[2001:db8::ffff]:65535"}) {
        const auto address = Address::parse(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(address->str(), text);
        EXPECT_EQ(Address::parse(address->host(), address->port()).value(), *address);
        EXPECT_EQ(address->is_v6(), text[0] == '[');
    }
}

TEST(Address, RefusesNamesAndNonsense) {
    const std::string nul("127.0.0.1\0.evil", 15);
    for (const std::string& ip :
         {std::string(), std::string("localhost"), std::string("127.0.0"),
          std::string("127.0.0.256"), std::string("1.2.3.4 "), std::string(":::"),
          std::string("fe80::1%"), std::string("fe80::1%eth0"), std::string("fe80::1%-1"),
          std::string("127.0.0.1%1"), std::string("%1"), nul}) {
        EXPECT_EQ(Address::parse(ip, 1).error(), Errc::malformed) << ip;
    }
    for (const char* text :
         {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1: 1",
          "127.0.0.1:1x", "::1:8888", "[::1]", "[::1:8888", "::1]:8888", "[]:1", ":8888"}) {
        EXPECT_EQ(Address::parse(text).error(), Errc::malformed) << text;
    }
}

TEST(Address, ReadsNamesOfOtherTransports) {
    for (const std::string_view text :
         {"unix:/run/x.sock", "unix:@x", "unix:here.sock", "unix:/a:b:1", "memory:hub"}) {
        const auto address = Address::parse(text);
        ASSERT_TRUE(address) << text;
        EXPECT_TRUE(address->is_named());
        EXPECT_EQ(address->str(), text);
        EXPECT_EQ(address->host(), text);
        EXPECT_EQ(Address::parse(address->str()).value(), *address);
        EXPECT_EQ(Address::named(address->scheme(), address->name()).value(), *address);
        EXPECT_EQ(address->port(), 0);
    }
    EXPECT_EQ(Address::parse("unix:/a")->scheme(), "unix");
    EXPECT_EQ(Address::parse("unix:/a")->name(), "/a");
    const Address ip = *Address::parse("127.0.0.1:1");
    EXPECT_FALSE(ip.is_named());
    EXPECT_EQ(ip.scheme(), "");
    EXPECT_EQ(ip.name(), "");
}

TEST(Address, TakesNoHostForAName) {
    for (const std::string_view text :
         {"localhost:80", "unix:", "unix:80", ":/x", "Unix:/x", "cafe::1", "fdab:cafe::1",
          "dead:beef::1", "fdaa:b::1%2", "unix"}) {
        EXPECT_EQ(Address::parse(text).error(), Errc::malformed) << text;
    }
    EXPECT_EQ(Address::named("unix", std::string_view("a\0b", 3)).error(), Errc::malformed);
    EXPECT_EQ(Address::parse("unix:/x", 1).error(), Errc::malformed);
}

TEST(Address, TellsNamesApart) {
    const std::set<Address> all{*Address::parse("unix:/b"), *Address::parse("unix:/a"),
                                *Address::parse("memory:/a"), Address(),
                                *Address::parse("unix:/a")};
    EXPECT_EQ(all.size(), 4u);
    EXPECT_EQ(*all.begin(), Address());
    EXPECT_EQ(std::unordered_set<Address>(all.begin(), all.end()).size(), 4u);
    EXPECT_NE(*Address::parse("unix:/a"), Address());
    EXPECT_EQ(Address::parse("unix:/a")->with_port(3), *Address::parse("unix:/a"));
    EXPECT_TRUE(Address::parse("fdab:cafe::1", 80)->is_v6());
}

TEST(Address, HoldsAMappedIpv4AddressAsWhatItMeans) {
    const Address plain = *Address::parse("192.0.2.1", 80);
    const Address mapped = *Address::parse("::ffff:192.0.2.1", 80);
    EXPECT_EQ(mapped, plain);
    EXPECT_FALSE(mapped.is_v6());
    EXPECT_EQ(mapped.str(), "192.0.2.1:80");
    EXPECT_EQ(std::hash<Address>{}(mapped), std::hash<Address>{}(plain));
}

TEST(Address, DiffersInEachOfItsParts) {
    const std::set<Address> all{*Address::parse("1.2.3.4", 1),   *Address::parse("1.2.3.4", 2),
                                *Address::parse("1.2.3.5", 1),   *Address::parse("102:304::", 1),
                                *Address::parse("fe80::1%1", 1), *Address::parse("fe80::1%2", 1),
                                *Address::parse("fe80::1", 1),   Address()};
    EXPECT_EQ(all.size(), 8u);
    EXPECT_EQ(std::unordered_set<Address>(all.begin(), all.end()).size(), 8u);
}

TEST(Address, HashesNeighboursApart) {
    std::unordered_set<std::size_t> hashes;
    for (int host = 0; host < 64; ++host) {
        for (int port = 0; port < 64; ++port) {
            const Address address(
                std::array<std::uint8_t, 4>{10, 0, 0, static_cast<std::uint8_t>(host)},
                static_cast<std::uint16_t>(40000 + port));
            hashes.insert(std::hash<Address>{}(address));
        }
    }
    EXPECT_EQ(hashes.size(), 64u * 64u);
}

}  // namespace
}  // namespace netaio
