#include <gtest/gtest.h>

#include "datagram_testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;
using std::chrono::seconds;

struct DatagramPeersTest : testing::Test {
    DatagramPeersTest() {
        test.node->on_peer.left = [this](const Peer& peer) { left.push_back(peer.id); };
    }

    void manage(Plugins inner = {}) {
        test.core.peer_manager().manage({.plugins = std::move(inner)});
        test.take();
    }
    void hear(const std::string& id, const Address& from) {
        test.node->peers.hear(Peer{.id = id}, from, test.clock->steady_now());
    }
    void pass(seconds time) {
        test.clock->advance(time);
        test.core.tick();
    }

    TestDatagrams test;
    std::vector<std::string> left;
};

TEST_F(DatagramPeersTest, AdvertiseToTheGroupAndAnswerTheSender) {
    test.core.peer_manager().manage({});
    auto sent = test.take();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_TRUE(sent[0].to_group);
    EXPECT_EQ(sent[0].type(), MessageType::advertise_peer);
    test.receive(test.peer_says(MessageType::advertise_peer, "a"), there);
    EXPECT_TRUE(test.knows("a"));
    sent = test.take();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].to, there);
    EXPECT_EQ(sent[0].type(), MessageType::peer_discovered);
    test.receive(test.peer_says(MessageType::peer_discovered, "b"), elsewhere);
    EXPECT_TRUE(test.knows("b"));
    EXPECT_TRUE(test.take().empty());
}

TEST_F(DatagramPeersTest, DoNotIncludeTheNodeItself) {
    manage();
    for (const auto type :
         {MessageType::advertise_peer, MessageType::peer_discovered, MessageType::disconnect}) {
        test.receive(test.peer_says(type, "local"), there);
    }
    EXPECT_TRUE(test.node->peers.empty());
    EXPECT_TRUE(test.logged("another node has the id of this one"));
    EXPECT_TRUE(test.take().empty());
}

TEST_F(DatagramPeersTest, AreNotWithdrawnFromElsewhere) {
    manage();
    test.receive(test.peer_says(MessageType::advertise_peer, "a"), there);
    test.receive(test.peer_says(MessageType::disconnect, "a"), elsewhere);
    test.receive(test.peer_says(MessageType::disconnect, "a"), *Address::parse(there.host(), 4001));
    EXPECT_TRUE(test.knows("a"));
    test.receive(test.peer_says(MessageType::disconnect, "a"), there);
    EXPECT_FALSE(test.knows("a"));
    EXPECT_EQ(left, std::vector<std::string>{"a"});
}

TEST_F(DatagramPeersTest, AreNotWithdrawnByWhoDoesNotKnowTheSecret) {
    manage(hmac("secret"));
    test.receive(test.peer_says(MessageType::advertise_peer, "a"), there, hmac("secret"));
    ASSERT_TRUE(test.knows("a"));
    const auto withdraw = [&](const Plugins& inner) {
        test.receive(test.peer_says(MessageType::disconnect, "a"), there, inner);
    };
    withdraw({});
    withdraw(hmac("wrong"));
    withdraw(hmac("secret", "other_field"));
    std::string bytes = test.frame(test.peer_says(MessageType::disconnect, "a"), hmac("secret"));
    test.receive(with_bad_checksum(bytes), there);
    EXPECT_TRUE(test.knows("a"));
    EXPECT_EQ(test.core.tallies().rejected_auth.get(), 3u);
    withdraw(hmac("secret"));
    EXPECT_FALSE(test.knows("a"));
}

TEST_F(DatagramPeersTest, AreNotKeptByWhoDoesNotKnowTheSecret) {
    manage(hmac("secret"));
    test.receive(test.peer_says(MessageType::advertise_peer, "a"), there, hmac("secret"));
    for (int i = 0; i < 14; ++i) {
        pass(seconds(5));
        test.receive(test.peer_says(MessageType::advertise_peer, "a"), there, hmac("wrong"));
        test.receive(test.peer_says(MessageType::disconnect, "a"), there);
    }
    EXPECT_FALSE(test.knows("a")) << "messages that failed authentication do not refresh";
}

