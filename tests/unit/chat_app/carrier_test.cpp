#include "carrier.hpp"

#include "fake_chat.hpp"
#include "fake_lan.hpp"
#include "relay_client.hpp"
#include "relay_testbed.hpp"

namespace netaio::chat_app::test {
namespace {

// Notes what it is asked, and ends it when a test says so.
class FakeLink : public Link {
public:
    bool reaches(const chat::PublicKey& whom) const override { return there.contains(whom); }
    void carry(const chat::Parcel& parcel, Ended ended) override {
        carried.push_back(parcel.number);
        waiting.push_back(std::move(ended));
    }
    void ask_bundle(const chat::PublicKey&, Ended ended) override {
        ++asked;
        waiting.push_back(std::move(ended));
    }
    void end_all(bool done) {
        for (const Ended& ended : std::exchange(waiting, {})) ended(done);
    }

    std::set<chat::PublicKey> there;
    std::vector<std::uint64_t> carried;
    int asked = 0;
    std::vector<Ended> waiting;
};

class CarrierTest : public ::testing::Test {
protected:
    using Numbers = std::vector<std::uint64_t>;

    CarrierTest() { make({}); }
    void make(CarrierOptions options) {
        options.environment = network.environment();
        carrier.emplace(network.executor(), chat.calls(), &near, &far, options);
    }
    void wake() {
        carrier->wake();
        network.advance(20ms);
    }
    void end(FakeLink& link, bool done) {
        link.end_all(done);
        network.run();
    }
    // How often a link carries something in that time, and is done at once.
    std::size_t carried_in(FakeLink& link, std::chrono::seconds time, bool done = true) {
        link.carried.clear();
        for (std::chrono::seconds passed{0}; passed < time; passed += 1s) {
            end(link, done);
            network.advance(1s);
        }
        end(link, done);
        return link.carried.size();
    }

