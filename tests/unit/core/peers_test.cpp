#include "core/peer_handler.hpp"

#include <gtest/gtest.h>

#include <netaio/default_peer.hpp>

#include "testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;
using std::chrono::seconds;

PeerTable::TimePoint at(int second) {
    return PeerTable::TimePoint(seconds(second));
}

Peer peer(std::string id, std::string data = "data") {
    return {.id = std::move(id), .data = std::move(data)};
}

std::string id_at(const PeerTable& table, const Address& address) {
    const auto found = table.find(address);
    return found ? found->id : "";
}

TEST(PeerTable, IsEmptyAtFirst) {
    PeerTable table;
    EXPECT_TRUE(table.empty());
    EXPECT_EQ(table.find(here), nullptr);
    EXPECT_EQ(table.find_id("a"), nullptr);
    EXPECT_TRUE(table.all().empty());
    EXPECT_TRUE(table.remove("a").empty());
    table.remove_address(here);
    table.refresh(here, at(1));
    EXPECT_TRUE(table.empty());
}

TEST(PeerTable, KnowsPeersByIdAndAddress) {
    PeerTable table;
    EXPECT_TRUE(table.hear(peer("a"), here, at(1)));
    EXPECT_TRUE(table.hear(peer("a", "new"), there, at(2)));
    EXPECT_FALSE(table.empty());
    const auto found = table.find_id("a");
    EXPECT_EQ(found, table.find(here));
    EXPECT_EQ(found, table.find(there));
    EXPECT_EQ(found->data, "new");
    EXPECT_EQ(found->last_heard, at(2));
    EXPECT_EQ(found->addresses, (std::set{here, there}));
    EXPECT_EQ(table.all().size(), 1u);
}

TEST(PeerTable, LetsNobodyElsesWordTakeAPeersPlace) {
    PeerTable table;
    table.hear(peer("a"), here, at(1));
    table.hear(peer("b"), there, at(1));
    table.hear_again("a", there, at(2));
    EXPECT_EQ(id_at(table, there), "b");
    for (int i = 0; i < 2 * static_cast<int>(PeerTable::addresses_max); ++i) {
        table.hear_again("a", host(i), at(2));
    }
    const auto found = table.find_id("a");
    EXPECT_EQ(found->addresses.size(), PeerTable::addresses_max);
    EXPECT_TRUE(found->addresses.contains(here));
    for (const auto& [known, address] : table.reachable()) {
        EXPECT_EQ(address, known->id == "a" ? here : there);
    }
    table.hear_again("c", elsewhere, at(2));
    EXPECT_EQ(table.find_id("c"), nullptr);
}

TEST(PeerTable, HandsOutSnapshotsThatNeverChange) {
    PeerTable table;
    table.hear(peer("a"), here, at(1));
    const auto before = table.find(here);
    table.hear(peer("a", "new"), there, at(2));
    table.remove("a");
    EXPECT_EQ(before->data, "data");
    EXPECT_EQ(before->last_heard, at(1));
    EXPECT_EQ(before->addresses, std::set{here});
}

TEST(PeerTable, TakesAnAddressForThePeerLastHeardThere) {
    PeerTable table;
    table.hear(peer("a"), here, at(1));
    table.hear(peer("b"), here, at(2));
    EXPECT_EQ(id_at(table, here), "b");
    table.hear(peer("a"), here, at(3));
    EXPECT_EQ(id_at(table, here), "a");
    EXPECT_EQ(table.remove("a"), std::set{here});
    EXPECT_EQ(id_at(table, here), "b");
    EXPECT_EQ(table.remove("b"), std::set{here});
    EXPECT_EQ(table.find(here), nullptr);
    EXPECT_TRUE(table.empty());
}

TEST(PeerTable, RefreshesThePeerAtAnAddress) {
    PeerTable table;
    table.hear(peer("a"), here, at(1));
    table.hear(peer("b"), there, at(1));
    table.refresh(here, at(5));
    EXPECT_EQ(table.find_id("a")->last_heard, at(5));
    EXPECT_EQ(table.find_id("b")->last_heard, at(1));
}

