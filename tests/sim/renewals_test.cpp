#include <gtest/gtest.h>

#include <netaio/make.hpp>

#include "scenario.hpp"

namespace netaio::sim {
namespace {

constexpr Quality lossy{.loss = 0.3, .delay_min = 0ms, .delay_max = 200ms};

// One node that many are introduced to, and subscribed at, where no group reaches it.
class Staying {
public:
    explicit Staying(std::uint64_t seed, int guests = 3, const Quality& quality = lossy)
        : run(seed, seed % 2 == 0 ? Trust::all : Trust::none),
          network(run.network(quality)),
          house(run.host({&network})) {
        network.carries_groups = false;
        run.node(house);
        for (int i = 0; i < guests; ++i) {
            begin(run.host({&network}));
        }
    }

    // A guest, or another one in its place.
    void begin(Host& host) {
        SimNode& guest = run.node(host);
        const Address to = host.address_of(here());
        run.world.after(0ms, [&guest, to] {
            guest.use([&](core::DatagramNode& core) { EXPECT_FALSE(core.keep_introduced(to)); });
            guest.subscribe(to);
        });
    }
    SimNode& here() { return *house.nodes().back(); }
    std::vector<SimNode*> guests() {
        std::vector<SimNode*> all;
        for (SimNode* node : run.members()) {
            if (&node->host() != &house) {
                all.push_back(node);
            }
        }
        return all;
    }

    void expect_all_are_there() {
        std::set<std::string> ids;
        for (const SimNode* guest : guests()) {
            ids.insert(guest->id());
            EXPECT_TRUE(guest->knows(here())) << guest->id();
        }
        EXPECT_EQ(here().peer_ids(), ids);
        EXPECT_EQ(here().subscribers(), ids.size());
        here().use([](core::DatagramNode& core) {
            EXPECT_FALSE(core.notify("topic", notify("topic", "news"), {}, core.node().outer));
        });
        run.run_for(1s);
        for (SimNode* guest : guests()) {
            EXPECT_EQ(guest->notified["news"], 1) << guest->id();
        }
    }
    // Nothing gets lost any more, and what was lost is made up for.
    void settle(Duration time = 135s + 31s) {
        network.quality = {};
        for (Host& host : run.hosts) {
            host.set_up(true);
        }
        run.run_for(time);
    }

    Scenario run;
    Network& network;
    Host& house;
};

TEST(SimRenewals, WhoIsIntroducedAndSubscribedStaysSoWhereEveryThirdDatagramIsLost) {
    for_each_seed(500, [](std::uint64_t seed) {
        Staying test(seed);
        test.run.run_for(60s);
        int looks = 0;
        int known = 0;
        for (int i = 0; i < 60; ++i) {
            test.run.run_for(60s);
            for (const SimNode* guest : test.guests()) {
                ++looks;
                known += guest->knows(test.here()) && test.here().knows(*guest);
            }
        }
        EXPECT_GE(known, looks * 95 / 100);
        test.settle();
        test.expect_all_are_there();
        test.run.check();
    });
}

TEST(SimRenewals, ANodeThatStartsAnewIsKnownAndSubscribedAtAgain) {
    for_each_seed(500, [](std::uint64_t seed) {
        Staying test(seed);
        SeededRandom& dice = test.run.world.dice();
        for (int i = 0; i < 5; ++i) {
            test.run.run_for(dice.between(Duration(1s), Duration(10min)));
            dice.chance(0.5) ? test.here().leave() : test.here().die();
            test.run.run_for(dice.between(Duration(0), Duration(10min)));
            test.run.node(test.house);
            test.run.run_for(1s);
        }
        test.settle();
        test.expect_all_are_there();
        test.run.check();
    });
}

TEST(SimRenewals, OneThatKeepsItsIdIsSubscribedAtAgainWithTheNextRenewal) {
    for_each_seed(500, [](std::uint64_t seed) {
        Staying test(seed, 3, overtaking);
        test.run.run_for(300s);
        const std::string id = test.here().id();
        NodeOptions same;
        same.id = id;
        same.outer = test.here().options().outer;
        same.management = test.here().options().management;
        test.here().die();
        test.house.start(same).join();
        EXPECT_EQ(test.here().subscribers(), 0u);
        test.run.run_for(135s);
        test.expect_all_are_there();
        test.run.check();
    });
}

TEST(SimRenewals, WhoStartsAnewAtTheSameAddressIsThereAgain) {
    for_each_seed(500, [](std::uint64_t seed) {
        Staying test(seed);
        SeededRandom& dice = test.run.world.dice();
        for (int i = 0; i < 10; ++i) {
            test.run.run_for(dice.between(Duration(1s), Duration(200s)));
            const auto guests = test.guests();
            SimNode& guest =
                *guests[dice.between(0u, static_cast<std::uint32_t>(guests.size()) - 1)];
            guest.die();
            test.run.run_for(dice.between(Duration(0), Duration(100s)));
            test.begin(guest.host());
            test.run.run_for(1s);
        }
        test.settle();
        test.expect_all_are_there();
        test.run.check();
    });
}

TEST(SimRenewals, WhoWasCutOffIsThereAgain) {
    for_each_seed(500, [](std::uint64_t seed) {
        Staying test(seed);
        SeededRandom& dice = test.run.world.dice();
        for (int i = 0; i < 10; ++i) {
            test.run.run_for(dice.between(Duration(1s), Duration(200s)));
            Host& host = test.run.hosts[dice.between(0u, 3u)];
            host.set_up(!host.links().front()->up);
        }
        test.settle();
        test.expect_all_are_there();
        test.run.check();
    });
}

TEST(SimRenewals, NobodyIsFloodedInAnHour) {
    for_each_seed(200, [](std::uint64_t seed) {
        constexpr auto hour = 3600s;
        Staying test(seed, 1, overtaking);
        test.run.run_for(300s);
        auto before = test.run.sent();
        test.run.run_for(hour);
        // Both advertise to the group; the guest introduces itself and subscribes, and is answered.
        const std::uint64_t advertised = 2 * (hour / 18s + 1);
        EXPECT_LE(test.run.sent() - before,
                  advertised + 2 * (hour / 18s + 1) + 2 * (hour / 108s + 1));
        test.here().die();
        before = test.run.sent();
        test.run.run_for(hour);
        const std::uint64_t asked = hour / 21s + 10;
        EXPECT_LE(test.run.sent() - before, hour / 18s + 1 + 2 * asked);
        EXPECT_GE(test.run.sent() - before, hour / 22s + 2 * (hour / 30s));
        test.run.check();
    });
}

}  // namespace
}  // namespace netaio::sim
