#include <gtest/gtest.h>

#include <netaio/chat/ratchet.hpp>
#include <netaio/chat/x3dh.hpp>
#include <netaio/packify.hpp>

#include "messenger_testbed.hpp"

namespace netaio::chat {
namespace {

using messenger_test::People;
using messenger_test::Someone;
using Texts = std::vector<std::string>;

// Somebody who writes what no messenger does.
class Forger {
public:
    Forger(People& people, const PrekeyBundle& bundle)
        : people_(people),
          to_(people.of(bundle.identity)),
          begun_(x3dh_begin(identity_, bundle, now(), random()).value()),
          ratchet_(Ratchet::begin(begun_.secret.shared, begun_.their_prekey, random()).value()) {}

    const PublicKey& key() const { return identity_.public_key(); }
    RatchetMessage encrypted(const Value& message) {
        return ratchet_.encrypt(pack(message).value(), begun_.secret.associated_data).value();
    }
    // As somebody says it is from.
    Letter letter(const RatchetMessage& message, const PublicKey& from) const {
        const Dict body{{"header", begun_.header.to_value()}, {"message", message.to_value()}};
        return {from, "x3dh", pack(body).value()};
    }
    std::error_code say(const Value& message) {
        return people_.bring(to_, letter(encrypted(message), key()));
    }
    static Dict message() {
        return {{"id", Bytes(std::string(16, 'i'))},
                {"kind", "text"},
                {"bytes", Bytes("text")},
                {"at", 1},
                {"count", Bytes(std::string(8, 'c'))},
                {"number", 1},
                {"first", 1}};
    }
    static Dict with(std::string_view field, Value value) {
        Dict changed = message();
        changed.set(std::string(field), std::move(value));
        return changed;
    }

private:
    std::uint64_t now() const { return people_.environment().clock->unix_seconds(); }
    Random& random() const { return *people_.environment().random; }

    People& people_;
    Someone& to_;
    Identity identity_ = Identity::make(random());
    X3dhBegun begun_;
    Ratchet ratchet_;
};

class MessengerHostileTest : public testing::Test {
protected:
    void meet() {
        alice.say(bob, "hello");
        people.settle();
        bob.say(alice, "hello too");
        people.settle();
        bob.came.clear();
    }
    std::error_code bob_gets(const std::string& envelope) {
        return bob.messenger().receive(envelope);
    }

