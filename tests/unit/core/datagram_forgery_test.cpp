#include <gtest/gtest.h>

#include "datagram_testbed.hpp"

/// What a node lets itself be made to send to addresses that are perhaps forged, and to keep.
namespace netaio::core {
namespace {

using namespace test;

constexpr DatagramBounds little{.subscribers_max = 20,
                                .subscribers_per_host_max = 3,
                                .unproven_bytes_per_second = 1000,
                                .unproven_bytes_per_second_total = 4000};

struct ForgedAddressesTest : testing::Test {
    std::size_t notified(int times = 1) {
        for (int i = 0; i < times; ++i) {
            EXPECT_FALSE(test.core.notify("key", notify("key", std::string(400, 'x')), {}, {}));
        }
        const auto sent = test.take();
        EXPECT_EQ(test.core.tallies().frames_out.get(), frames += sent.size());
        return sent.size();
    }
    std::uint64_t withheld() { return test.core.tallies().unproven_withheld.get(); }
    void answer(const Address& from) {
        EXPECT_TRUE(test.core.request(from, request("uri"), {}, std::chrono::seconds(1),
                                      [](std::error_code, const Message*) {}));
        frames += test.take().size();
        test.receive(respond("uri", ""), from);
    }

    TestDatagrams test{"local", little};
    std::size_t frames = 0;
};

TEST_F(ForgedAddressesTest, AreNotifiedWithinABudget) {
    for (std::uint16_t port = 1; port <= 3; ++port) {
        EXPECT_FALSE(test.core.subscribe("key", host(1, port)));
    }
    EXPECT_EQ(notified(), 2u);
    EXPECT_EQ(withheld(), 1u);
    EXPECT_TRUE(test.logged("beyond the budget"));
    EXPECT_EQ(notified(10), 0u);
    test.clock->advance(std::chrono::seconds(1));
    EXPECT_EQ(notified(), 2u);
}

TEST_F(ForgedAddressesTest, AreNotifiedWithinABudgetByPluginsOfEachPeer) {
    class Specific final : public AuthPlugin {
        std::error_code make(AuthFields&, ByteView, const PluginContext&) const override {
            return {};
        }
        bool check(const AuthFields&, ByteView, const PluginContext&) const override {
            return true;
        }
        bool is_peer_specific() const noexcept override { return true; }
    };
    const Plugins plugins{.auth = std::make_shared<Specific>()};
    for (const Address& to : {host(1, 1), host(1, 2), host(1, 3), host(2)}) {
        EXPECT_FALSE(test.core.subscribe("key", to));
    }
    const std::string content(400, 'x');
    EXPECT_FALSE(test.core.notify("key", notify("key", content), plugins, {}));
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 3u);
    EXPECT_EQ(sent[2].to, host(2));
    EXPECT_EQ(sent[2].message().content(), content);
    EXPECT_EQ(test.core.tallies().frames_out.get(), 3u);
}

TEST_F(ForgedAddressesTest, AreToldFromThoseThatAnswered) {
    EXPECT_FALSE(test.core.subscribe("key", host(1)));
    EXPECT_EQ(notified(10), 2u);
    answer(host(2));
    EXPECT_EQ(notified(10), 0u) << "it was another";
    answer(host(1));
    EXPECT_EQ(notified(10), 10u);
}

TEST_F(ForgedAddressesTest, AreToldFromThoseOfPeersAddedByHand) {
    EXPECT_TRUE(test.node->peers.keep(Peer{.id = "a", .data = {}, .addresses = {host(1)}},
                                      test.clock->steady_now()));
    test.core.peer_manager().manage({});
    frames += test.take().size();
    EXPECT_FALSE(test.core.subscribe("key", host(1)));
    EXPECT_EQ(notified(10), 10u);
    // Anybody may say that the peer is elsewhere, too.
    test.receive(test.peer_says(MessageType::peer_discovered, "a"), host(2));
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(test.core.broadcast(notify("key", std::string(400, 'x')), {}, {}));
    }
    EXPECT_EQ(test.take().size(), 2u);
}

TEST_F(ForgedAddressesTest, GetLargeRepliesWithinABudgetAndSmallOnesAlways) {
    test.node->router.add(Key(MessageType::request_uri, "large"), answering(std::string(400, 'x')));
    test.node->router.add(Key(MessageType::request_uri, "small"), answering("x"));
    for (int i = 0; i < 10; ++i) {
        test.receive(request("large"));
    }
    EXPECT_EQ(test.take().size(), 2u);
    EXPECT_EQ(withheld(), 8u);
    for (int i = 0; i < 100; ++i) {
        test.receive(request("small"));
        test.receive(request("large", std::string(200, 'x')));
    }
    EXPECT_EQ(test.take().size(), 200u);
}

