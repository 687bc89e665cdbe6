#include "relay_client.hpp"

#include <netaio/make.hpp>

#include "fake_chat.hpp"
#include "relay_testbed.hpp"

namespace netaio::chat_app::test {
namespace {

// A person with a chat and a link to the relay.
struct LinkedPerson {
    LinkedPerson(TestNetwork& network, char which)
        : identity(person(which)), chat(identity, network.environment()) {
        link(network);
    }
    void link(TestNetwork& network) {
        RelayLinkOptions options;
        options.relay = {TestNetwork::address("relay").str()};
        options.known = known_peers_file(folder.file("known"));
        options.keep.on_state = [this](ConnectionState, std::error_code why, unsigned) {
            last_why = why;
        };
        options.client = network.options(TcpClientOptions());
        options.on_change = [this] { ++changes; };
        relay.emplace(network.executor(), identity, chat.calls(), options);
        relay->start();
        network.run();
    }
    chat::PublicKey key() const { return identity.public_key(); }

    TemporaryFolder folder;
    chat::Identity identity;
    FakeChat chat;
    int changes = 0;
    std::error_code last_why;
    std::optional<RelayLink> relay;
};

class RelayLinkTest : public RelayTest {
protected:
    bool carry(LinkedPerson& from, const LinkedPerson& to, const std::string& envelope) {
        std::optional<bool> ended;
        from.relay->carry({7, to.key(), envelope}, [&](bool done) { ended = done; });
        network.run();
        return ended && *ended;
    }
    bool ask_bundle(LinkedPerson& from, const LinkedPerson& whom) {
        std::optional<bool> ended;
        from.relay->ask_bundle(whom.key(), [&](bool done) { ended = done; });
        network.run();
        return ended && *ended;
    }
};

TEST_F(RelayLinkTest, BringsParcelsThatWereAtTheRelayBefore) {
    LinkedPerson bob(network, 'b');
    {
        LinkedPerson alice(network, 'a');
        ASSERT_TRUE(alice.relay->connected());
        EXPECT_TRUE(carry(alice, bob, "at once"));
        EXPECT_EQ(alice.chat.at_relay, std::set<std::uint64_t>{7});
    }
    EXPECT_EQ(bob.chat.received, std::vector<std::string>{"at once"});
    LinkedPerson alice(network, 'a');
    bob.relay.reset();
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(carry(alice, bob, "later " + std::to_string(i)));
    bob.link(network);
    ASSERT_EQ(bob.chat.received.size(), 101u);
    EXPECT_EQ(bob.chat.received.back(), "later 99");
    bob.relay.reset();
    bob.link(network);
    EXPECT_EQ(bob.chat.received.size(), 101u) << "they were acknowledged";
}

TEST_F(RelayLinkTest, ComesBackToARelayThatWasMadeAgain) {
    LinkedPerson alice(network, 'a');
    LinkedPerson bob(network, 'b');
    restart();
    EXPECT_FALSE(bob.relay->connected());
    EXPECT_FALSE(carry(alice, bob, "too early"));
    network.advance(1min);
    ASSERT_TRUE(bob.relay->connected());
    EXPECT_TRUE(carry(alice, bob, "again"));
    EXPECT_EQ(bob.chat.received, std::vector<std::string>{"again"});
}

TEST_F(RelayLinkTest, GivesNothingToARelayWithAnotherKeyThanBefore) {
    LinkedPerson alice(network, 'a');
    LinkedPerson bob(network, 'b');
    ASSERT_TRUE(alice.relay->connected());
    seed = Secret(std::string(32, 'o'));
    restart();
    network.advance(1min);
    EXPECT_FALSE(alice.relay->connected());
    EXPECT_EQ(alice.last_why, Errc::peer_changed);
    EXPECT_FALSE(carry(alice, bob, "secret"));
    seed = relay_seed;
    restart();
    network.advance(5min);
    EXPECT_TRUE(alice.relay->connected());
}

TEST_F(RelayLinkTest, LeavesAtTheRelayWhatCouldNotBeKept) {
    LinkedPerson alice(network, 'a');
    LinkedPerson bob(network, 'b');
    bob.chat.disk_full = true;
    EXPECT_TRUE(carry(alice, bob, "one"));
    EXPECT_TRUE(carry(alice, bob, "two"));
    EXPECT_TRUE(bob.chat.received.empty());
    bob.chat.disk_full = false;
    network.advance(10s);
    EXPECT_EQ(bob.chat.received, (std::vector<std::string>{"one", "two"}));
}

TEST_F(RelayLinkTest, LetsGoOfWhatMakesNoSense) {
    LinkedPerson alice(network, 'a');
    LinkedPerson bob(network, 'b');
    EXPECT_TRUE(carry(alice, bob, "senseless"));
    Guest again(network, 'b');
    EXPECT_EQ(again.subscribe(), "CONFIRM_SUBSCRIBE");
    EXPECT_TRUE(again.fetch().empty());
}

TEST_F(RelayLinkTest, LeavesPrekeysWithWhichOthersBegin) {
    LinkedPerson alice(network, 'a');
    LinkedPerson bob(network, 'b');
    bob.relay.reset();
    ASSERT_TRUE(ask_bundle(alice, bob));
    ASSERT_TRUE(ask_bundle(alice, bob));
    ASSERT_EQ(alice.chat.bundles.size(), 2u);
    EXPECT_EQ(alice.chat.bundles[0].identity, bob.key());
    ASSERT_TRUE(alice.chat.bundles[0].one_time_prekey && alice.chat.bundles[1].one_time_prekey);
    EXPECT_NE(alice.chat.bundles[0].one_time_prekey->id, alice.chat.bundles[1].one_time_prekey->id);
}

TEST_F(RelayLinkTest, LeavesMorePrekeysBeforeTheyAreGone) {
    options.host_prekeys = {100, 1min};
    restart();
    LinkedPerson bob(network, 'b');
    for (int i = 0; i < 6; ++i) {
        Guest guest(network, 'a');
        Guest owner(network, 'b');
        for (int k = 0; k < 10; ++k) EXPECT_NE(guest.one_time_of(owner), "");
    }
    network.advance(5min);
    Guest owner(network, 'b');
    EXPECT_EQ(owner.subscribe(), "CONFIRM_SUBSCRIBE");
    const auto reply = owner.ask(update_uri, prekeys_uri(owner.mailbox),
                                 PublishedPrekeys::of(bob.chat.bundle(), {}).packed());
    EXPECT_EQ(*parse_count(reply.content()), chat::one_time_prekeys_laid_out);
}

TEST_F(RelayLinkTest, DoesNotTakeAnothersPrekeysForThoseAskedFor) {
    LinkedPerson alice(network, 'a');
    LinkedPerson bob(network, 'b');
    LinkedPerson eve(network, 'e');
    Guest owner(network, 'b');
    EXPECT_EQ(owner.subscribe(), "CONFIRM_SUBSCRIBE");
    EXPECT_EQ(owner.publish(PublishedPrekeys::of(eve.chat.bundle(), {})), "OK");
    EXPECT_FALSE(ask_bundle(alice, bob));
    EXPECT_TRUE(alice.chat.bundles.empty());
}

TEST_F(RelayLinkTest, SaysWhenTheRelayRefusesAParcel) {
    LinkedPerson alice(network, 'a');
    LinkedPerson bob(network, 'b');
    EXPECT_FALSE(carry(alice, bob, std::string(envelope_size_max + 1, 'x')));
    EXPECT_TRUE(alice.chat.at_relay.empty());
}

// A relay that answers as a test says.
class OtherRelayTest : public RelayLinkTest {
protected:
    void SetUp() override {}
    // Has each fetch answered so, by how many there were before.
    void serve(std::function<std::string(int before, Connection& from)> fetched) {
        TcpServerOptions with_sessions = network.options(TcpServerOptions(), "relay");
        with_sessions.session = {.policy = SessionPolicy::offer, .seed = relay_seed};
        server.emplace(network.executor(), std::move(with_sessions));
        server->on({request_uri, challenge_uri}, [] { return std::string(challenge_size, 'c'); });
        server->on(subscribe_uri, [] {});
        server->on(delete_uri, [] {});
        server->on(
            request_uri, prefix(mailbox_uris),
            [this, fetched](const Message&, Connection& from) { return fetched(fetches++, from); });
        ASSERT_FALSE(server->start());
        alice.emplace(network, 'a');
    }

