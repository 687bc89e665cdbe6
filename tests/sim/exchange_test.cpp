#include <gtest/gtest.h>

#include <netaio/make.hpp>
#include <netaio/packify.hpp>

#include "scenario.hpp"
#include "support/calling_handler.hpp"

namespace netaio::sim {
namespace {

// Nodes where no group reaches anybody, each introduced to the next alone.
class Row {
public:
    Row(std::uint64_t seed, Trust trust, std::size_t exchange_max, int count = 7,
        const Quality& quality = overtaking)
        : run(seed, trust), network(run.network(quality)) {
        network.carries_groups = false;
        run.exchange_max = exchange_max;
        for (int i = 0; i < count; ++i) {
            nodes.push_back(&run.node({&network}));
        }
        for (std::size_t i = 0; i + 1 < nodes.size(); ++i) {
            introduce(*nodes[i], *nodes[i + 1]);
        }
    }

    void introduce(SimNode& node, const SimNode& to) {
        const Address there = node.host().address_of(to);
        run.world.after(0ms, [&node, there] {
            node.use([&](core::DatagramNode& core) { EXPECT_FALSE(core.keep_introduced(there)); });
        });
    }
    void expect_neighbours_only() {
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            for (std::size_t j = 0; j < nodes.size(); ++j) {
                EXPECT_EQ(nodes[i]->knows(*nodes[j]), i + 1 == j || j + 1 == i) << i << " " << j;
            }
        }
    }

    Scenario run;
    Network& network;
    std::vector<SimNode*> nodes;
};

Trust trusting(std::uint64_t seed) {
    return seed % 2 == 0 ? Trust::all : Trust::management;
}

TEST(SimExchange, NodesOnALineFindEachOther) {
    for_each_seed(500, [](std::uint64_t seed) {
        Row row(seed, trusting(seed), 16);
        row.run.run_for(300s);
        row.run.expect_all_know_all();
        row.run.run_for(600s);
        row.run.expect_all_know_all();
        for (const SimNode* node : row.nodes) {
            for (const auto& [id, times] : node->seen) {
                EXPECT_EQ(times, 1) << "nobody ever left";
            }
        }
        row.run.check();
    });
}

TEST(SimExchange, NodesOnALineFindEachOtherWhereEveryFifthDatagramIsLost) {
    for_each_seed(300, [](std::uint64_t seed) {
        Row row(seed, trusting(seed), 16, 5, {.loss = 0.2, .delay_min = 0ms, .delay_max = 200ms});
        row.run.run_for(1800s);
        row.run.calm_down();
        row.run.run_for(600s);
        row.run.expect_all_know_all();
        row.run.check();
    });
}

TEST(SimExchange, OneThatIsGoneIsForgottenByAll) {
    for_each_seed(300, [](std::uint64_t seed) {
        Row row(seed, trusting(seed), 16, 5);
        row.run.run_for(300s);
        SimNode& last = *row.nodes.back();
        last.die();
        row.run.run_for(600s);
        row.run.expect_all_know_all();
        last.host().unheard = 0;
        // Its neighbour goes on, which was told to; the others try again when told of it only.
        row.run.run_for(600s);
        EXPECT_LE(last.host().unheard, 600s / 21s + 1);
        row.run.check();
    });
}

TEST(SimExchange, NobodyTellsUnlessToldTo) {
    for_each_seed(200, [](std::uint64_t seed) {
        Row row(seed, trusting(seed), 0);
        row.run.run_for(900s);
        row.expect_neighbours_only();
        for (SimNode* node : row.nodes) {
            EXPECT_EQ(node->arrived[MessageType::request_uri], 0);
        }
        row.run.check();
    });
}

TEST(SimExchange, NobodyIsAskedOrToldWhomNoPluginVouchesFor) {
    for_each_seed(200, [](std::uint64_t seed) {
        Row row(seed, Trust::none, 16);
        row.run.run_for(900s);
        row.expect_neighbours_only();
        for (SimNode* node : row.nodes) {
            EXPECT_EQ(node->arrived[MessageType::request_uri], 0);
        }
        row.run.check();
    });
}

TEST(SimExchange, ALiarCausesNoMoreThanTheBound) {
    for_each_seed(200, [](std::uint64_t seed) {
        constexpr std::size_t kept = 16;
        Row row(seed, trusting(seed), kept, 3);
        SimNode& liar = *row.nodes.front();
        Host& victim = row.run.host({&row.network});
        const Plugins inner = liar.options().management.plugins;
        SeededRandom& dice = row.run.world.dice();
        row.run.run_for(0ms);
        liar.use([&](core::DatagramNode& core) {
            core.node().router.add(
                Key(request_uri, core::peers_uri("netaio")),
                test::calling(
                    [&](const Message& message, core::Source&) {
                        List all;
                        for (std::size_t i = 0; i < core::PeerExchange::told_max; ++i) {
                            const auto port = static_cast<std::uint16_t>(dice.between(1u, 65535u));
                            const Address at = row.network.address(*victim.links()[0], port,
                                                                   *liar.host().links()[0]);
                            all.items.emplace_back(
                                Bytes(at.is_v6() ? Address(at.ip(), port).str() : at.str()));
                        }
                        return OwnedMessage(respond_uri, message.uri(), *pack(Value(all)));
                    },
                    inner));
        });
        constexpr auto hour = 3600s;
        row.run.run_for(hour);
        EXPECT_GT(victim.unheard, 0u);
        // The liar has two who ask it; each tries a quarter of what it keeps at a time.
        const std::uint64_t tries =
            kept / 4 * core::PeerExchange::tries_max * (hour / core::PeerExchange::rests_for + 1);
        EXPECT_LE(victim.unheard, 2 * tries);
        row.run.expect_all_know_all();
        row.run.check();
    });
}

}  // namespace
}  // namespace netaio::sim