TEST_F(ForgedAddressesTest, GetLargeRepliesOfSuspendedHandlersWithinABudget) {
    test.node->router.add(Key(MessageType::request_uri),
                          {std::make_shared<CallingHandler>(nullptr, true), {}});
    for (int i = 0; i < 10; ++i) {
        test.receive(request("uri"));
        test.core.handler_ended(*test.started.back(), respond("uri", std::string(400, 'x')), {});
    }
    EXPECT_EQ(test.take().size(), 2u);
    EXPECT_EQ(withheld(), 8u);
}

TEST_F(ForgedAddressesTest, LapseWhereTheyAreTooMany) {
    for (std::uint16_t port = 1; port <= 5; ++port) {
        EXPECT_FALSE(test.core.subscribe("key", host(1, port)));
    }
    EXPECT_EQ(test.core.subscriber_count("key"), 3u);
    EXPECT_EQ(test.core.tallies().subscriptions_lapsed.get(), 2u);
    EXPECT_FALSE(test.core.subscribe("key", there));
    EXPECT_FALSE(test.core.subscribe("key", there));
    for (int i = 10; i < 100; ++i) {
        EXPECT_FALSE(test.core.subscribe("key", host(i)));
    }
    EXPECT_EQ(test.core.subscriber_count("key"), 20u);
    EXPECT_TRUE(test.core.unsubscribe("key", there)) << "it subscribed again";
    EXPECT_TRUE(test.core.subscribe(std::string(1 << 20, 'k'), there));
    EXPECT_EQ(test.core.tallies().subscriptions_refused.get(), 1u);
}

TEST_F(ForgedAddressesTest, IntroduceFewPeersForAHost) {
    test.node->peers.set_host_max(3);
    test.core.peer_manager().manage({});
    test.take();
    const auto introduced = [&](const std::string& id, const Address& from) {
        test.receive(test.peer_says(MessageType::advertise_peer, id), from);
        return !test.take().empty();
    };
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(introduced(std::to_string(i), host(1)));
    }
    EXPECT_FALSE(introduced("3", host(1)));
    EXPECT_FALSE(introduced("4", host(1, 9)));
    EXPECT_TRUE(introduced("2", host(1))) << "known already";
    EXPECT_TRUE(introduced("5", host(2)));
    EXPECT_EQ(test.node->peers.refused(), 2u);
    test.node->peers.remove("1");
    EXPECT_TRUE(introduced("6", host(1)));
}

TEST_F(ForgedAddressesTest, IntroduceAnyNumberOfPeersWhereTheyKnowTheSecret) {
    test.node->peers.set_host_max(3);
    test.core.peer_manager().manage({.plugins = hmac("secret")});
    for (int i = 0; i < 10; ++i) {
        test.receive(test.peer_says(MessageType::advertise_peer, std::to_string(i)), host(1),
                     hmac("secret"));
    }
    EXPECT_EQ(test.node->peers.all().size(), 10u);
}

TEST_F(ForgedAddressesTest, AreToldOnceHoweverManyPeersAreThere) {
    test.core.peer_manager().manage({});
    for (int i = 0; i < 10; ++i) {
        test.receive(test.peer_says(MessageType::peer_discovered, std::to_string(i)), host(1));
    }
    test.receive(test.peer_says(MessageType::peer_discovered, "other"), host(2));
    test.take();
    EXPECT_FALSE(test.core.broadcast(notify("uri", "news"), {}, {}));
    EXPECT_EQ(test.take().size(), 2u);
    test.core.peer_manager().stop_all();
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 3u);
    EXPECT_EQ(sent[0].to, host(1));
    EXPECT_EQ(sent[1].to, host(2));
    EXPECT_TRUE(sent[2].to_group);
}

TEST(ForgedAnswers, HaveToGuessWhereIdsBegin) {
    TestDatagrams test;
    test.node->environment.random = std::make_shared<netaio::test::ScriptedRandom>(
        std::vector<std::string>{}, std::vector<std::uint32_t>{0xffffffff});
    Told told;
    const auto ask = [&] {
        EXPECT_TRUE(test.core.request(there, request("uri"), {}, std::chrono::seconds(1),
                                      told.completion()));
        return test.take().at(0).message().request_id();
    };
    const auto answer = [&](RequestId id) {
        test.receive(test.frame(respond("uri", "answer"), {}, {}, id));
        return told.times;
    };
    EXPECT_EQ(ask(), 0xffffffffu);
    EXPECT_EQ(answer(1), 0);
    EXPECT_EQ(answer(0xffffffff), 1);
    EXPECT_EQ(ask(), 0u) << "they go on from there";
    EXPECT_EQ(answer(0), 2);
}

}  // namespace
}  // namespace netaio::core