    std::optional<TcpServer> server;
    int fetches = 0;
    std::optional<LinkedPerson> alice;
};

TEST_F(OtherRelayTest, EndsFetchingWhereTheSameIsAnsweredAgain) {
    serve([](int, Connection&) { return pack_envelopes({{1, "the same again"}}); });
    EXPECT_TRUE(alice->relay->connected());
    EXPECT_EQ(alice->chat.received, std::vector<std::string>{"the same again"});
    EXPECT_EQ(fetches, 2);
}

TEST_F(OtherRelayTest, TakesNothingOfAnswersThatMakeNoSense) {
    serve([](int before, Connection&) {
        return before % 2 == 0 ? "no value" : pack_envelopes({{2, "two"}, {1, "one"}});
    });
    network.advance(10s);
    EXPECT_EQ(fetches, 3) << "each 5 seconds";
    EXPECT_TRUE(alice->chat.received.empty());
    EXPECT_TRUE(alice->relay->connected());
}

TEST_F(OtherRelayTest, DoesNotSayWhoItIsWhereItSaysWhomItWritesTo) {
    std::set<std::uint64_t> owning;
    std::set<std::uint64_t> giving;
    serve([&](int, Connection& from) {
        owning.insert(from.id());
        return pack_envelopes({});
    });
    const auto gives = [&](const Message&, Connection& from) { giving.insert(from.id()); };
    server->on(create_uri, gives);
    server->on(request_uri, prefix(prekeys_uris), gives);
    const chat::PublicKey bob = person('b').public_key();
    alice->relay->carry({1, bob, "x"}, [](bool) {});
    alice->relay->ask_bundle(bob, [](bool) {});
    network.run();
    EXPECT_EQ(owning.size(), 1u);
    EXPECT_EQ(giving.size(), 1u);
    EXPECT_NE(owning, giving);
}

TEST_F(OtherRelayTest, FetchesAgainWhatItIsToldOfMeanwhile) {
    serve([this](int before, Connection& from) {
        if (before == 0) {
            const chat::MailboxName mailbox = mailbox_of(person('a').public_key());
            (void)server->send(from, notify(mailbox_uri(mailbox), ""));
        }
        return pack_envelopes({});
    });
    EXPECT_EQ(fetches, 2);
}

}  // namespace
}  // namespace netaio::chat_app::test