TEST(PeerTable, ForgetsAPeerWithItsLastAddress) {
    PeerTable table;
    table.hear(peer("a"), here, at(1));
    table.hear(peer("a"), there, at(1));
    table.hear(peer("b"), here, at(1));
    table.remove_address(here);
    EXPECT_EQ(table.find(here), nullptr);
    EXPECT_EQ(table.find_id("a")->addresses, std::set{there});
    EXPECT_EQ(table.find_id("b"), nullptr);
    table.remove_address(there);
    EXPECT_TRUE(table.empty());
}

TEST(PeerTable, RefusesMoreThanItsLimit) {
    PeerTable table(2);
    EXPECT_TRUE(table.hear(peer("a"), here, at(1)));
    EXPECT_TRUE(table.hear(peer("b"), here, at(1)));
    EXPECT_FALSE(table.hear(peer("c"), here, at(1)));
    EXPECT_EQ(table.find_id("c"), nullptr);
    EXPECT_EQ(id_at(table, here), "b");
    EXPECT_TRUE(table.hear(peer("a", "new"), here, at(2)));
    table.remove("a");
    EXPECT_TRUE(table.hear(peer("c"), here, at(3)));
}

TEST(PeerTable, RefusesMoreAddressesThanItsLimit) {
    PeerTable table(2);
    EXPECT_TRUE(table.hear(peer("a"), here, at(1)));
    EXPECT_TRUE(table.hear(peer("a"), there, at(1)));
    const Address third = *Address::parse("192.0.2.3", 1);
    EXPECT_FALSE(table.hear(peer("a"), third, at(2)));
    EXPECT_EQ(table.find_id("a")->addresses, (std::set{here, there}));
    EXPECT_TRUE(table.hear(peer("a"), here, at(2)));
    table.remove_address(there);
    EXPECT_TRUE(table.hear(peer("a"), third, at(3)));
}

TEST(PeerTable, BelievesOnlyTheAddressesItHeardFrom) {
    PeerTable table;
    Peer told = peer("a");
    told.addresses = {there};
    table.hear(told, here, at(1));
    EXPECT_EQ(table.find_id("a")->addresses, std::set{here});
    EXPECT_EQ(table.find(there), nullptr);
    EXPECT_EQ(table.remove("a"), std::set{here});
    EXPECT_TRUE(table.empty());
}

Peer at_addresses(std::string id, std::set<Address> addresses) {
    return {.id = std::move(id), .data = "data", .addresses = std::move(addresses)};
}

Address latest(const PeerTable& table, const std::string& id) {
    for (const auto& [peer, address] : table.reachable()) {
        if (peer->id == id) {
            return address;
        }
    }
    return Address();
}

TEST(PeerTable, ReachesEachPeerWhereItWasHeardLast) {
    PeerTable table;
    table.hear(peer("a"), here, at(1));
    table.hear(peer("b"), there, at(1));
    table.hear(peer("a"), host(1), at(2));
    EXPECT_EQ(table.reachable().size(), 2u);
    EXPECT_EQ(latest(table, "a"), host(1));
    table.hear(peer("a"), here, at(3));
    EXPECT_EQ(latest(table, "a"), here);
    table.refresh(host(1), at(4));
    EXPECT_EQ(latest(table, "a"), host(1)) << "any message tells where a peer is";
    table.remove_address(host(1));
    EXPECT_EQ(latest(table, "a"), here);
}

TEST(PeerTable, ReachesNobodyWithoutAnAddress) {
    PeerTable table;
    EXPECT_TRUE(table.keep(peer("a"), at(1)));
    EXPECT_TRUE(table.find_id("a"));
    EXPECT_TRUE(table.reachable().empty());
    table.hear(peer("a"), here, at(2));
    EXPECT_EQ(latest(table, "a"), here);
}