    TestNetwork network;
    FakeChat chat{person('a'), network.environment()};
    const chat::PublicKey bob = person('b').public_key();
    const chat::PublicKey carol = person('c').public_key();
    FakeLink near;
    FakeLink far;
    std::optional<Carrier> carrier;
};

TEST_F(CarrierTest, BringsToWhoIsNearAndHasARelayKeepTheRest) {
    near.there = {bob};
    far.there = {bob, carol};
    chat.send(bob, "one");
    chat.send(carol, "two");
    wake();
    EXPECT_EQ(near.carried, Numbers{1});
    EXPECT_EQ(far.carried, Numbers{2});
}

TEST_F(CarrierTest, DoesNotCarryAParcelTwiceAtOnce) {
    near.there = {bob};
    far.there = {bob};
    chat.send(bob, "one");
    wake();
    wake();
    network.advance(1h);
    EXPECT_EQ(near.carried, Numbers{1});
    EXPECT_TRUE(far.carried.empty());
}

TEST_F(CarrierTest, TriesAgainWithGrowingPausesUntilTheChatHasItNoMore) {
    near.there = {bob};
    chat.send(bob, "one");
    wake();
    EXPECT_EQ(carried_in(near, 31s), 5u) << "after 1, 2, 4, 8 and 16 seconds";
    EXPECT_EQ(carried_in(near, 10min), 10u) << "each minute";
    chat.waiting.clear();
    EXPECT_EQ(carried_in(near, 10min), 0u);
}

TEST_F(CarrierTest, DoesNotWaitWhereSomethingNewIsSaid) {
    near.there = {bob};
    chat.send(bob, "one");
    wake();
    (void)carried_in(near, 1min);
    chat.send(bob, "two");
    wake();
    EXPECT_EQ(near.carried.back(), 2u);
}

TEST_F(CarrierTest, GivesARelayWhatItKeepsAgainAfterALongTimeOnly) {
    far.there = {bob};
    chat.send(bob, "one");
    wake();
    EXPECT_EQ(far.carried.size(), 1u);
    EXPECT_EQ(carried_in(far, 5h), 0u);
    EXPECT_EQ(carried_in(far, 2h), 1u);
}

TEST_F(CarrierTest, TriesARelayAgainThatRefused) {
    far.there = {bob};
    chat.send(bob, "one");
    wake();
    EXPECT_EQ(carried_in(far, 7s, false), 3u);
}

TEST_F(CarrierTest, BringsWhatARelayKeepsToWhoComesNear) {
    far.there = {bob};
    chat.send(bob, "one");
    wake();
    (void)carried_in(far, 1min);
    near.there = {bob};
    wake();
    EXPECT_EQ(near.carried, Numbers{1});
}

TEST_F(CarrierTest, TriesAtOnceWhenTheReceiverComesBack) {
    near.there = {bob};
    chat.send(bob, "one");
    wake();
    (void)carried_in(near, 10min);
    near.there = {};
    wake();
    near.carried.clear();
    near.there = {bob};
    wake();
    EXPECT_EQ(near.carried, Numbers{1});
}

TEST_F(CarrierTest, HasARelayKeepWhatTheReceiverDoesNotSayTheyHave) {
    near.there = {bob};
    far.there = {bob};
    chat.send(bob, "one");
    wake();
    EXPECT_EQ(carried_in(near, 3s), 2u);
    EXPECT_TRUE(far.carried.empty());
    EXPECT_EQ(carried_in(near, 4s), 0u) << "it is the relay's turn";
    EXPECT_EQ(far.carried, Numbers{1});
    end(far, true);
    EXPECT_GT(carried_in(near, 5min), 3u);
    EXPECT_EQ(far.carried, Numbers{1});
}

TEST_F(CarrierTest, CarriesNoMoreAtOnceThanItMay) {
    make({.at_once_to_one = 2, .at_once = 3});
    near.there = {bob, carol};
    for (int i = 0; i < 3; ++i) chat.send(bob, "to bob");
    for (int i = 0; i < 3; ++i) chat.send(carol, "to carol");
    wake();
    for (int i = 0; i < 3; ++i) {
        end(near, true);
        network.advance(20ms);
    }
    near.there = {};
    wake();
    near.carried.clear();
    near.there = {bob, carol};
    wake();
    EXPECT_EQ(near.carried, (Numbers{1, 2, 4}));
    end(near, true);
    network.advance(20ms);
    EXPECT_EQ(near.carried, (Numbers{1, 2, 4, 3, 5, 6}));
}

TEST_F(CarrierTest, LetsNothingOvertakeWhatWasSaidBefore) {
    near.there = {bob, carol};
    for (const char* text : {"one", "two", "three"}) chat.send(bob, text);
    chat.send(carol, "four");
    wake();
    EXPECT_EQ(near.carried, (Numbers{1, 4})) << "others do not wait";
    end(near, false);
    network.advance(900ms);
    EXPECT_EQ(near.carried, (Numbers{1, 4}));
    network.advance(200ms);
    EXPECT_EQ(near.carried, (Numbers{1, 4, 1, 4}));
    for (int i = 0; i < 2; ++i) {
        end(near, true);
        network.advance(20ms);
    }
    EXPECT_EQ(near.carried, (Numbers{1, 4, 1, 4, 2, 3}));
}

TEST_F(CarrierTest, HasARelayKeepAllAtOnceForWhoIsNearButNotReached) {
    near.there = {bob};
    far.there = {bob};
    for (const char* text : {"one", "two", "three"}) chat.send(bob, text);
    wake();
    EXPECT_EQ(carried_in(near, 5s, false), 2u);
    network.advance(3s);
    for (int i = 0; i < 3; ++i) {
        end(far, true);
        network.advance(20ms);
    }
    EXPECT_EQ(far.carried, (Numbers{1, 2, 3}));
    // What a relay keeps still tries, and says when they are reached.
    EXPECT_GT(carried_in(near, 1min), 0u);
    near.carried.clear();
    chat.send(bob, "four");
    wake();
    EXPECT_EQ(near.carried, Numbers{4});
}

TEST_F(CarrierTest, AsksThoseWhoAreNearAndTheRelayForPrekeysByTurns) {
    near.there = {bob};
    far.there = {bob};
    chat.wanted = {bob};
    wake();
    EXPECT_EQ(near.asked, 1);
    wake();
    EXPECT_EQ(near.asked, 1) << "it is on its way";
    end(near, false);
    network.advance(1s);
    EXPECT_EQ(far.asked, 1);
    chat.wanted.clear();
    end(far, true);
    network.advance(1h);
    EXPECT_EQ(near.asked + far.asked, 2);
}

TEST_F(CarrierTest, GoesOnWhenTheChatThrows) {
    bool throws = true;
    ChatCalls calls = chat.calls();
    calls.parcels = [&] {
        if (throws) throw std::runtime_error("the disk is full");
        return chat.parcels();
    };
    carrier.emplace(network.executor(), calls, &near, &far,
                    CarrierOptions{.environment = network.environment()});
    near.there = {bob};
    chat.send(bob, "one");
    wake();
    throws = false;
    network.advance(5s);
    EXPECT_EQ(near.carried, Numbers{1});
}

TEST_F(CarrierTest, GoesWithoutLinksAndWhileSomethingIsOnItsWay) {
    near.there = {bob};
    chat.send(bob, "one");
    wake();
    carrier.emplace(network.executor(), chat.calls(), nullptr, nullptr,
                    CarrierOptions{.environment = network.environment()});
    end(near, true);
    wake();
    carrier.reset();
    network.advance(1min);
    EXPECT_EQ(near.carried, Numbers{1});
}

TEST_F(CarrierTest, LooksNoOftenerThanItMay) {
    int looks = 0;
    ChatCalls calls = chat.calls();
    calls.parcels = [&] {
        ++looks;
        return chat.parcels();
    };
    carrier.emplace(network.executor(), calls, &near, &far,
                    CarrierOptions{.environment = network.environment()});
    for (int i = 0; i < 1'000; ++i) {
        carrier->wake();
        network.advance(1ms);
    }
    EXPECT_EQ(looks, 1 + 50);
    network.advance(1min);
    EXPECT_EQ(looks, 1 + 50 + 12);
}

TEST_F(CarrierTest, ForgetsAParcelThatIsNoMoreWhenItEnds) {
    near.there = {bob};
    chat.send(bob, "one");
    wake();
    chat.waiting.clear();
    wake();
    end(near, true);
    network.advance(1min);
    EXPECT_EQ(near.carried, Numbers{1});
}

// All of it together: people with a relay and a network.
struct WholePerson {
    WholePerson(TestNetwork& network, FakeLan& lan, char which)
        : identity(person(which)),
          chat(identity, network.environment()),
          node(lan, static_cast<std::uint8_t>(which),
               Presence::peer(identity, std::string(1, which))),
          near(network.executor(), lan_node(node), identity, chat.calls(),
               [&] {
                   LanLinkOptions options;
                   options.environment = network.environment();
                   options.on_change = [this] { wake(); };
                   return options;
               }()),
          far(network.executor(), identity, chat.calls(), [&] {
              RelayLinkOptions options;
              options.relay = {TestNetwork::address("relay").str()};
              options.key = session_key(relay_seed);
              options.client = network.options(TcpClientOptions());
              options.on_change = [this] { wake(); };
              return options;
          }()) {
        carrier.emplace(network.executor(), chat.calls(), &near, &far,
                        CarrierOptions{.environment = network.environment()});
        far.start();
        network.run();
    }
    void wake() {
        if (carrier) carrier->wake();
    }
    void say(const WholePerson& to, const std::string& envelope) {
        chat.send(to.identity.public_key(), envelope);
        wake();
    }

