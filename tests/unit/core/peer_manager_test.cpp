#include "core/peer_manager.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "datagram_testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct PeerManagerTest : testing::Test {
    PeerManagerTest() { node.environment.clock = clock; }

    struct Announced {
        MessageType type;
        std::string app_id;
        Plugins inner;
    };
    std::vector<Announced> take() { return std::exchange(announced, {}); }
    // Moves time to when the manager wants it, again and again, for so long; counts what it says.
    std::size_t run_for(milliseconds time) {
        const auto end = clock->steady_now() + time;
        while (manager.next() && *manager.next() <= end) {
            EXPECT_GE(*manager.next(), clock->steady_now()) << "it would never stop";
            clock->advance(
                std::chrono::duration_cast<milliseconds>(*manager.next() - clock->steady_now()));
            manager.tick();
        }
        clock->advance(std::chrono::duration_cast<milliseconds>(end - clock->steady_now()));
        return take().size();
    }
    bool handles(MessageType type, ByteView app_id) {
        RouteReader reader(node.router);
        std::shared_ptr<const Route> taken;
        return reader.find({KeyView{type, app_id}}, taken);
    }

    std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>();
    TestNode bed{Role::node};
    Node& node = bed.node;
    std::vector<Announced> announced;
    PeerManager manager{node, [this](OwnedMessage message, const Plugins& inner) {
                            announced.push_back({message.type(), message.uri().str(), inner});
                        }};
};

struct ManagedPeersTest : PeerManagerTest {
    ManagedPeersTest() {
        node.local_peer = Peer{.id = "local"};
        node.peer_plugin = std::make_shared<DefaultPeer>();
    }
};

TEST_F(PeerManagerTest, NeedsAnIdentity) {
    const auto refused = [this] { EXPECT_THROW(PeerManager::check(node, {}), std::logic_error); };
    refused();
    node.peer_plugin = std::make_shared<DefaultPeer>();
    node.local_peer = Peer{};
    refused();
    node.local_peer->id = "local";
    node.peer_plugin = nullptr;
    refused();
}

TEST_F(ManagedPeersTest, RefusesTimesThatMakeNoSense) {
    for (const auto& [every, timeout] : {std::pair{0, 60}, {-1, 60}, {20, 19}}) {
        EXPECT_THROW(PeerManager::check(node, {.advertise_every = seconds(every),
                                               .peer_timeout = seconds(timeout)}),
                     std::invalid_argument);
    }
    EXPECT_NO_THROW(PeerManager::check(node, {}));
}

TEST_F(ManagedPeersTest, TakesTheLongestTimesAsGoodAsForEver) {
    manager.manage({.advertise_every = milliseconds::max(), .peer_timeout = milliseconds::max()});
    EXPECT_TRUE(node.peers.hear(Peer{.id = "other"}, Address(), clock->steady_now()));
    EXPECT_EQ(run_for(std::chrono::minutes(1)), 1u);  // at once, and not again
    EXPECT_FALSE(node.peers.all().empty());
}

TEST_F(ManagedPeersTest, RefusesACipherThatHidesTheAppId) {
    EXPECT_THROW(PeerManager::check(node, {.plugins = hmac_and_cipher("secret")}),
                 std::invalid_argument);
    EXPECT_NO_THROW(PeerManager::check(node, {.plugins = hmac_and_cipher("secret", false)}));
}

TEST_F(ManagedPeersTest, AdvertisesAtOnceAndListens) {
    const Plugins inner = hmac("inner");
    manager.manage({.app_id = "app", .plugins = inner});
    const auto said = take();
    ASSERT_EQ(said.size(), 1u);
    EXPECT_EQ(said[0].type, MessageType::advertise_peer);
    EXPECT_EQ(said[0].app_id, "app");
    EXPECT_EQ(said[0].inner.auth, inner.auth);
    for (const auto type :
         {MessageType::advertise_peer, MessageType::peer_discovered, MessageType::disconnect}) {
        EXPECT_TRUE(handles(type, "app"));
        EXPECT_FALSE(handles(type, "netaio"));
    }
}