TEST(PeerTable, KeepsThePeerOfAnAddressThatIsHeardMostRecently) {
    PeerTable table;
    for (int i = 1; i <= 3; ++i) {
        table.hear(peer(std::to_string(i)), here, at(i));
    }
    table.hear(peer("2"), here, at(4));
    table.remove("3");
    EXPECT_EQ(id_at(table, here), "2");
    table.remove("2");
    EXPECT_EQ(id_at(table, here), "1");
}

TEST(PeerTable, ForgetsAddressesAndPeersThatAreSilent) {
    PeerTable table;
    table.hear(peer("a"), here, at(1));
    table.hear(peer("a"), there, at(5));
    table.hear(peer("b"), host(1), at(1));
    table.expire(at(1));
    EXPECT_EQ(table.all().size(), 2u) << "heard just then is not silent";
    table.expire(at(2));
    EXPECT_EQ(table.find_id("a")->addresses, std::set{there});
    EXPECT_EQ(table.find(here), nullptr);
    EXPECT_EQ(table.find_id("b"), nullptr);
    EXPECT_EQ(table.find(host(1)), nullptr);
    table.expire(at(6));
    EXPECT_TRUE(table.empty());
}

TEST(PeerTable, ForgetsNoAddressThatIsRefreshed) {
    PeerTable table;
    table.hear(peer("a"), here, at(1));
    table.hear(peer("a"), there, at(1));
    table.refresh(here, at(9));
    table.expire(at(5));
    EXPECT_EQ(table.find_id("a")->addresses, std::set{here});
    EXPECT_EQ(table.find_id("a")->last_heard, at(9));
}

TEST(PeerTable, KeepsPeersAddedByHandHoweverSilent) {
    PeerTable table;
    EXPECT_TRUE(table.keep(at_addresses("a", {here, there}), at(1)));
    EXPECT_EQ(id_at(table, here), "a");
    EXPECT_EQ(id_at(table, there), "a");
    table.expire(at(1000));
    EXPECT_EQ(table.find_id("a")->addresses, (std::set{here, there}));
    EXPECT_EQ(table.remove("a"), (std::set{here, there}));
    EXPECT_TRUE(table.empty());
    EXPECT_EQ(table.find(here), nullptr);
}

TEST(PeerTable, KeepsByHandNoMoreThanItsLimit) {
    PeerTable table(2);
    EXPECT_FALSE(table.keep(at_addresses("a", {here, there, host(1)}), at(1)));
    EXPECT_TRUE(table.empty());
    EXPECT_TRUE(table.keep(at_addresses("a", {here, there}), at(1)));
    EXPECT_TRUE(table.keep(at_addresses("a", {here, there}), at(2))) << "it has them already";
    EXPECT_FALSE(table.keep(at_addresses("b", {host(1)}), at(3)));
    EXPECT_FALSE(table.find_id("b"));
}

TEST(PeerTable, KnowsAPeerAtSoManyAddressesAndForgetsTheMostSilent) {
    PeerTable table;
    constexpr int max = PeerTable::addresses_max;
    for (int i = 0; i < max; ++i) {
        table.hear(peer("a"), host(i), at(i));
    }
    table.refresh(host(0), at(max));
    table.hear(peer("a"), host(max), at(max + 1));
    const auto known = table.find_id("a")->addresses;
    EXPECT_EQ(known.size(), PeerTable::addresses_max);
    EXPECT_TRUE(known.contains(host(0)));
    EXPECT_FALSE(known.contains(host(1)));
    EXPECT_TRUE(known.contains(host(max)));
    EXPECT_EQ(table.find(host(1)), nullptr);
}

struct PeerEventsTest : testing::Test {
    PeerEventsTest() {
        table.set_observer([this](PeerEvent event, const Peer& who) {
            const char* names[] = {"joined", "changed", "left"};
            std::string line = names[static_cast<int>(event)];
            line += " " + who.id + " " + who.data;
            for (const Address& address : who.addresses) {
                line += " " + address.host();
            }
            events.push_back(line);
        });
    }
    std::vector<std::string> take() { return std::exchange(events, {}); }
    using Lines = std::vector<std::string>;

    PeerTable table;
    std::vector<std::string> events;
};