TEST_F(DatagramPeersTest, AreRefreshedByAnyMessageThatIsBelieved) {
    test.node->outer = hmac("outer");
    manage();
    test.receive(test.peer_says(MessageType::advertise_peer, "a"), there);
    for (int i = 0; i < 14; ++i) {
        pass(seconds(5));
        test.receive(publish("nobody", "cares"), there);
    }
    EXPECT_TRUE(test.knows("a"));
    for (int i = 0; i < 14; ++i) {
        pass(seconds(5));
        test.receive(test.frame(publish("nobody", "believes")), there);
    }
    EXPECT_FALSE(test.knows("a"));
}

TEST_F(DatagramPeersTest, AreBounded) {
    test.node->peers.set_peers_max(3);
    manage();
    for (int i = 0; i < 10; ++i) {
        test.receive(test.peer_says(MessageType::advertise_peer, std::to_string(i)), host(i));
    }
    EXPECT_EQ(test.node->peers.all().size(), 3u);
    EXPECT_EQ(test.take().size(), 3u) << "who is not kept is not answered";
    pass(seconds(66));
    EXPECT_TRUE(test.node->peers.empty());
}

TEST_F(DatagramPeersTest, AreBoundedForEachHostWhereThePluginsOfNowVouchForNobody) {
    test.node->peers.set_host_max(1);
    test.core.peer_manager().manage({});
    const auto comes = [this](const char* id, std::uint16_t port) {
        test.receive(test.peer_says(MessageType::advertise_peer, id), host(1, port));
        return test.knows(id);
    };
    EXPECT_TRUE(comes("a", 1));
    EXPECT_FALSE(comes("b", 2));
    test.node->outer = hmac("secret");
    EXPECT_TRUE(comes("b", 2));
    test.node->outer = Plugins{};
    EXPECT_FALSE(comes("c", 3));
}

TEST_F(DatagramPeersTest, LoseTheirSubscriptionsWhenTheyLeave) {
    manage();
    for (const Address& from : {there, here}) {
        hear("a", from);
        EXPECT_FALSE(test.core.subscribe("key", from));
    }
    hear("b", elsewhere);
    EXPECT_FALSE(test.core.subscribe("key", elsewhere));
    test.receive(test.peer_says(MessageType::disconnect, "a"), here);
    EXPECT_EQ(test.core.subscriber_count("key"), 1u);
    pass(seconds(66));
    EXPECT_EQ(test.core.subscriber_count("key"), 0u);
}

TEST_F(DatagramPeersTest, LoseTheSubscriptionsOfAddressesTheyLeft) {
    manage();
    hear("a", there);
    EXPECT_FALSE(test.core.subscribe("key", there));
    for (int i = 0; i < 14; ++i) {
        hear("a", elsewhere);
        pass(seconds(5));
    }
    ASSERT_TRUE(test.knows("a"));
    EXPECT_EQ(test.core.subscriber_count("key"), 0u);
}

TEST_F(DatagramPeersTest, KeepTheSubscriptionsOfAnAddressThatAnotherStillHas) {
    hear("a", there);
    hear("b", there);
    EXPECT_FALSE(test.core.subscribe("key", there));
    test.node->peers.remove("a");
    EXPECT_EQ(test.core.subscriber_count("key"), 1u);
    test.node->peers.remove("b");
    EXPECT_EQ(test.core.subscriber_count("key"), 0u);
}

TEST_F(DatagramPeersTest, MayThrowInTheirCallbacks) {
    test.node->on_peer.joined = [](const Peer&) { throw 1; };
    manage();
    test.receive(test.peer_says(MessageType::advertise_peer, "a"), there);
    EXPECT_EQ(test.take().size(), 1u);
    EXPECT_TRUE(test.logged("a peer callback threw"));
}

TEST_F(DatagramPeersTest, AreToldOnceWhereverTheySubscribed) {
    hear("a", there);
    hear("a", here);
    for (const Address& from : {here, there, elsewhere}) {
        test.core.subscribe("key", from);
    }
    EXPECT_FALSE(test.core.notify("key", notify("key", "news"), {}, {}));
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_EQ(sent[1].to, elsewhere);
    EXPECT_FALSE(test.core.notify("nobody's", notify("key", "news"), {}, {}));
    EXPECT_TRUE(test.take().empty());
}