TEST_F(ManagedPeersTest, AdvertisesEveryIntervalGiveOrTakeATenth) {
    manager.manage({});
    take();
    EXPECT_EQ(run_for(milliseconds(17'999)), 0u);
    EXPECT_EQ(run_for(milliseconds(4'001)), 1u);
    const auto said = run_for(seconds(2000));
    EXPECT_GE(said, 90u);
    EXPECT_LE(said, 112u);
}

TEST_F(ManagedPeersTest, SpreadsItsAdvertisements) {
    manager.manage({});
    std::set<std::int64_t> intervals;
    for (int i = 0; i < 20; ++i) {
        take();
        const auto before = clock->steady_now();
        while (announced.empty()) {
            clock->advance(milliseconds(1));
            manager.tick();
        }
        const auto passed = clock->steady_now() - before;
        EXPECT_GE(passed, seconds(18));
        EXPECT_LE(passed, seconds(22));
        intervals.insert(passed / milliseconds(1));
    }
    EXPECT_GT(intervals.size(), 10u);
}

TEST_F(ManagedPeersTest, CatchesUpWithLostTimeOnce) {
    manager.manage({});
    take();
    clock->advance(seconds(1000));
    manager.tick();
    manager.tick();
    EXPECT_EQ(take().size(), 1u);
    EXPECT_GT(*manager.next(), clock->steady_now());
}

TEST_F(ManagedPeersTest, AdvertisesNowWhenToldTo) {
    manager.manage({.app_id = "a"});
    manager.manage({.app_id = "b"});
    take();
    EXPECT_EQ(run_for(seconds(17)), 0u);
    manager.advertise();
    EXPECT_EQ(take().size(), 2u);
    EXPECT_EQ(run_for(milliseconds(17'999)), 0u) << "the interval begins anew";
}

TEST_F(ManagedPeersTest, ForgetsSilentPeers) {
    manager.manage({});
    node.peers.hear(Peer{.id = "a"}, there, clock->steady_now());
    run_for(seconds(60));
    EXPECT_TRUE(node.peers.find_id("a"));
    run_for(seconds(6));
    EXPECT_FALSE(node.peers.find_id("a"));
}

TEST_F(ManagedPeersTest, ForgetsPeersByTheLongestTimeout) {
    manager.manage({.app_id = "a", .advertise_every = seconds(1), .peer_timeout = seconds(2)});
    manager.manage({.app_id = "b"});
    node.peers.hear(Peer{.id = "a"}, there, clock->steady_now());
    run_for(seconds(50));
    EXPECT_TRUE(node.peers.find_id("a"));
    manager.stop("b");
    run_for(seconds(6));
    EXPECT_FALSE(node.peers.find_id("a"));
}

TEST_F(ManagedPeersTest, WithdrawsOnStopping) {
    manager.manage({.app_id = "a"});
    manager.manage({.app_id = "b", .plugins = hmac("b")});
    take();
    EXPECT_FALSE(manager.stop("c"));
    EXPECT_TRUE(manager.stop("b"));
    auto said = take();
    ASSERT_EQ(said.size(), 1u);
    EXPECT_EQ(said[0].type, MessageType::disconnect);
    EXPECT_EQ(said[0].app_id, "b");
    EXPECT_TRUE(said[0].inner.auth);
    EXPECT_FALSE(handles(MessageType::advertise_peer, "b"));
    EXPECT_TRUE(handles(MessageType::advertise_peer, "a"));
    EXPECT_FALSE(manager.stop("b"));
    manager.stop_all();
    said = take();
    ASSERT_EQ(said.size(), 1u);
    EXPECT_EQ(said[0].app_id, "a");
    EXPECT_FALSE(manager.next());
    EXPECT_EQ(run_for(seconds(100)), 0u);
}

TEST_F(ManagedPeersTest, ReplacesHowAnAppIsManaged) {
    manager.manage({});
    manager.manage({.advertise_every = seconds(1), .peer_timeout = seconds(3)});
    take();
    EXPECT_GE(run_for(seconds(20)), 18u);
    EXPECT_TRUE(manager.stop("netaio"));
    EXPECT_FALSE(manager.next());
}

TEST_F(ManagedPeersTest, GivesTheMessagesOfAllApps) {
    manager.manage({.app_id = "a"});
    manager.manage({.app_id = "b", .plugins = hmac("b")});
    const auto all = manager.messages(MessageType::advertise_peer);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].first.uri(), "a");
    EXPECT_EQ(all[1].first.uri(), "b");
    EXPECT_TRUE(all[1].second.auth);
    EXPECT_EQ(node.peer_plugin->unpack(all[0].first.content())->id, "local");
}

TEST_F(ManagedPeersTest, SaysNothingThatIsTooLongAndLogsIt) {
    node.local_peer->data = std::string(70'000, 'x');
    manager.manage({});
    EXPECT_TRUE(announced.empty());
    EXPECT_TRUE(bed.logged("the local peer cannot be packed"));
}

struct ManagingServerTest : ManagedPeersTest {
    ManagingServerTest() { node.role = Role::server; }
};

TEST_F(ManagingServerTest, AdvertisesOnlyWhenItBegins) {
    manager.manage({});
    EXPECT_EQ(take().size(), 1u);
    EXPECT_EQ(run_for(seconds(100)), 0u);
    manager.stop_all();
    EXPECT_EQ(take().size(), 1u);
}

}  // namespace
}  // namespace netaio::core