TEST_F(PeerEventsTest, TellOfWhoJoinedChangedAndLeft) {
    table.hear(peer("a"), host(1), at(1));
    EXPECT_EQ(take(), Lines{"joined a data 10.0.0.1"});
    table.hear(peer("a"), host(1), at(2));
    table.refresh(host(1), at(3));
    EXPECT_EQ(take(), Lines{});
    table.hear(peer("a", "new"), host(1), at(4));
    EXPECT_EQ(take(), Lines{"changed a new 10.0.0.1"});
    table.hear(peer("a", "new"), host(2), at(5));
    EXPECT_EQ(take(), Lines{"changed a new 10.0.0.1 10.0.0.2"});
    table.hear(peer("a", "both"), host(3), at(5));
    EXPECT_EQ(take(), Lines{"changed a both 10.0.0.1 10.0.0.2 10.0.0.3"});
    table.remove("a");
    EXPECT_EQ(take(), Lines{"left a both 10.0.0.1 10.0.0.2 10.0.0.3"});
    table.remove("a");
    EXPECT_EQ(take(), Lines{});
}

TEST_F(PeerEventsTest, TellOfPeersAddedByHand) {
    table.keep(at_addresses("a", {host(1), host(2)}), at(1));
    EXPECT_EQ(take(), Lines{"joined a data 10.0.0.1 10.0.0.2"});
    table.keep(at_addresses("a", {host(1), host(2)}), at(2));
    EXPECT_EQ(take(), Lines{});
    table.keep(at_addresses("a", {host(3)}), at(2));
    EXPECT_EQ(take(), Lines{"changed a data 10.0.0.1 10.0.0.2 10.0.0.3"});
}

TEST_F(PeerEventsTest, TellOfThoseThatFellSilent) {
    table.hear(peer("a"), host(1), at(1));
    table.hear(peer("b"), host(2), at(9));
    take();
    table.expire(at(5));
    EXPECT_EQ(take(), Lines{"left a data 10.0.0.1"});
}

TEST_F(PeerEventsTest, TellOfAddressesThatFellSilent) {
    table.hear(peer("a"), host(1), at(1));
    table.hear(peer("a"), host(2), at(9));
    take();
    table.expire(at(5));
    EXPECT_EQ(take(), Lines{"changed a data 10.0.0.2"});
}

TEST_F(PeerEventsTest, TellOfThoseThatLostAnAddress) {
    table.hear(peer("a"), host(1), at(1));
    table.hear(peer("b"), host(1), at(1));
    table.hear(peer("b"), host(2), at(1));
    take();
    table.remove_address(host(1));
    EXPECT_EQ(take(), (Lines{"left a data 10.0.0.1", "changed b data 10.0.0.2"}));
}

TEST_F(PeerEventsTest, LetTheTableBeAskedAndChangedFromWithin) {
    table.set_observer([this](PeerEvent event, const Peer& who) {
        EXPECT_EQ(table.find_id(who.id) != nullptr, event != PeerEvent::left);
        if (event == PeerEvent::joined) {
            table.remove(who.id);
        }
    });
    EXPECT_TRUE(table.hear(peer("a"), host(1), at(1)));
    EXPECT_TRUE(table.empty());
}

TEST(PeerTable, BearsMultitudesAtOneAddress) {
    PeerTable table;
    constexpr int many = 60'000;
    for (int i = 0; i < many; ++i) {
        ASSERT_TRUE(table.hear(peer(std::to_string(i)), here, at(1)));
    }
    for (int i = 0; i < many; ++i) {
        ASSERT_TRUE(table.hear(peer(std::to_string(i)), here, at(2)));
    }
    table.expire(at(3));
    EXPECT_TRUE(table.empty());
}

