#include "peer_view.hpp"

#include <gtest/gtest.h>

#include <netaio/packify.hpp>

namespace netaio::app {
namespace {

using namespace std::chrono_literals;

Peer kitchen() {
    return {.id = "kitchen",
            .data = *pack(Dict{{"name", "Kitchen"}, {"room", 12}, {"tags", List{true, Value()}}}),
            .addresses = {*Address::parse("192.0.2.1:8888"), *Address::parse("[fe80::1%2]:8888")}};
}

TEST(PeerView, IsOneLineForPeople) {
    EXPECT_EQ(peer_line("joined", kitchen()),
              "joined kitchen at 192.0.2.1:8888, [fe80::1%2]:8888: name=Kitchen room=12 "
              "tags=[true,null]");
    EXPECT_EQ(peer_line("left", {.id = "\x1b"}), "left \\x1b");
}

TEST(PeerView, IsOneObjectForPrograms) {
    EXPECT_EQ(peer_json("joined", kitchen()),
              R"({"event":"joined","id":"kitchen","addresses":["192.0.2.1:8888",)"
              R"("[fe80::1%2]:8888"],"data":{"name":"Kitchen","room":12,"tags":[true,null]}})");
    EXPECT_EQ(peer_json("left", {.id = "\xff", .data = "?"}),
              R"({"event":"left","id_base64":"/w==","addresses":[],"data_base64":"Pw=="})");
}

TEST(PeerView, ShowsDataOfAnyShape) {
    EXPECT_EQ(peer_line("joined", {.id = "a", .data = "\xff\n"}), "joined a: \\xff\\n");
    EXPECT_EQ(peer_line("joined", {.id = "a", .data = *pack(Dict{{"key\n", Bytes("\xff")}})}),
              "joined a: key\\n=/w==");
}

TEST(PeerView, FitsItsTableToTheTerminal) {
    Peer peer = kitchen();
    const auto now = peer.last_heard + 3s;
    EXPECT_EQ(peer_table({}, now, 80, 24), "ID  HEARD  ADDRESS  DATA\n0 peers\n");
    EXPECT_EQ(peer_table({peer}, now, 38, 24),
              "ID       HEARD  ADDRESS               \n"
              "kitchen  3 s    192.0.2.1:8888, [fe80:\n"
              "1 peer\n");
    const std::string many = peer_table(std::vector<Peer>(9, peer), now, 12, 5);
    EXPECT_EQ(many, "ID       HEA\nkitchen  3 s\nkitchen  3 s\nand 7 more\n9 peers\n");
}

}  // namespace
}  // namespace netaio::app