TEST_F(DatagramPeersTest, AreEachReachedOnceWhereTheyWereHeardLast) {
    hear("a", here);
    hear("a", there);
    hear("b", elsewhere);
    EXPECT_FALSE(test.core.broadcast(notify("uri", "news"), {}, {}));
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_EQ(sent[0].to, there);
    EXPECT_EQ(sent[1].to, elsewhere);
    EXPECT_EQ(sent[0].bytes, sent[1].bytes);
    EXPECT_EQ(test.core.tallies().frames_out.get(), 2u);
}

// Counts for whom it was run.
class CountingAuth final : public AuthPlugin {
public:
    explicit CountingAuth(bool peer_specific) : peer_specific_(peer_specific) {}

    std::error_code make(AuthFields&, ByteView, const PluginContext& context) const override {
        const std::string id = context.peer ? context.peer->id : "";
        made.push_back(id);
        return id == refused ? Errc::auth_not_possible : std::error_code();
    }
    bool check(const AuthFields&, ByteView, const PluginContext&) const override { return true; }
    bool is_peer_specific() const noexcept override { return peer_specific_; }

    mutable std::vector<std::string> made;
    std::string refused = "none";

private:
    bool peer_specific_;
};

struct PluginsForManyTest : DatagramPeersTest {
    PluginsForManyTest() {
        hear("a", here);
        hear("b", there);
        for (const Address& one : {here, there, elsewhere}) {
            test.core.subscribe("key", one);
        }
    }
};

TEST_F(PluginsForManyTest, AreRunForEachRecipientWhenTheyArePeerSpecific) {
    const auto plugin = std::make_shared<CountingAuth>(true);
    for (const bool inside : {true, false}) {
        plugin->made.clear();
        const Plugins inner = inside ? Plugins{.auth = plugin} : Plugins();
        const Plugins outer = inside ? Plugins() : Plugins{.auth = plugin};
        EXPECT_FALSE(test.core.broadcast(notify("uri", "news"), inner, outer));
        EXPECT_EQ(plugin->made, (std::vector<std::string>{"a", "b"}));
        EXPECT_FALSE(test.core.notify("key", notify("uri", "news"), inner, outer));
        EXPECT_EQ(plugin->made, (std::vector<std::string>{"a", "b", "a", "b", ""}));
        EXPECT_EQ(test.take().size(), 5u);
    }
}

TEST_F(PluginsForManyTest, AreRunOnceForAllWhenTheyAreNot) {
    const auto plugin = std::make_shared<CountingAuth>(false);
    EXPECT_FALSE(test.core.broadcast(notify("uri", "news"), {.auth = plugin}, {}));
    EXPECT_FALSE(test.core.notify("key", notify("uri", "news"), {}, {.auth = plugin}));
    EXPECT_FALSE(test.core.multicast(notify("uri", "news"), {}, {.auth = plugin}));
    EXPECT_EQ(plugin->made, (std::vector<std::string>{"", "", ""}));
    EXPECT_EQ(test.take().size(), 6u);
}

TEST_F(PluginsForManyTest, LeaveOutWhoTheyCannotBeRunFor) {
    const auto plugin = std::make_shared<CountingAuth>(true);
    plugin->refused = "a";
    EXPECT_EQ(test.core.broadcast(notify("uri", "news"), {.auth = plugin}, {}),
              Errc::auth_not_possible);
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].to, there);
}

TEST_F(PluginsForManyTest, SendNothingWhenTheOneRunFails) {
    const auto plugin = std::make_shared<CountingAuth>(false);
    plugin->refused = "";
    EXPECT_EQ(test.core.broadcast(notify("uri", "news"), {.auth = plugin}, {}),
              Errc::auth_not_possible);
    EXPECT_TRUE(test.take().empty());
}

TEST_F(PluginsForManyTest, AreToldWhoIsAddressed) {
    const auto plugin = std::make_shared<CountingAuth>(true);
    EXPECT_FALSE(test.core.send(there, notify("uri", "news"), {.auth = plugin}, {}));
    EXPECT_FALSE(test.core.send(elsewhere, notify("uri", "news"), {.auth = plugin}, {}));
    EXPECT_EQ(plugin->made, (std::vector<std::string>{"b", ""}));
}

}  // namespace
}  // namespace netaio::core