TEST(PeerTable, IsBoundedInBytes) {
    PeerTable table;
    const std::string data(60000, 'd');
    std::size_t kept = 0;
    for (std::uint16_t i = 0; i < 2000; ++i) {
        kept += table.hear(peer(std::to_string(i), data), here.with_port(i), at(1));
    }
    EXPECT_LE(kept * data.size(), PeerTable::bytes_max);
    EXPECT_GT(kept, 1000u);
    table.remove("0");
    EXPECT_TRUE(table.hear(peer("0", data), here.with_port(0), at(1)));
    EXPECT_FALSE(table.hear(peer("more", data), here, at(1)));
    EXPECT_TRUE(table.hear(peer("1", "shorter"), here.with_port(1), at(1)));
    EXPECT_TRUE(table.hear(peer("more", std::string(50000, 'd')), here, at(1)));
}

struct PeerHandlerTest : testing::Test {
    std::optional<OwnedMessage> handle(MessageType type, std::string_view content,
                                       bool replies = true) {
        auto management = std::make_shared<PeerManagement>(
            PeerManagement{table, environment, plugin, peer("local", "mine")});
        management->replies = replies;
        table.set_observer([this](PeerEvent event, const Peer& who) {
            if (event == PeerEvent::left) {
                left.push_back(who.id);
                EXPECT_FALSE(who.addresses.empty());
            }
        });
        return peer_handler(type, management)->call(OwnedMessage(type, "netaio", content), source);
    }
    std::string packed(const Peer& one) { return *plugin.pack(one); }

    PeerTable table;
    Environment environment = fixed_environment();
    DefaultPeer plugin;
    TestSource source{there};
    std::vector<std::string> left;
};

TEST_F(PeerHandlerTest, AnswersAnAdvertisementAndKeepsThePeer) {
    const auto answer = handle(MessageType::advertise_peer, packed(peer("a")));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->type(), MessageType::peer_discovered);
    EXPECT_EQ(answer->uri(), "netaio");
    EXPECT_EQ(answer->content(), packed(peer("local", "mine")));
    EXPECT_EQ(id_at(table, there), "a");
    EXPECT_EQ(table.find_id("a")->last_heard, environment.clock->steady_now());
}

TEST_F(PeerHandlerTest, PushesTheAnswerWhereRepliesAreNotSent) {
    EXPECT_FALSE(handle(MessageType::advertise_peer, packed(peer("a")), false));
    ASSERT_EQ(source.pushed.size(), 1u);
    EXPECT_EQ(source.pushed[0].type(), MessageType::peer_discovered);
}

TEST_F(PeerHandlerTest, KeepsADiscoveredPeerWithoutAnAnswer) {
    EXPECT_FALSE(handle(MessageType::peer_discovered, packed(peer("a"))));
    EXPECT_EQ(id_at(table, there), "a");
}

TEST_F(PeerHandlerTest, RemovesAPeerThatSaysItLeaves) {
    handle(MessageType::advertise_peer, packed(peer("a")));
    EXPECT_FALSE(handle(MessageType::disconnect, packed(peer("a"))));
    EXPECT_TRUE(table.empty());
    EXPECT_EQ(left, std::vector<std::string>{"a"});
    handle(MessageType::disconnect, packed(peer("unknown")));
    EXPECT_EQ(left.size(), 1u);
}

TEST_F(PeerHandlerTest, IgnoresItselfAndWhatIsNoPeer) {
    for (const auto type : {MessageType::advertise_peer, MessageType::peer_discovered}) {
        for (const std::string& content :
             {packed(peer("local")), std::string(), std::string("junk"), *pack(Tuple{Bytes("id")}),
              *pack(Value())}) {
            EXPECT_FALSE(handle(type, content));
        }
    }
    EXPECT_TRUE(table.empty());
    EXPECT_TRUE(source.pushed.empty());
}

TEST_F(PeerHandlerTest, DoesNotAnswerAPeerItHasNoRoomFor) {
    PeerTable full(0);
    const auto management = std::make_shared<PeerManagement>(
        PeerManagement{full, environment, plugin, peer("local", "mine")});
    const OwnedMessage message(MessageType::advertise_peer, "netaio", packed(peer("a")));
    EXPECT_FALSE(peer_handler(MessageType::advertise_peer, management)->call(message, source));
    EXPECT_TRUE(full.empty());
}

}  // namespace
}  // namespace netaio::core
