#include <gtest/gtest.h>

#include <netaio/make.hpp>

#include "scenario.hpp"

namespace netaio::sim {
namespace {

constexpr Trust kinds_of_trust[] = {Trust::none, Trust::management, Trust::all};

Trust trust_of(std::uint64_t seed) {
    return kinds_of_trust[seed % 3];
}

// From here on nothing overtakes a goodbye, which would make its sender known again for a while.
void settle(Scenario& run, std::initializer_list<Network*> networks) {
    for (Network* network : networks) {
        network->quality = {};
    }
    run.run_for(1s);
}

TEST(SimPeers, ThreeHostsDiscoverEachOther) {
    for_each_seed(2000, [](std::uint64_t seed) {
        Scenario run(seed, trust_of(seed));
        Network& network = run.network(overtaking);
        for (int i = 0; i < 3; ++i) {
            run.node({&network});
        }
        run.run_for(1s);
        run.expect_all_know_all();
        EXPECT_EQ(run.sent(), 3u + 6u) << "each advertises once, and is answered by two";
        run.run_for(300s);
        run.expect_all_know_all();
        for (const SimNode* node : run.members()) {
            for (const auto& [id, times] : node->seen) {
                EXPECT_EQ(times, 1) << "nobody ever left";
            }
        }
        run.check();
    });
}

TEST(SimPeers, AHostOnTwoNetworksKnowsBothAndBridgesNeither) {
    for_each_seed(1000, [](std::uint64_t seed) {
        Scenario run(seed, trust_of(seed));
        Network& left = run.network(overtaking);
        Network& right = run.network(overtaking);
        SimNode& a = run.node({&left});
        SimNode& middle = run.node({&left, &right});
        SimNode& b = run.node({&right});
        run.run_for(200s);
        run.expect_all_know_all();
        EXPECT_EQ(middle.peer_ids().size(), 2u);
        EXPECT_FALSE(a.knows(b));
        EXPECT_FALSE(b.knows(a));
        middle.use([](core::DatagramNode& core) {
            EXPECT_FALSE(core.broadcast(notify("uri", "both"), {}, {}));
        });
        settle(run, {&left, &right});
        middle.leave();
        run.run_for(1s);
        EXPECT_TRUE(a.peer_ids().empty());
        EXPECT_TRUE(b.peer_ids().empty());
        run.check();
    });
}

TEST(SimPeers, APeerThatSaysGoodbyeIsGoneAndOneThatIsCutOffTimesOut) {
    for_each_seed(1000, [](std::uint64_t seed) {
        Scenario run(seed, trust_of(seed));
        Network& network = run.network(overtaking);
        SimNode& stays = run.node({&network});
        SimNode& polite = run.node({&network});
        SimNode& cut = run.node({&network});
        run.run_for(run.world.dice().between(Duration(30s), Duration(60s)));
        settle(run, {&network});
        cut.host().set_up(false);
        polite.leave();
        run.run_for(1s);
        EXPECT_FALSE(stays.knows(polite));
        EXPECT_TRUE(stays.knows(cut));
        // It was heard at most an advertisement's interval before.
        run.run_for(60s - 22s - 1s - 1s);
        EXPECT_TRUE(stays.knows(cut));
        run.run_for(22s + 5s + 2s);
        EXPECT_FALSE(stays.knows(cut));
        EXPECT_TRUE(cut.peer_ids().empty());
        cut.host().set_up(true);
        run.run_for(23s);
        run.expect_all_know_all();
        run.check();
    });
}

TEST(SimPeers, FindEachOtherWhereEveryFifthDatagramIsLost) {
    for_each_seed(1000, [](std::uint64_t seed) {
        Scenario run(seed, trust_of(seed));
        Network& network = run.network({.loss = 0.2, .delay_min = 0ms, .delay_max = 200ms});
        for (int i = 0; i < 4; ++i) {
            run.node({&network});
        }
        run.run_for(300s);
        for (const SimNode* node : run.members()) {
            EXPECT_EQ(node->seen.size(), 3u) << node->id() << " never saw one of the others";
            for (const auto& [id, times] : node->seen) {
                EXPECT_LE(times, 3) << node->id() << " keeps losing " << id;
            }
        }
        run.calm_down();
        run.expect_all_know_all();
        run.check();
    });
}

TEST(SimPeers, ALateJoinerIsKnownAndKnowsAllAtOnce) {
    for_each_seed(1000, [](std::uint64_t seed) {
        Scenario run(seed, trust_of(seed));
        Network& network = run.network(overtaking);
        for (int i = 0; i < 4; ++i) {
            run.node({&network});
        }
        run.run_for(run.world.dice().between(Duration(1s), Duration(100s)));
        SimNode& late = run.node({&network});
        run.run_for(1s);
        EXPECT_EQ(late.peer_ids().size(), 4u);
        run.expect_all_know_all();
        run.check();
    });
}

TEST(SimPeers, TwoNodesOnOneHostKnowEachOtherAndAreBothKnown) {
    for_each_seed(1000, [](std::uint64_t seed) {
        Scenario run(seed, trust_of(seed));
        Network& network = run.network(overtaking);
        Host& shared = run.host({&network});
        SimNode& one = run.node(shared);
        SimNode& two = run.node(shared);
        SimNode& far = run.node({&network});
        run.run_for(23s);
        run.expect_all_know_all();
        EXPECT_EQ(far.peer_ids(), (std::set{one.id(), two.id()}));
        one.leave();
        run.run_for(1s);
        EXPECT_FALSE(far.knows(one));
        EXPECT_FALSE(two.knows(one));
        EXPECT_TRUE(far.knows(two));
        run.check();
    });
}

TEST(SimPeers, APartitionHeals) {
    for_each_seed(1000, [](std::uint64_t seed) {
        Scenario run(seed, trust_of(seed));
        Network& network = run.network(overtaking);
        for (int i = 0; i < 5; ++i) {
            run.node({&network});
        }
        run.run_for(1s);
        network.partition(3);
        run.run_for(60s + 5s + 1s);
        for (const SimNode* node : run.members()) {
            for (const SimNode* other : run.members()) {
                const bool together = node != other && network.reaches(*node->host().links()[0],
                                                                       *other->host().links()[0]);
                EXPECT_EQ(node->knows(*other), together) << node->id() << " " << other->id();
            }
        }
        network.partition(1);
        run.run_for(23s);
        run.expect_all_know_all();
        run.check();
    });
}

TEST(SimPeers, FiftyNodesSettleWithoutAStorm) {
    for_each_seed(20, [](std::uint64_t seed) {
        Scenario run(seed);
        Network& network = run.network(overtaking);
        constexpr std::uint64_t count = 50;
        for (std::uint64_t i = 0; i < count; ++i) {
            run.node_later(run.host({&network}),
                           run.world.dice().between(Duration(0), Duration(3s)));
        }
        run.run_for(4s);
        run.expect_all_know_all();
        // Each advertises once, and is answered by those there.
        EXPECT_LE(run.sent(), count + count * (count - 1));
        constexpr auto time = 120s;
        const auto before = run.sent();
        run.run_for(time);
        run.expect_all_know_all();
        // Advertisements are 18 s apart at least; each has an answer from each of the others, and
        // no answer has one.
        const std::uint64_t advertisements = count * (time / 18s + 1);
        EXPECT_LE(run.sent() - before, advertisements * count);
        EXPECT_GE(run.sent() - before, count * (time / 22s) * count);
        run.check();
    });
}

}  // namespace
}  // namespace netaio::sim
