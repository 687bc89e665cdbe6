#include <gtest/gtest.h>

#include <set>

#include "messenger_testbed.hpp"

namespace netaio::chat {
namespace {

using messenger_test::People;
using messenger_test::Someone;
using Texts = std::vector<std::string>;

class MessengerTest : public testing::Test {
protected:
    // Both have said something to each other, and all receipts came.
    void meet() {
        alice.say(bob, "hello");
        people.settle();
        bob.say(alice, "hello too");
        people.settle();
        alice.came.clear();
        bob.came.clear();
    }

    People people{3};
    Someone& alice = people[0];
    Someone& bob = people[1];
    Someone& carol = people[2];
};

TEST_F(MessengerTest, asks_for_prekeys_before_the_first_message) {
    const MessageId id = alice.say(bob, "hello");
    EXPECT_EQ(alice.messenger().wants_bundle(), std::vector{bob.key()});
    EXPECT_TRUE(alice.messenger().parcels().empty());
    EXPECT_EQ(alice.messenger().bundle_came(bob.messenger().bundle_to_hand_out()),
              std::error_code());
    EXPECT_TRUE(alice.messenger().wants_bundle().empty());

    const auto parcels = alice.messenger().parcels();
    ASSERT_EQ(parcels.size(), 1u);
    EXPECT_EQ(parcels[0].to, bob.key());
    EXPECT_EQ(bob.messenger().receive(parcels[0].envelope), std::error_code());
    ASSERT_EQ(bob.texts(), Texts{"hello"});
    EXPECT_EQ(bob.came[0].from, alice.key());
    EXPECT_EQ(bob.came[0].id, id);
    EXPECT_EQ(alice.mark(id), Mark::waiting);

    people.carry(bob);
    EXPECT_EQ(alice.mark(id), Mark::delivered);
    EXPECT_TRUE(alice.messenger().parcels().empty());
}

TEST_F(MessengerTest, tells_how_far_a_message_has_come) {
    const MessageId id = alice.say(bob, "hello");
    people.bring_bundles(alice);
    const Parcel parcel = alice.messenger().parcels().at(0);
    alice.messenger().is_at_relay(parcel.number);
    alice.messenger().is_at_relay(parcel.number);
    EXPECT_EQ(alice.mark(id), Mark::at_relay);
    EXPECT_EQ(alice.marks_told, 1u);
    EXPECT_EQ(alice.envelopes(), Texts{parcel.envelope}) << "until it is delivered";
    people.settle();
    EXPECT_EQ(alice.mark(id), Mark::delivered);

    bob.messenger().say_read(alice.key(), id);
    bob.messenger().say_read(alice.key(), id);
    bob.messenger().say_read(carol.key(), id);
    people.settle();
    EXPECT_EQ(alice.mark(id), Mark::read);
    EXPECT_EQ(alice.marks_told, 3u);
}

TEST_F(MessengerTest, seals_each_message_once) {
    meet();
    alice.say(bob, "one");
    alice.say(bob, "two");
    const auto before = alice.envelopes();
    alice.open();
    EXPECT_EQ(alice.envelopes(), before);
    people.settle();
    EXPECT_EQ(bob.texts(), (Texts{"one", "two"}));
}

TEST_F(MessengerTest, tells_doubled_messages_once_and_says_again_that_they_came) {
    const MessageId id = alice.say(bob, "hello");
    people.bring_bundles(alice);
    const std::string envelope = alice.envelopes().at(0);
    EXPECT_EQ(bob.messenger().receive(envelope), std::error_code());
    for (const Parcel& parcel : bob.messenger().parcels()) {
        bob.messenger().was_taken(parcel.number);  // and yet it was lost
    }
    EXPECT_TRUE(bob.messenger().parcels().empty());
    EXPECT_EQ(bob.messenger().receive(envelope), Errc::replayed);
    EXPECT_EQ(bob.texts(), Texts{"hello"});
    EXPECT_TRUE(bob.notices.empty());
    people.carry(bob);
    EXPECT_EQ(alice.mark(id), Mark::delivered);
}

TEST_F(MessengerTest, has_one_receipt_for_all_that_came) {
    meet();
    for (const char* text : {"one", "two", "three"}) alice.say(bob, text);
    people.carry(alice);
    const auto parcels = bob.messenger().parcels();
    ASSERT_EQ(parcels.size(), 1u);
    EXPECT_EQ(bob.messenger().parcels().at(0).number, parcels[0].number);
    bob.messenger().is_at_relay(parcels[0].number);
    EXPECT_TRUE(bob.messenger().parcels().empty());
    EXPECT_EQ(alice.messenger().receive(parcels[0].envelope), std::error_code());
    EXPECT_TRUE(alice.all_are(Mark::delivered));
    EXPECT_EQ(alice.messenger().receive(parcels[0].envelope), Errc::replayed);
    EXPECT_TRUE(alice.messenger().parcels().empty()) << "receipts have no receipts";
}

TEST_F(MessengerTest, notices_what_is_missing_until_it_comes) {
    meet();
    for (const char* text : {"one", "two", "three", "four"}) alice.say(bob, text);
    const auto sealed = alice.envelopes();
    EXPECT_EQ(bob.messenger().receive(sealed[2]), std::error_code());
    ASSERT_EQ(bob.noticed(Notice::Kind::missing), 1u);
    EXPECT_EQ(bob.notices.back().place, Place(alice.key()));
    EXPECT_EQ(bob.notices.back().text, "2 messages before this have not come");
    for (const std::size_t number : {1u, 0u, 3u}) {
        EXPECT_EQ(bob.messenger().receive(sealed[number]), std::error_code());
    }
    EXPECT_EQ(bob.noticed(Notice::Kind::missing), 1u);
    EXPECT_EQ(bob.texts(), (Texts{"three", "two", "one", "four"}));
}

TEST_F(MessengerTest, notices_that_the_first_message_is_missing) {
    alice.say(bob, "one");
    alice.say(bob, "two");
    people.bring_bundles(alice);
    EXPECT_EQ(bob.messenger().receive(alice.envelopes().at(1)), std::error_code());
    ASSERT_EQ(bob.noticed(Notice::Kind::missing), 1u);
    EXPECT_EQ(bob.notices.back().text, "one message before this has not come");
}

TEST_F(MessengerTest, lets_both_begin_at_once) {
    alice.say(bob, "from alice");
    bob.say(alice, "from bob");
    people.bring_bundles(alice);
    people.bring_bundles(bob);
    const auto of_alice = alice.envelopes();
    const auto of_bob = bob.envelopes();
    EXPECT_EQ(bob.messenger().receive(of_alice.at(0)), std::error_code());
    EXPECT_EQ(alice.messenger().receive(of_bob.at(0)), std::error_code());
    people.settle();
    alice.say(bob, "more of alice");
    bob.say(alice, "more of bob");
    people.settle();
    EXPECT_EQ(bob.texts(), (Texts{"from alice", "more of alice"}));
    EXPECT_EQ(alice.texts(), (Texts{"from bob", "more of bob"}));
    EXPECT_TRUE(alice.all_are(Mark::delivered) && bob.all_are(Mark::delivered));
    EXPECT_TRUE(alice.notices.empty() && bob.notices.empty());
}

TEST_F(MessengerTest, begins_anew_with_who_lost_their_vault) {
    meet();
    alice.say(bob, "before");
    bob.lose_vault();
    people.settle();
    EXPECT_EQ(bob.texts(), Texts{"before"}) << "though bob said nothing";
    EXPECT_TRUE(alice.all_are(Mark::delivered));
    EXPECT_EQ(bob.noticed(Notice::Kind::missing), 0u);
    bob.say(alice, "answer");
    alice.say(bob, "after");
    people.settle();
    EXPECT_EQ(alice.texts(), Texts{"answer"});
    EXPECT_EQ(bob.texts(), (Texts{"before", "after"}));
    EXPECT_TRUE(alice.all_are(Mark::delivered));
}

TEST_F(MessengerTest, seals_all_that_waits_anew_for_who_begins_anew) {
    meet();
    alice.say(bob, "one");
    alice.say(bob, "two");
    bob.lose_vault();
    bob.say(alice, "hello again");
    people.bring_bundles(bob);
    EXPECT_EQ(alice.messenger().receive(bob.envelopes().at(0)), std::error_code());
    for (const Parcel& parcel : alice.messenger().parcels()) {
        EXPECT_EQ(bob.messenger().receive(parcel.envelope), std::error_code());
    }
    EXPECT_EQ(bob.texts(), (Texts{"one", "two"}));
    EXPECT_TRUE(bob.notices.empty());
}

TEST_F(MessengerTest, seals_receipts_anew_for_who_lost_their_vault) {
    meet();
    bob.say(alice, "to be receipted");
    people.carry(bob);
    const auto stale = alice.envelopes();
    ASSERT_EQ(stale.size(), 1u);
    bob.lose_vault();
    EXPECT_EQ(bob.messenger().receive(stale[0]), Errc::auth_failed);
    people.carry(bob);
    people.settle();
    EXPECT_TRUE(alice.messenger().parcels().empty());
    EXPECT_EQ(bob.noticed(Notice::Kind::refused), 1u);
}

TEST_F(MessengerTest, tells_nothing_twice_that_is_sealed_anew) {
    meet();
    const MessageId id = alice.say(bob, "once");
    EXPECT_EQ(bob.messenger().receive(alice.envelopes().at(0)), std::error_code());
    bob.messenger().was_taken(bob.messenger().parcels().at(0).number);  // and yet it was lost
    people.clock().advance(std::chrono::hours(2));
    EXPECT_EQ(people.bring(bob, {alice.key(), "ratchet", "nonsense"}), Errc::auth_failed);
    people.carry(bob);
    const std::string anew = alice.envelopes().at(0);
    EXPECT_EQ(bob.messenger().receive(anew), Errc::replayed);
    EXPECT_EQ(bob.texts(), Texts{"once"});
    people.carry(bob);
    EXPECT_EQ(alice.mark(id), Mark::delivered);
}

TEST_F(MessengerTest, keeps_what_an_event_did_with_what_it_was_told_of) {
    meet();
    bob.on_came = [&](const Someone::Came& one) {
        bob.vault().put("test", one.id, "seen");
        bob.say(alice, "re: " + one.text);
    };
    const MessageId id = alice.say(bob, "ping");
    people.settle();
    EXPECT_EQ(alice.texts(), Texts{"re: ping"});
    EXPECT_EQ(bob.vault().get("test", id), "seen");

    bob.on_came = [](const Someone::Came&) { throw std::runtime_error("no room"); };
    alice.say(bob, "again");
    const std::string envelope = alice.envelopes().back();
    EXPECT_THROW(bob.messenger().receive(envelope), std::runtime_error);
    bob.on_came = {};
    EXPECT_EQ(bob.messenger().receive(envelope), std::error_code()) << "as if it had not come";
}

TEST_F(MessengerTest, has_prekeys_for_relays_and_for_those_who_ask) {
    std::set<std::uint32_t> ids;
    const auto for_relay = alice.messenger().prekeys_for_relay(0);
    EXPECT_EQ(for_relay.size(), one_time_prekeys_laid_out);
    for (const OneTimePrekey& prekey : for_relay) ids.insert(prekey.id);
    EXPECT_TRUE(alice.messenger().prekeys_for_relay(one_time_prekeys_min).empty());
    EXPECT_FALSE(alice.messenger().bundle().one_time_prekey);

    std::size_t handed_out = 0;
    while (const auto prekey = alice.messenger().bundle_to_hand_out().one_time_prekey) {
        EXPECT_TRUE(ids.insert(prekey->id).second) << "each once";
        ++handed_out;
    }
    EXPECT_EQ(handed_out, one_time_prekeys_laid_out) << "nobody may ask for more in one day";
    people.clock().advance(std::chrono::hours(25));
    EXPECT_TRUE(alice.messenger().bundle_to_hand_out().one_time_prekey);

    const auto before = alice.messenger().bundle().signed_prekey.id;
    EXPECT_FALSE(alice.messenger().renew_keys());
    people.clock().advance(std::chrono::hours(24 * 7));
    EXPECT_TRUE(alice.messenger().renew_keys());
    EXPECT_NE(alice.messenger().bundle().signed_prekey.id, before);
}

TEST_F(MessengerTest, says_why_something_cannot_be_sent) {
    Messenger& messenger = alice.messenger();
    EXPECT_EQ(messenger.send(bob.key(), {"text", std::string(content_size_max + 1, 'x')}).error(),
              Errc::too_large);
    EXPECT_EQ(messenger.send(alice.key(), {"text", ""}).error(), Errc::unsupported);
    for (const std::string& kind : {std::string(), std::string("receipt"), std::string("\xff"),
                                    std::string(content_kind_max + 1, 'x')}) {
        EXPECT_THROW((void)messenger.send(bob.key(), {kind, ""}), std::invalid_argument) << kind;
    }
    const std::string largest(content_size_max, 'x');
    EXPECT_TRUE(messenger.send(bob.key(), {std::string(content_kind_max, 'k'), largest}));
    people.settle();
    EXPECT_EQ(bob.texts(), Texts{largest});
}

TEST_F(MessengerTest, bounds_how_many_messages_wait_for_one_person) {
    Vault::Transaction transaction(alice.vault());
    for (std::size_t number = 0; number < waiting_messages_max; ++number) {
        ASSERT_TRUE(alice.messenger().send(bob.key(), {"text", ""}));
    }
    EXPECT_EQ(alice.messenger().send(bob.key(), {"text", ""}).error(), Errc::queue_full);
    EXPECT_TRUE(alice.messenger().send(carol.key(), {"text", ""}));
}

TEST_F(MessengerTest, bounds_how_many_bytes_wait) {
    Vault::Transaction transaction(alice.vault());
    const Content large{"text", std::string(content_size_max, 'x')};
    std::size_t sent = 0;
    const auto send_all = [&](const PublicKey& to) {
        const std::size_t before = sent;
        while (alice.messenger().send(to, large)) ++sent;
        return (sent - before) * content_size_max;
    };
    EXPECT_GT(send_all(bob.key()), waiting_bytes_of_one_max - 3 * content_size_max);
    EXPECT_LE(sent * content_size_max, waiting_bytes_of_one_max);
    EXPECT_GT(send_all(carol.key()), 0u) << "who takes nothing leaves room for others";
    while (send_all(Identity::make(*people.environment().random).public_key()) > 0) {
    }
    EXPECT_GT(sent * content_size_max, waiting_bytes_max - 3 * content_size_max);
    EXPECT_LE(sent * content_size_max, waiting_bytes_max);
}

}  // namespace
}  // namespace netaio::chat
