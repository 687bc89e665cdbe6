#include <gtest/gtest.h>

#include <netaio/make.hpp>

#include "scenario.hpp"

namespace netaio::sim {
namespace {

// Some nodes on one network that know each other; the first is the one that tells.
struct Delivery {
    Delivery(std::uint64_t seed, const Quality& quality, int count = 5)
        : run(seed, seed % 2 == 0 ? Trust::all : Trust::none), network(run.network(overtaking)) {
        for (int i = 0; i < count; ++i) {
            run.node({&network});
        }
        run.run_for(1s);
        nodes = run.members();
        run.expect_all_know_all();
        network.quality = quality;
    }

    // Lets the first tell something, and gives how many heard it, once and in all.
    std::pair<int, int> tell(const std::function<void(core::DatagramNode&)>& how) {
        for (SimNode* node : nodes) {
            node->notified.clear();
            node->arrived.clear();
        }
        nodes[0]->use(how);
        run.run_for(1s);
        int heard = 0;
        int times = 0;
        for (SimNode* node : nodes) {
            const int here = node->notified["news"];
            EXPECT_EQ(here, node->arrived[MessageType::notify_uri]) << "each copy counts once";
            heard += here > 0;
            times += here;
        }
        return {heard, times};
    }
    std::pair<int, int> broadcast() {
        return tell([](core::DatagramNode& core) {
            EXPECT_FALSE(core.broadcast(notify("uri", "news"), {}, core.node().outer));
        });
    }
    std::pair<int, int> notify_subscribers() {
        return tell([](core::DatagramNode& core) {
            EXPECT_FALSE(core.notify("topic", notify("uri", "news"), {}, core.node().outer));
        });
    }
    void subscribe(SimNode& node) {
        node.use([&](core::DatagramNode& core) {
            EXPECT_TRUE(core.request(
                node.host().address_of(*nodes[0]),
                OwnedMessage(MessageType::subscribe_uri, "topic"), {}, 1s,
                [this](std::error_code, const Message* reply) { confirmed += reply != nullptr; }));
        });
    }

    Scenario run;
    Network& network;
    std::vector<SimNode*> nodes;
    int confirmed = 0;
};

using Heard = std::pair<int, int>;

TEST(SimDelivery, ABroadcastReachesEachPeerExactlyOnce) {
    for_each_seed(1000, [](std::uint64_t seed) {
        Delivery test(seed, overtaking);
        EXPECT_EQ(test.broadcast(), Heard(4, 4));
        test.nodes[1]->leave();
        test.run.run_for(1s);
        EXPECT_EQ(test.broadcast(), Heard(3, 3));
        test.run.check();
    });
}

TEST(SimDelivery, ANotificationReachesEachSubscriberExactlyOnce) {
    for_each_seed(1000, [](std::uint64_t seed) {
        Delivery test(seed, overtaking);
        for (const int i : {1, 2, 3, 2}) {
            test.subscribe(*test.nodes[static_cast<std::size_t>(i)]);
        }
        test.run.run_for(1s);
        EXPECT_EQ(test.confirmed, 4);
        EXPECT_EQ(test.notify_subscribers(), Heard(3, 3));
        test.nodes[1]->leave();
        test.run.run_for(1s);
        EXPECT_EQ(test.notify_subscribers(), Heard(2, 2));
        test.nodes[2]->die();
        test.run.run_for(66s);
        EXPECT_EQ(test.notify_subscribers(), Heard(1, 1)) << "silent peers are subscribed no more";
        test.nodes[0]->use(
            [](core::DatagramNode& core) { EXPECT_EQ(core.subscriber_count("topic"), 1u); });
        test.run.check();
    });
}

// What the network doubles arrives twice, what it loses never; nothing else does.
TEST(SimDelivery, EachCopyOfADatagramIsHandledOnce) {
    for_each_seed(1000, [](std::uint64_t seed) {
        Delivery doubled(seed, {.duplicate = 1, .delay_min = 0ms, .delay_max = 200ms});
        EXPECT_EQ(doubled.broadcast(), Heard(4, 8));
        Delivery mixed(seed, {.loss = 0.3, .duplicate = 0.3, .delay_min = 0ms, .delay_max = 200ms});
        const auto [heard, times] = mixed.broadcast();
        EXPECT_LE(heard, 4);
        EXPECT_LE(times, 2 * heard);
        doubled.run.check();
        mixed.run.check();
    });
}

TEST(SimDelivery, AMulticastReachesEveryOtherNodeOnce) {
    for_each_seed(1000, [](std::uint64_t seed) {
        Delivery test(seed, overtaking);
        EXPECT_EQ(test.tell([](core::DatagramNode& core) {
            EXPECT_FALSE(core.multicast(notify("uri", "news"), {}, core.node().outer));
        }),
                  Heard(4, 4));
        test.run.check();
    });
}

TEST(SimDelivery, RequestsThatAreRepeatedGetThroughALossyNetwork) {
    for_each_seed(1000, [](std::uint64_t seed) {
        Delivery test(seed, {.loss = 0.2, .duplicate = 0.1, .delay_min = 0ms, .delay_max = 200ms});
        World& world = test.run.world;
        constexpr int count = 20;
        SimNode& asking = *test.nodes[0];
        for (int i = 0; i < count; ++i) {
            world.after(world.dice().between(Duration(0), Duration(5s)), [&, i] {
                const auto to = asking.host().address_of(*test.nodes[world.dice().between(1u, 4u)]);
                asking.ask(to, i % 2 ? MessageType::request_uri : MessageType::create_uri,
                           std::to_string(i), 30, 800ms);
            });
        }
        test.run.run_for(60s);
        EXPECT_EQ(asking.answered, count);
        EXPECT_EQ(asking.gave_up, 0);
        EXPECT_GE(asking.asked, count);
        test.run.check();
    });
}

TEST(SimDelivery, RequestsToNobodyEndInTime) {
    for_each_seed(1000, [](std::uint64_t seed) {
        Delivery test(seed, overtaking);
        SimNode& asking = *test.nodes[0];
        const auto gone = asking.host().address_of(*test.nodes[1]);
        test.nodes[1]->die();
        asking.ask(gone, MessageType::request_uri, "content", 3, 1s);
        test.run.run_for(2999ms);
        EXPECT_EQ(asking.gave_up, 0);
        test.run.run_for(20ms);
        EXPECT_EQ(asking.gave_up, 1);
        EXPECT_EQ(asking.told, 3);
        test.nodes[2]->ask(test.nodes[2]->host().address_of(asking), MessageType::create_uri, "x",
                           3, 1s);
        test.nodes[2]->die();
        EXPECT_EQ(test.nodes[2]->told, 1) << "whoever goes away waits no more";
        test.run.check();
    });
}

}  // namespace
}  // namespace netaio::sim