    People people{3};
    Someone& alice = people[0];
    Someone& bob = people[1];
    Someone& carol = people[2];
};

TEST_F(MessengerHostileTest, refuses_envelopes_that_are_for_others_or_were_changed) {
    alice.say(bob, "secret");
    people.bring_bundles(alice);
    const std::string envelope = alice.envelopes().at(0);
    EXPECT_EQ(carol.messenger().receive(envelope), Errc::decrypt_failed);
    EXPECT_EQ(carol.noticed(Notice::Kind::refused), 1u);
    std::size_t refused = 0;
    for (std::size_t at = 0; at < envelope.size(); at += 37) {
        std::string changed = envelope;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_NE(bob_gets(changed), std::error_code()) << at;
        EXPECT_EQ(bob.noticed(Notice::Kind::refused), ++refused);
    }
    EXPECT_NE(bob_gets(""), std::error_code());
    EXPECT_NE(bob_gets(envelope.substr(1)), std::error_code());
    EXPECT_TRUE(bob.came.empty());
    EXPECT_TRUE(bob.messenger().wants_bundle().empty());
    EXPECT_EQ(bob_gets(envelope), std::error_code());
}

TEST_F(MessengerHostileTest, refuses_letters_that_are_none) {
    for (const char* inside : {"", "nonsense"}) {
        const auto envelope = seal_envelope(bob.key(), inside, *people.environment().random);
        EXPECT_EQ(bob_gets(*envelope), Errc::malformed);
    }
    EXPECT_EQ(people.bring(bob, {bob.key(), "ratchet", ""}), Errc::malformed) << "from oneself";
    EXPECT_EQ(people.bring(bob, {alice.key(), "later", ""}), Errc::unsupported);
    for (const char* kind : {"x3dh", "ratchet"}) {
        for (const Value& body : {Value(), Value(Dict{}), Value(Dict{{"header", Dict{}}})}) {
            EXPECT_EQ(people.bring(bob, {alice.key(), kind, pack(body).value()}),
                      Errc::auth_failed);
        }
    }
    EXPECT_EQ(bob.noticed(Notice::Kind::refused), 10u);
}

TEST_F(MessengerHostileTest, refuses_who_begins_as_somebody_else) {
    Forger forger(people, bob.messenger().bundle());
    const RatchetMessage message = forger.encrypted(Forger::message());
    EXPECT_EQ(people.bring(bob, forger.letter(message, alice.key())), Errc::auth_failed);
    EXPECT_TRUE(bob.came.empty());
    EXPECT_EQ(bob.noticed(Notice::Kind::refused), 1u);
    EXPECT_EQ(people.bring(bob, forger.letter(message, forger.key())), std::error_code());
    EXPECT_EQ(bob.texts(), Texts{"text"});
}

TEST_F(MessengerHostileTest, refuses_what_others_say_in_the_name_of_who_has_a_session) {
    meet();
    Forger forger(people, bob.messenger().bundle());
    const auto message = forger.encrypted(Forger::message());
    const Letter letter{alice.key(), "ratchet", pack(message.to_value()).value()};
    EXPECT_EQ(people.bring(bob, letter), Errc::auth_failed);
    EXPECT_EQ(bob.notices.back().place, Place(alice.key()));
    EXPECT_TRUE(bob.came.empty());
    alice.say(bob, "really");
    people.settle();
    EXPECT_EQ(bob.texts(), Texts{"really"}) << "the session is as it was";
    EXPECT_TRUE(bob.messenger().parcels().empty());
}

TEST_F(MessengerHostileTest, refuses_messages_that_make_no_sense) {
    Forger forger(people, bob.messenger().bundle());
    for (const Value& message :
         {Value(), Value(Forger::with("id", Bytes("short"))), Value(Forger::with("kind", "")),
          Value(Forger::with("kind", std::string(65, 'k'))), Value(Forger::with("kind", 1)),
          Value(Forger::with("bytes", Bytes(std::string(content_size_max + 1, 'x')))),
          Value(Forger::with("at", "now")), Value(Forger::with("count", Bytes(""))),
          Value(Forger::with("count", Bytes("123456789"))), Value(Forger::with("number", 0)),
          Value(Forger::with("number", -1)), Value(Forger::with("first", 0)),
          Value(Forger::with("first", 2)), Value(Forger::with("kind", "receipt"))}) {
        EXPECT_EQ(forger.say(message), Errc::malformed);
    }
    EXPECT_EQ(bob.noticed(Notice::Kind::refused), 14u);
    EXPECT_TRUE(bob.came.empty());
    EXPECT_EQ(forger.say(Forger::message()), std::error_code()) << "the session goes on";
}

TEST_F(MessengerHostileTest, bears_numbers_of_any_size) {
    Forger forger(people, bob.messenger().bundle());
    constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t number = largest;
    for (unsigned char of = 0; of < 200; ++of, number = of * 3 + 2) {
        Dict message = Forger::with("number", number);
        message.set("id", Bytes(std::string(16, static_cast<char>(of))));
        EXPECT_EQ(forger.say(message), std::error_code()) << number;
    }
    EXPECT_EQ(bob.came.size(), 200u);
    EXPECT_EQ(bob.notices.front().text,
              std::to_string(largest - 1) + " messages before this have not come");
    for (unsigned char of = 0; of < 10; ++of) {
        Dict message = Forger::with("count", Bytes(std::string(8, static_cast<char>(of))));
        message.set("id", Bytes(std::string(16, static_cast<char>(of + 200))));
        EXPECT_EQ(forger.say(message), std::error_code());
    }
    bob.open();
    EXPECT_EQ(bob.came.size(), 210u);
}

TEST_F(MessengerHostileTest, lets_nobody_say_what_came_of_messages_to_others) {
    meet();
    const MessageId id = alice.say(bob, "for bob");
    Forger forger(people, alice.messenger().bundle());
    const Dict receipt{
        {"delivered", Bytes(ByteView(id))}, {"read", Bytes(ByteView(id))}, {"again", Bytes("")}};
    Dict message = Forger::with("kind", "receipt");
    message.set("bytes", Bytes(pack(receipt).value()));
    EXPECT_EQ(forger.say(message), std::error_code());
    EXPECT_EQ(alice.mark(id), Mark::waiting);
    EXPECT_EQ(alice.envelopes().size(), 1u);
}

TEST_F(MessengerHostileTest, knows_beginnings_again_that_have_no_one_time_prekey) {
    alice.say(bob, "first");
    alice.messenger().bundle_came(bob.messenger().bundle());
    const std::string first = alice.envelopes().at(0);
    people.settle();
    // So many sessions that the first is forgotten.
    for (int session = 0; session < 6; ++session) {
        alice.lose_vault();
        alice.say(bob, "anew");
        people.settle();
    }
    bob.came.clear();
    EXPECT_EQ(bob_gets(first), Errc::replayed);
    // The same beginning with an envelope that is new.
    const std::string inside = open_envelope(bob.identity(), first).value();
    EXPECT_EQ(people.bring(bob, Letter::unpack(inside).value()), Errc::replayed);
    EXPECT_TRUE(bob.came.empty());
    alice.notices.clear();
    bob.say(alice, "in the session of now");
    people.carry(bob);
    EXPECT_TRUE(alice.notices.empty());
}

TEST_F(MessengerHostileTest, notices_a_one_time_prekey_that_is_handed_out_twice) {
    const PrekeyBundle bundle = bob.messenger().bundle_to_hand_out();
    alice.say(bob, "from alice");
    carol.say(bob, "from carol");
    EXPECT_EQ(alice.messenger().bundle_came(bundle), std::error_code());
    EXPECT_EQ(carol.messenger().bundle_came(bundle), std::error_code());
    EXPECT_EQ(bob_gets(alice.envelopes().at(0)), std::error_code());
    EXPECT_EQ(bob_gets(carol.envelopes().at(0)), Errc::stale);
    EXPECT_EQ(bob.noticed(Notice::Kind::prekey_again), 1u);
    // Bob begins with her instead.
    people.settle();
    EXPECT_EQ(bob.texts(), (Texts{"from alice", "from carol"}));
    EXPECT_TRUE(carol.all_are(Mark::delivered));
}

TEST_F(MessengerHostileTest, notices_keys_that_are_older_than_before) {
    const PrekeyBundle old = bob.messenger().bundle();
    people.clock().advance(std::chrono::hours(24 * 8));
    ASSERT_TRUE(bob.messenger().renew_keys());
    meet();
    EXPECT_EQ(alice.messenger().bundle_came(old), Errc::stale);
    EXPECT_EQ(alice.noticed(Notice::Kind::prekey_again), 1u);
    EXPECT_EQ(alice.notices.back().place, Place(bob.key()));
}

TEST_F(MessengerHostileTest, refuses_keys_that_their_owner_did_not_sign) {
    alice.say(bob, "secret");
    PrekeyBundle forged = carol.messenger().bundle();
    forged.identity = bob.key();
    EXPECT_EQ(alice.messenger().bundle_came(forged), Errc::auth_failed);
    EXPECT_EQ(alice.noticed(Notice::Kind::refused), 1u);
    people.clock().advance(std::chrono::hours(24 * 40));
    EXPECT_EQ(alice.messenger().bundle_came(bob.messenger().bundle()), Errc::stale);
    EXPECT_TRUE(alice.messenger().parcels().empty());
    EXPECT_EQ(alice.messenger().bundle_came(carol.messenger().bundle()), Errc::stale);
    EXPECT_EQ(alice.messenger().wants_bundle(), std::vector{bob.key()});
}

TEST_F(MessengerHostileTest, begins_anew_though_the_clock_was_set_back) {
    meet();
    people.clock().advance(-std::chrono::hours(24 * 365));
    people.bring(alice, {bob.key(), "ratchet", "nonsense"});
    EXPECT_EQ(alice.messenger().wants_bundle(), std::vector{bob.key()});
}

TEST_F(MessengerHostileTest, wants_the_keys_of_so_many_that_write_nonsense) {
    for (int stranger = 0; stranger < 110; ++stranger) {
        const Identity identity = Identity::make(*people.environment().random);
        people.bring(bob, {identity.public_key(), "ratchet", "nonsense"});
    }
    bob.say(alice, "hello");
    EXPECT_EQ(bob.messenger().wants_bundle().size(), 101u);
    EXPECT_TRUE(bob.messenger().parcels().empty());
    people.bring_bundles(alice);
    const auto wanted = bob.messenger().wants_bundle();
    EXPECT_NE(std::ranges::find(wanted, alice.key()), wanted.end());
}

TEST_F(MessengerHostileTest, seals_anew_what_cannot_be_opened_any_more) {
    meet();
    // All at once, as that many writes to the disk take long.
    Vault::Transaction of_alice(alice.vault());
    Vault::Transaction of_bob(bob.vault());
    // More is missing in one row than anybody keeps keys of.
    for (int number = 0; number < 1'500; ++number) alice.say(bob, std::to_string(number));
    const auto sealed = alice.envelopes();
    EXPECT_EQ(bob_gets(sealed.at(0)), std::error_code());
    bob.say(alice, "heard one");
    people.carry(bob);
    alice.say(bob, "last");
    EXPECT_EQ(bob_gets(alice.envelopes().back()), std::error_code());
    EXPECT_EQ(bob_gets(sealed.at(1'400)), Errc::replayed);
    people.settle(6);
    EXPECT_EQ(bob.came.size(), 1'501u);
    EXPECT_TRUE(alice.all_are(Mark::delivered));
}

}  // namespace
}  // namespace netaio::chat
