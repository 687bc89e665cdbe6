#include <gtest/gtest.h>

#include <netaio/frame.hpp>
#include <netaio/make.hpp>

#include "scenario.hpp"

namespace netaio::sim {
namespace {

// Networks and hosts by chance, to which anything may happen for some minutes.
class Chaos {
public:
    explicit Chaos(std::uint64_t seed)
        : run_(seed, seed % 3 == 0   ? Trust::all
                     : seed % 3 == 1 ? Trust::management
                                     : Trust::none),
          dice_(run_.world.dice()) {
        for (auto i = dice_.between(1u, 3u); i > 0; --i) {
            run_.network(some_quality());
        }
        for (auto i = dice_.between(2u, 5u); i > 0; --i) {
            Host& host = run_.host({&some(run_.networks)});
            Network& second = some(run_.networks);
            if (&second != &host.links()[0]->network) {
                host.join(second);
            }
            run_.node_later(host, dice_.between(Duration(0), Duration(60s)));
        }
    }

    void rage(Duration time) {
        const TimePoint end = run_.world.now() + time;
        while (run_.world.now() < end) {
            run_.run_for(dice_.between(Duration(1ms), Duration(5s)));
            do_something();
        }
    }

    // Afterwards all is well again.
    void expect_recovery() {
        run_.calm_down();
        run_.expect_all_know_all();
        const auto members = run_.members();
        std::size_t told = 0;
        for (SimNode* node : members) {
            node->use([](core::DatagramNode& core) {
                EXPECT_FALSE(core.broadcast(notify("uri", "all is well"), {}, core.node().outer));
            });
            told += node->peer_ids().size();
        }
        run_.run_for(1s);
        std::size_t heard = 0;
        for (SimNode* node : members) {
            heard += static_cast<std::size_t>(node->notified["all is well"]);
        }
        EXPECT_EQ(heard, told);
        run_.check();
    }

private:
    template <class Items>
    auto some(Items& items) -> decltype(items[0]) {
        return items[dice_.between(0u, static_cast<std::uint32_t>(items.size() - 1))];
    }

    Quality some_quality() {
        Quality quality;
        quality.loss = 0.01 * dice_.between(0u, 40u);
        quality.duplicate = 0.01 * dice_.between(0u, 30u);
        quality.delay_min = dice_.between(Duration(0), Duration(50));
        quality.delay_max = quality.delay_min + dice_.between(Duration(0), Duration(500));
        return quality;
    }

    void do_something() {
        Host& host = some(run_.hosts);
        switch (dice_.between(0u, 13u)) {
            case 0: host.set_up(false); break;
            case 1: host.set_up(true); break;
            case 2: some(run_.networks).partition(2); break;
            case 3: some(run_.networks).partition(1); break;
            case 4: some(run_.networks).quality = some_quality(); break;
            case 5:
                if (run_.members().size() < 8) {
                    run_.node(host);
                }
                break;
            case 6:
            case 7: send_junk(); break;
            default: do_something_with(run_.members()); break;
        }
    }

    void do_something_with(std::vector<SimNode*> members) {
        if (members.empty()) {
            return;
        }
        SimNode& node = *some(members);
        SimNode& other = *some(members);
        const std::string content = dice_.bytes(300);
        switch (dice_.between(0u, 9u)) {
            case 0: node.leave(); break;
            case 1: node.die(); break;
            case 2:
                node.use([&](core::DatagramNode& core) {
                    EXPECT_FALSE(core.broadcast(notify("uri", content), {}, core.node().outer));
                });
                break;
            case 3:
                node.use([&](core::DatagramNode& core) {
                    EXPECT_FALSE(core.notify("topic", notify("uri", content), {}, {}));
                });
                break;
            case 4:
                node.use([&](core::DatagramNode& core) {
                    const auto type = static_cast<MessageType>(dice_.between(0u, 13u));
                    EXPECT_FALSE(
                        core.multicast(OwnedMessage(type, "uri", content), {}, core.node().outer));
                });
                break;
            default:
                if (node.host().is_beside(other.host())) {
                    constexpr std::array types{MessageType::request_uri, MessageType::create_uri,
                                               MessageType::subscribe_uri, MessageType::delete_uri};
                    node.ask(node.host().address_of(other), some(types), content,
                             static_cast<int>(dice_.between(1u, 5u)),
                             dice_.between(Duration(1), Duration(3000)));
                }
                break;
        }
    }

    // Bytes that mean nothing, and what somebody said with a change; also in the name of a node.
    void send_junk() {
        Network& network = some(run_.networks);
        if (network.links().empty()) {
            return;
        }
        const Link& from = *some(network.links());
        const Link& to = *some(network.links());
        std::string junk = dice_.bytes(600);
        if (network.overheard.size() > unchecked && dice_.chance(0.7)) {
            junk = network.overheard;
            if (dice_.chance(0.3)) {
                junk.resize(dice_.between(0u, static_cast<std::uint32_t>(junk.size() - 1)));
            } else {
                const auto at = dice_.between(static_cast<std::uint32_t>(unchecked),
                                              static_cast<std::uint32_t>(junk.size() - 1));
                junk[at] = static_cast<char>(junk[at] ^ (1 << dice_.between(0u, 7u)));
            }
        }
        network.send(from, dice_.chance(0.5) ? 8888 : 666, network.address(to, 8888, from), junk);
    }

    // The header and empty auth fields: without auth, nothing but a checksum covers the rest.
    static constexpr std::size_t unchecked = FrameHeader::size + 3;

    Scenario run_;
    SeededRandom& dice_;
};

TEST(SimChaos, EndsWell) {
    for_each_seed(3000, [](std::uint64_t seed) {
        Chaos chaos(seed);
        chaos.rage(240s);
        chaos.expect_recovery();
    });
}

}  // namespace
}  // namespace netaio::sim