    chat::Identity identity;
    FakeChat chat;
    FakeNode node;
    LanLink near;
    RelayLink far;
    std::optional<Carrier> carrier;
};

TEST_F(RelayTest, PeopleReachEachOtherByTheRelayAndByTheNetwork) {
    FakeLan lan{network.executor()};
    WholePerson alice(network, lan, 'a');
    {
        WholePerson bob(network, lan, 'b');
        alice.say(bob, "by the relay");
        alice.chat.wanted = {bob.identity.public_key()};
        network.advance(1s);
        EXPECT_EQ(bob.chat.received, std::vector<std::string>{"by the relay"});
        EXPECT_EQ(alice.chat.at_relay, std::set<std::uint64_t>{1});
        EXPECT_EQ(alice.chat.bundles.size(), 1u);
    }
    relay.reset();
    network.run();
    WholePerson bob(network, lan, 'b');
    alice.node.meet(bob.node);
    bob.node.meet(alice.node);
    alice.say(bob, std::string(30'000, 'x'));
    network.advance(1s);
    EXPECT_EQ(bob.chat.received.size(), 2u) << "what the relay kept was not said to be there";
    EXPECT_EQ(alice.chat.at_relay, std::set<std::uint64_t>{1});
}

}  // namespace
}  // namespace netaio::chat_app::test
