#include "relay.hpp"

#include "relay_testbed.hpp"

namespace netaio::chat_app::test {
namespace {

const std::string too_soon = "ERROR: too much at once; try again in a minute";
const std::string not_proven = "NOT_PERMITTED: this does not prove that the mailbox is yours";
const std::string not_asked =
    "NOT_PERMITTED: ask for a challenge on this connection, and sign that";
const std::string not_subscribed =
    "NOT_PERMITTED: subscribe to the mailbox first, which proves that it is yours";
const std::string senseless = "ERROR: this makes no sense";

PublishedPrekeys prekeys(std::size_t one_time) {
    PublishedPrekeys made{"signed", {}};
    for (std::size_t i = 0; i < one_time; ++i) made.one_time.push_back("k" + std::to_string(i));
    return made;
}

TEST_F(RelayTest, KeepsEnvelopesUntilTheirReceiverAcknowledgesThem) {
    Guest alice(network, 'a');
    Guest bob(network, 'b');
    EXPECT_EQ(bob.put(alice, "one"), "OK");
    EXPECT_EQ(bob.put(alice, "two"), "OK");
    EXPECT_EQ(alice.subscribe(), "CONFIRM_SUBSCRIBE");
    const auto waiting = alice.fetch();
    ASSERT_EQ(waiting.size(), 2u);
    EXPECT_EQ(waiting[0].envelope, "one");
    EXPECT_EQ(waiting[1].envelope, "two");
    EXPECT_EQ(alice.fetch(waiting[0].number).size(), 1u);
    EXPECT_EQ(alice.fetch(0, 1).size(), 1u);
    EXPECT_EQ(alice.acknowledge({waiting[0].number}), "OK");
    EXPECT_EQ(alice.fetch().at(0).envelope, "two");
}

TEST_F(RelayTest, HasWhatItSaidOkToWhenItIsMadeAgain) {
    {
        Guest alice(network, 'a');
        Guest bob(network, 'b');
        EXPECT_EQ(alice.subscribe(), "CONFIRM_SUBSCRIBE");
        EXPECT_EQ(alice.publish(prekeys(1)), "OK");
        EXPECT_EQ(bob.put(alice, "one"), "OK");
        EXPECT_EQ(bob.put(alice, "two"), "OK");
        EXPECT_EQ(alice.acknowledge({alice.fetch().at(0).number}), "OK");
    }
    restart();
    Guest alice(network, 'a');
    Guest bob(network, 'b');
    EXPECT_EQ(alice.subscribe(), "CONFIRM_SUBSCRIBE");
    ASSERT_EQ(alice.fetch().size(), 1u);
    EXPECT_EQ(alice.fetch()[0].envelope, "two");
    EXPECT_EQ(bob.put(alice, "one"), "OK");
    EXPECT_EQ(alice.fetch().size(), 1u) << "it was taken before";
    EXPECT_EQ(bob.one_time_of(alice), "k0");
}

TEST_F(RelayTest, TellsTheOwnerAloneOfNewEnvelopes) {
    Guest alice(network, 'a');
    Guest bob(network, 'b');
    EXPECT_EQ(alice.subscribe(), "CONFIRM_SUBSCRIBE");
    EXPECT_EQ(bob.subscribe(), "CONFIRM_SUBSCRIBE");
    EXPECT_EQ(bob.put(alice, "one"), "OK");
    EXPECT_EQ(bob.put(alice, "one"), "OK");
    network.run();
    EXPECT_EQ(alice.told, std::vector<std::string>{mailbox_uri(alice.mailbox)});
    EXPECT_TRUE(bob.told.empty());
}

TEST_F(RelayTest, RefusesWhoDoesNotProveThatTheMailboxIsTheirs) {
    Guest alice(network, 'a');
    Guest eve(network, 'e');
    const std::string uri = mailbox_uri(alice.mailbox);
    auto proof = eve.proof();
    EXPECT_EQ(eve.said(subscribe_uri, uri, proof.packed()), not_proven) << "another's key";
    proof = eve.proof();
    proof.key = alice.owner.public_key();
    EXPECT_EQ(eve.said(subscribe_uri, uri, proof.packed()), not_proven) << "another's signature";
    proof = eve.proof();
    proof.signature = eve.owner.sign("netaio-chat mailbox" + proof.challenge +
                                     ByteView(alice.mailbox).str() + ByteView(relay->key()).str());
    EXPECT_EQ(eve.said(subscribe_uri, uri, proof.packed()), not_proven) << "a key of no owner";
    proof = eve.proof();
    proof.signature[3] ^= 1;
    EXPECT_EQ(eve.said(subscribe_uri, mailbox_uri(eve.mailbox), proof.packed()), not_proven);
    EXPECT_EQ(eve.said(subscribe_uri, uri, "no proof"), senseless);
    EXPECT_EQ(eve.said(subscribe_uri, uri), senseless);
}

TEST_F(RelayTest, RefusesAProofThatIsForAnotherRelay) {
    Guest alice(network, 'a');
    const SessionKey other = session_key(Secret(std::string(32, 'o')));
    EXPECT_EQ(alice.said(subscribe_uri, mailbox_uri(alice.mailbox),
                         OwnerProof::make(alice.owner, alice.challenge(), other).packed()),
              not_proven);
}

TEST_F(RelayTest, SpeaksToNobodyWithoutASession) {
    TcpClient client(network.executor(), network.options(TcpClientOptions()));
    network.run(client.connect(TestNetwork::address("relay")));
    const auto reply = network.run(client.request(challenge_uri), 20s);
    EXPECT_EQ(reply.type(), MessageType::auth_error);
    EXPECT_EQ(reply.content(), "a session is required");
}

TEST_F(RelayTest, RefusesAChallengeThatWasUsedOrIsAnothersOrTooOld) {
    Guest alice(network, 'a');
    Guest eve(network, 'e');
    const std::string uri = mailbox_uri(alice.mailbox);
    const std::string proof = alice.proof().packed();
    (void)eve.challenge();
    EXPECT_EQ(eve.said(subscribe_uri, uri, proof), not_asked) << "it was given to another";
    EXPECT_EQ(eve.said(subscribe_uri, uri, proof), not_asked);
    EXPECT_EQ(alice.said(subscribe_uri, uri, proof), "CONFIRM_SUBSCRIBE");
    EXPECT_EQ(alice.said(subscribe_uri, uri, proof), "CONFIRM_SUBSCRIBE") << "clients ask anew";
    EXPECT_EQ(alice.said(unsubscribe_uri, uri), "CONFIRM_UNSUBSCRIBE");
    EXPECT_EQ(alice.said(subscribe_uri, uri, proof), not_asked) << "it was used";
    const std::string late = alice.proof().packed();
    network.advance(60s);
    EXPECT_EQ(alice.said(subscribe_uri, uri, late), not_asked);
}

TEST_F(RelayTest, LetsNobodyElseFetchAcknowledgeOrPublish) {
    Guest alice(network, 'a');
    Guest eve(network, 'e');
    EXPECT_EQ(eve.put(alice, "one"), "OK");
    EXPECT_EQ(eve.subscribe(), "CONFIRM_SUBSCRIBE");
    const std::string uri = mailbox_uri(alice.mailbox);
    EXPECT_EQ(eve.said(request_uri, uri, FetchTerms{0, 9}.packed()), not_subscribed);
    EXPECT_EQ(eve.said(delete_uri, uri, pack_numbers({})), not_subscribed);
    EXPECT_EQ(eve.said(update_uri, prekeys_uri(alice.mailbox), prekeys(1).packed()),
              not_subscribed);
    EXPECT_EQ(eve.said(unsubscribe_uri, uri), not_subscribed);
    EXPECT_EQ(alice.said(request_uri, uri, FetchTerms{0, 9}.packed()), not_subscribed)
        << "she has not proven it yet";
}

TEST_F(RelayTest, GivesNoMoreAtOnceThanAnAnswerHasRoomFor) {
    Guest alice(network, 'a');
    Guest bob(network, 'b');
    const std::string large(envelope_size_max, 'x');
    for (const char* which : {"1", "2", "3"}) {
        EXPECT_EQ(bob.put(alice, which + large.substr(1)), "OK");
    }
    EXPECT_EQ(alice.subscribe(), "CONFIRM_SUBSCRIBE");
    const auto first = alice.fetch();
    ASSERT_EQ(first.size(), 1u);
    const auto second = alice.fetch(first[0].number);
    ASSERT_EQ(second.size(), 1u);
    EXPECT_EQ(second[0].envelope[0], '2');
}

TEST_F(RelayTest, HandsOutOneTimePrekeysToAConnectionNoFasterThanItMay) {
    Guest alice(network, 'a');
    Guest eve(network, 'e');
    EXPECT_EQ(alice.subscribe(), "CONFIRM_SUBSCRIBE");
    EXPECT_EQ(alice.publish(prekeys(100)), "OK");
    for (int i = 0; i < 10; ++i) EXPECT_EQ(eve.one_time_of(alice), "k" + std::to_string(i));
    EXPECT_EQ(eve.one_time_of(alice), "");
    network.advance(6s);
    EXPECT_EQ(eve.one_time_of(alice), "k10");
    EXPECT_EQ(eve.one_time_of(alice), "");
}

TEST_F(RelayTest, HandsOutOneTimePrekeysToAHostNoFasterThanItMayHoweverOftenItConnects) {
    Guest alice(network, 'a');
    EXPECT_EQ(alice.subscribe(), "CONFIRM_SUBSCRIBE");
    EXPECT_EQ(alice.publish(prekeys(100)), "OK");
    int handed_out = 0;
    for (int i = 0; i < 5; ++i) {
        Guest eve(network, 'e');
        for (int k = 0; k < 10; ++k) handed_out += !eve.one_time_of(alice).empty();
    }
    EXPECT_EQ(handed_out, 30);
}

TEST_F(RelayTest, AnswersAHostNoMoreQuestionsThanItMayHoweverOftenItConnects) {
    options.host_questions = {50, 1min};
    restart();
    int answered = 0;
    for (int i = 0; i < 10; ++i) {
        Guest eve(network, 'e');
        for (int k = 0; k < 10; ++k) answered += eve.challenge().size() == challenge_size;
    }
    EXPECT_EQ(answered, 50);
    network.advance(1min);
    Guest bob(network, 'b');
    EXPECT_EQ(bob.subscribe(), "CONFIRM_SUBSCRIBE");
}

TEST_F(RelayTest, HandsOutOneTimePrekeysOfAMailboxNoFasterThanItMay) {
    options.host_prekeys = {1000, 1min};
    restart();
    Guest alice(network, 'a');
    EXPECT_EQ(alice.subscribe(), "CONFIRM_SUBSCRIBE");
    EXPECT_EQ(alice.publish(prekeys(100)), "OK");
    int handed_out = 0;
    for (int i = 0; i < 8; ++i) {
        Guest eve(network, 'e');
        for (int k = 0; k < 10; ++k) handed_out += !eve.one_time_of(alice).empty();
    }
    EXPECT_EQ(handed_out, 60);
    network.advance(1h);
    Guest bob(network, 'b');
    EXPECT_EQ(bob.one_time_of(alice), "k60");
}

TEST_F(RelayTest, SaysHowManyOneTimePrekeysThereAre) {
    Guest alice(network, 'a');
    EXPECT_EQ(alice.said(request_uri, prekeys_uri(alice.mailbox)),
              "NOT_FOUND: nothing is kept of whom this mailbox is");
    EXPECT_EQ(alice.subscribe(), "CONFIRM_SUBSCRIBE");
    const auto reply = alice.ask(update_uri, prekeys_uri(alice.mailbox), prekeys(3).packed());
    EXPECT_EQ(*parse_count(reply.content()), 3u);
    EXPECT_EQ(alice.publish(prekeys(201)), "ERROR: there is no room for this now; try again later");
    EXPECT_EQ(alice.publish({std::string(1025, 's'), {}}), "ERROR: this is too large");
}

TEST_F(RelayTest, TakesNoMoreFromAConnectionThanItMay) {
    options.connection_bytes = {10'000, 60s};
    restart();
    Guest alice(network, 'a');
    Guest bob(network, 'b');
    EXPECT_EQ(bob.put(alice, std::string(8'000, 'x')), "OK");
    EXPECT_EQ(bob.put(alice, "y"), too_soon);
    EXPECT_EQ(alice.put(bob, "y"), "OK") << "another connection";
    network.advance(60s);
    EXPECT_EQ(bob.put(alice, "y"), "OK");
}

TEST_F(RelayTest, TakesNoMoreFromAHostThanItMay) {
    options.host_bytes = {10'000, 60s};
    options.host_bytes_a_day = {15'000, 24h};
    restart();
    Guest alice(network, 'a');
    Guest bob(network, 'b');
    EXPECT_EQ(bob.put(alice, std::string(8'000, 'x')), "OK");
    EXPECT_EQ(alice.put(bob, "y"), too_soon);
    network.advance(60s);
    EXPECT_EQ(bob.put(alice, std::string(8'000, 'y')), "ERROR: too much in a day; try again later");
}

TEST_F(RelayTest, RefusesWhatIsTooLargeOrMakesNoSense) {
    Guest alice(network, 'a');
    Guest bob(network, 'b');
    EXPECT_EQ(bob.put(alice, std::string(envelope_size_max + 1, 'x')), "ERROR: this is too large");
    EXPECT_EQ(bob.put(alice, ""), senseless);
    EXPECT_EQ(bob.said(create_uri, "chat/mailbox/", "x"), senseless);
    EXPECT_EQ(bob.said(create_uri, "chat/mailbox/" + std::string(64, 'A'), "x"), senseless);
    EXPECT_EQ(bob.said(create_uri, mailbox_uri(alice.mailbox) + "00", "x"), senseless);
    EXPECT_EQ(bob.said(request_uri, "chat/prekeys/xyz"), senseless);
    EXPECT_EQ(alice.subscribe(), "CONFIRM_SUBSCRIBE");
    for (const std::string& content :
         {std::string(), std::string("x"), *pack(Value(1)), *pack(List{"one"}),
          *pack(Dict{{"after", -1}, {"max", 1}}), *pack(Dict{{"signed", "text"}})}) {
        EXPECT_EQ(alice.said(request_uri, mailbox_uri(alice.mailbox), content), senseless);
        EXPECT_EQ(alice.said(delete_uri, mailbox_uri(alice.mailbox), content), senseless);
        EXPECT_EQ(alice.said(update_uri, prekeys_uri(alice.mailbox), content), senseless);
    }
}

TEST_F(RelayTest, SaysWhenAMailboxIsFull) {
    options.mailboxes.mailbox_envelopes = 1;
    restart();
    Guest alice(network, 'a');
    EXPECT_EQ(alice.put(alice, "one"), "OK");
    EXPECT_EQ(alice.put(alice, "two"), "ERROR: there is no room for this now; try again later");
}

TEST_F(RelayTest, LetsGoOfWhatWaitedForTooLong) {
    options.mailboxes.age = std::chrono::days(1);
    restart();
    Guest alice(network, 'a');
    EXPECT_EQ(alice.put(alice, "one"), "OK");
    network.advance(25h);
    Guest again(network, 'a');
    EXPECT_EQ(again.subscribe(), "CONFIRM_SUBSCRIBE");
    EXPECT_TRUE(again.fetch().empty());
}

}  // namespace
}  // namespace netaio::chat_app::test
