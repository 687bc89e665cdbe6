#include <gtest/gtest.h>

#include <netaio/make.hpp>

#include "scenario.hpp"

namespace netaio::sim {
namespace {

using std::chrono::seconds;

seconds some_seconds(SeededRandom& dice, int low, int high) {
    return seconds(low) + seconds(dice.between(0u, static_cast<std::uint32_t>(high - low)));
}

void broadcast(SimNode& node, const std::string& content) {
    node.use([&](core::DatagramNode& core) {
        EXPECT_FALSE(core.broadcast(notify("uri", content), {}, core.node().outer));
    });
}

// Two networks that all hosts are on, so that what goes to all comes twice.
TEST(SimFreshness, ClocksThatDifferAndDriftALittleHinderNobody) {
    for_each_seed(500, [](std::uint64_t seed) {
        Scenario run(seed, Trust::fresh);
        SeededRandom& dice = run.world.dice();
        Quality quality = overtaking;
        quality.duplicate = 0.3;
        Network& first = run.network(quality);
        Network& second = run.network(quality);
        for (int i = 0; i < 3; ++i) {
            SimNode& node = run.node({&first, &second});
            Scenario::clock_of(node).set(some_seconds(dice, -4, 4), 1e-4 * dice.between(0u, 30u));
        }
        run.run_for(2s);
        run.expect_all_know_all();
        run.run_for(200s);
        run.expect_all_know_all();
        const auto members = run.members();
        for (SimNode* node : members) {
            broadcast(*node, "from " + node->id());
            for (SimNode* other : members) {
                if (other != node) {
                    node->ask(node->host().address_of(*other), MessageType::request_uri, "x", 1,
                              2s);
                }
            }
        }
        run.run_for(3s);
        for (SimNode* node : members) {
            EXPECT_EQ(node->answered, 2);
            EXPECT_EQ(node->notified.size(), 2u);
            for (const auto& [content, times] : node->notified) {
                EXPECT_EQ(times, 1) << content << ", though datagrams come twice";
            }
            EXPECT_GT(node->tallies().dropped_copies.get(), 0u);
            EXPECT_EQ(node->tallies().rejected_stale.get(), 0u);
            EXPECT_EQ(node->tallies().rejected_replayed.get(), 0u);
        }
        run.check();
    });
}

TEST(SimFreshness, WhoseClockIsFarOffIsRefusedUntilItIsSet) {
    for_each_seed(500, [](std::uint64_t seed) {
        Scenario run(seed, Trust::fresh);
        Network& network = run.network(overtaking);
        SimNode& a = run.node({&network});
        SimNode& b = run.node({&network});
        SimNode& wrong = run.node({&network});
        const bool ahead = run.world.dice().chance(0.5);
        Scenario::clock_of(wrong).set(seconds(ahead ? 400 : -400));
        run.run_for(100s);
        EXPECT_TRUE(a.knows(b) && b.knows(a));
        EXPECT_FALSE(a.knows(wrong) || wrong.knows(a));
        EXPECT_GT(a.tallies().rejected_stale.get(), 0u);
        Scenario::clock_of(wrong).set(seconds(0));
        run.run_for(25s);
        run.expect_all_know_all();
        run.check();
    });
}

// Somebody records what goes around and sends it again, while clocks jump back and forth.
TEST(SimFreshness, NothingPassesTwiceWhateverClocksDo) {
    for_each_seed(1000, [](std::uint64_t seed) {
        Scenario run(seed, Trust::fresh);
        SeededRandom& dice = run.world.dice();
        Network& network =
            run.network({.loss = 0.1, .duplicate = 0.2, .delay_min = 0ms, .delay_max = 2000ms});
        for (int i = 0; i < 4; ++i) {
            run.node({&network});
        }
        run.run_for(5s);
        const auto nodes = run.members();
        const auto some = [&] { return nodes[dice.between(0u, 3u)]; };
        std::vector<std::string> recorded;
        for (int i = 0; i < 300; ++i) {
            run.run_for(dice.between(Duration(0), Duration(4000)));
            switch (dice.between(0u, 7u)) {
                case 0:
                    Scenario::clock_of(*some()).set(some_seconds(dice, -300, 300),
                                                    1e-3 * dice.between(0u, 20u));
                    break;
                case 1: Scenario::clock_of(*some()).set(seconds(0)); break;
                case 2:
                case 3: {
                    const auto sent = network.sent;
                    broadcast(*some(), std::to_string(i));
                    if (network.sent != sent) {
                        recorded.push_back(network.overheard);
                    }
                    break;
                }
                default:
                    for (int n = 0; n < 4 && !recorded.empty(); ++n) {
                        const Link& from = *some()->host().links()[0];
                        const Link& to = *some()->host().links()[0];
                        network.send(from, dice.chance(0.5) ? 8888 : 666,
                                     network.address(to, 8888, from),
                                     recorded[dice.between(
                                         0u, static_cast<std::uint32_t>(recorded.size() - 1))]);
                    }
            }
        }
        for (SimNode* node : nodes) {
            for (const auto& [content, times] : node->notified) {
                EXPECT_EQ(times, 1) << content << " at " << node->id();
            }
            Scenario::clock_of(*node).set(seconds(0));
        }
        // Until all floors that rose with clocks that were ahead have been passed.
        run.run_for(700s);
        run.calm_down();
        run.expect_all_know_all();
        run.check();
    });
}

}  // namespace
}  // namespace netaio::sim
