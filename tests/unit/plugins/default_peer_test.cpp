#include <gtest/gtest.h>

#include <netaio/default_peer.hpp>

namespace netaio {
namespace {

using namespace std::string_literals;

TEST(DefaultPeer, UnpacksWhatItPacked) {
    const DefaultPeer plugin;
    for (const std::string& id : {""s, "id"s, std::string(300, 'i'), "\0\xff"s}) {
        const auto packed = plugin.pack({.id = id, .data = "data"});
        ASSERT_TRUE(packed);
        const auto peer = plugin.unpack(*packed);
        ASSERT_TRUE(peer);
        EXPECT_EQ(peer->id, id);
        EXPECT_EQ(peer->data, "data");
        EXPECT_TRUE(peer->addresses.empty());
        EXPECT_TRUE(plugin.validate(*peer));
    }
}

TEST(DefaultPeer, PacksNoAddresses) {
    const DefaultPeer plugin;
    Peer peer{.id = "id", .data = "data"};
    const auto without = plugin.pack(peer);
    peer.addresses.insert(Address(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 8888));
    EXPECT_EQ(plugin.pack(peer).value(), without.value());
}

TEST(DefaultPeer, SendsAnEmptyDictForAPeerWithoutData) {
    EXPECT_EQ(DefaultPeer().pack({.id = "id"}).value(), "\x4c\x40\2\4\5A\2idA\3\x4d\x40\0"s);
}

TEST(DefaultPeer, AcceptsAListAndBytearrays) {
    const auto packed = pack(List{ByteArray("id"), ByteArray("data")}).value();
    const auto peer = DefaultPeer().unpack(packed);
    ASSERT_TRUE(peer);
    EXPECT_EQ(peer->id, "id");
    EXPECT_EQ(peer->data, "data");
}

TEST(DefaultPeer, RefusesWhatIsNotTwoBytesValues) {
    const Bytes bytes("b");
    for (const Value& wrong :
         {Value(), Value(5), Value("ab"), Value(bytes), Value(Set{bytes, Bytes("c")}),
          Value(Dict{{bytes, bytes}}), Value(Tuple{}), Value(Tuple{bytes}),
          Value(Tuple{bytes, bytes, bytes}), Value(Tuple{Value(), bytes}),
          Value(Tuple{bytes, Value()}), Value(Tuple{"id", bytes}), Value(Tuple{bytes, "data"}),
          Value(Tuple{1, 2}), Value(Tuple{bytes, Dict{}})}) {
        EXPECT_EQ(DefaultPeer().unpack(pack(wrong).value()).error(), Errc::malformed);
    }
    EXPECT_EQ(DefaultPeer().unpack("").error(), Errc::malformed);
    EXPECT_EQ(DefaultPeer().unpack("\xff\xff").error(), Errc::malformed);
}

TEST(DefaultPeer, ReadsTheDataItWrote) {
    const DefaultPeer plugin;
    const Value data = Dict{{"pubkey", Bytes("key")}, {"count", 5}};
    const auto encoded = plugin.encode_data(data);
    ASSERT_TRUE(encoded);
    const auto parsed = plugin.parse_data({.id = "id", .data = *encoded});
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(*parsed == data);
}

TEST(DefaultPeer, RefusesDataThatCannotBeReadOrWritten) {
    const DefaultPeer plugin;
    EXPECT_EQ(plugin.parse_data({.id = "id", .data = ""}).error(), Errc::malformed);
    EXPECT_EQ(plugin.encode_data(Value("\xff")).error(), Errc::not_encodable);
}

TEST(DefaultPeer, IsTheSameForAllReceivers) {
    EXPECT_FALSE(DefaultPeer().is_peer_specific());
}

TEST(PeerData, IsADictThatDefaultPeerReads) {
    const Peer peer{.id = random_id(), .data = peer_data({{"name", "kitchen"}, {"floor", 2}})};
    EXPECT_EQ(peer.id.size(), 16u);
    EXPECT_NE(peer.id, random_id());
    const auto read = DefaultPeer().parse_data(peer);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->find("name")->as_str(), "kitchen");
    EXPECT_EQ(peer_data({}), Peer().data);
    EXPECT_THROW(peer_data({{List{}, 1}}), std::invalid_argument);
}

}  // namespace
}  // namespace netaio
