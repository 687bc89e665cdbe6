#include <gtest/gtest.h>

#include <netaio/default_peer.hpp>
#include <set>

#include "cases.hpp"

namespace netaio::peer_cases {
namespace {

using vectors::Json;

std::string_view divergence(const Json& one) {
    return vectors::divergence("peer", one);
}

void check_pack(const Json& one) {
    const Value id = vectors::value_of(one.at("id"));
    const Value data = vectors::value_of(one.at("data"));
    if (divergence(one) == "not representable") {
        EXPECT_FALSE(id.as_bytes() && data.as_bytes());
        return;
    }
    const auto packed = DefaultPeer().pack(
        {.id = id.as_bytes().value().str(), .data = data.as_bytes().value().str()});
    ASSERT_TRUE(packed) << packed.error().message();
    vectors::expect_bytes(one.at("expect").at("packed"), *packed);
}

std::string content_of(const Json& tagged) {
    const Value value = vectors::value_of(tagged);
    return (value.as_bytes() ? value.as_bytes() : value.as_bytearray()).value().str();
}

void check_unpack(const Json& one) {
    const DefaultPeer plugin;
    const auto peer = plugin.unpack(vectors::bytes_field(one.at("packed")));
    if (vectors::expects_error(one) || divergence(one) == "error") {
        EXPECT_EQ(peer.error(), Errc::malformed);
        return;
    }
    const Json& expect = one.at("expect");
    ASSERT_TRUE(peer) << peer.error().message();
    EXPECT_EQ(peer->id, content_of(expect.at("id")));
    EXPECT_EQ(peer->data, content_of(expect.at("data")));
    EXPECT_EQ(peer->addresses.size(), expect.at("addr_count").get<std::size_t>());
    EXPECT_EQ(plugin.validate(*peer), expect.at("valid").get<bool>());
}

void check_encode_data(const Json& one) {
    const auto data = DefaultPeer().encode_data(vectors::value_of(one.at("value")));
    ASSERT_TRUE(data) << data.error().message();
    vectors::expect_bytes(one.at("expect").at("data"), *data);
}

void check_parse_data(const Json& one) {
    const auto value =
        DefaultPeer().parse_data({.id = "id", .data = vectors::bytes_field(one.at("data"))});
    if (vectors::expects_error(one)) {
        EXPECT_EQ(value.error(), Errc::malformed);
        return;
    }
    ASSERT_TRUE(value) << value.error().message();
    EXPECT_TRUE(*value == vectors::value_of(one.at("expect").at("value")));
}

TEST(PeerVectors, PacksAsTheReferenceDoes) {
    vectors::for_each_case("peer", "pack", check_pack);
}

TEST(PeerVectors, UnpacksAsTheReferenceDoes) {
    vectors::for_each_case("peer", "unpack", check_unpack);
}

TEST(PeerVectors, ReadsAndWritesPeerDataAsTheReferenceDoes) {
    vectors::for_each_case("peer", "encode_data", check_encode_data);
    vectors::for_each_case("peer", "parse_data", check_parse_data);
}

TEST(PeerVectors, AreAllOfAKindThatIsTested) {
    const std::set<std::string> kinds{"pack", "unpack",     "encode_data",    "parse_data",
                                      "udp",  "tcp_server", "client_messages"};
    for (const Json& one : vectors::cases("peer")) {
        EXPECT_TRUE(kinds.contains(one.at("kind").get<std::string>())) << one.at("name");
    }
}

}  // namespace
}  // namespace netaio::peer_cases
