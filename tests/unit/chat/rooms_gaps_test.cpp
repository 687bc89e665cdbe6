#include <netaio/packify.hpp>

#include "room.hpp"
#include "rooms_testbed.hpp"

namespace netaio::chat {
namespace {

using namespace std::chrono_literals;

// Much that did not come to carol.
class RoomsGapsTest : public RoomsTest {
protected:
    // Of what alice says all comes to bob, and to carol what `comes` to her by its number.
    Texts alice_says(std::size_t count, const std::function<bool(std::size_t)>& comes) {
        Texts texts;
        std::size_t for_carol = 0;
        for (std::size_t number = 0; number < count; ++number) {
            say(alice, texts.emplace_back(std::to_string(number)));
        }
        std::erase_if(bed.way, [&](const Carried& carried) {
            return carried.to == carol.key() && !comes(for_carol++);
        });
        return texts;
    }
    // While alice is away.
    std::size_t deliver_without_alice() {
        std::size_t asks = 0;
        bed.deliver_if([&](const Carried& carried) {
            asks += is(carried, room_kind::ask);
            return carried.to != alice.key();
        });
        bed.way.clear();
        return asks;
    }
};

TEST_F(RoomsGapsTest, HundredsOfMessagesComeFromWhoeverHasThemWithoutATimeBetween) {
    Texts texts = alice_says(1'500, [](std::size_t) { return false; });
    bed.deliver();
    EXPECT_TRUE(carol.said.empty());
    say(bob, texts.emplace_back("last"));
    EXPECT_LE(deliver_without_alice(), 16u);
    EXPECT_EQ(carol.texts(room), texts);
    EXPECT_EQ(carol.said, texts);
    EXPECT_EQ(carol.notices.size(), 1u) << "that messages are missing";
}

TEST_F(RoomsGapsTest, WhatThereWasNoPlaceForIsAskedForAgain) {
    const std::size_t count = held_messages_max + 300;
    const Texts texts = alice_says(count, [](std::size_t number) { return number > 0; });
    bed.deliver();
    EXPECT_EQ(carol.notices.size(), 2u) << "that messages are missing, and that some were let go";
    carol.start();
    for (int minute = 0; minute < 3; ++minute) {
        bed.pass(60s);
        bed.deliver();
    }
    EXPECT_EQ(carol.texts(room), texts);
    bed.pass(60s);
    EXPECT_TRUE(bed.way.empty()) << "nothing is asked for any more";
}

TEST_F(RoomsGapsTest, ThatThereIsMoreIsBelievedOfMembersAndAsLongAsAnythingComes) {
    alice_says(3, [](std::size_t number) { return number > 0; });
    bed.deliver_if([](const Carried& carried) { return is(carried, room_kind::message); });
    bed.way.clear();
    const Content more = pack_more(room);
    EXPECT_FALSE(bed.hand_in({dave.key(), carol.key(), {}, more}));
    EXPECT_FALSE(bed.hand_in({bob.key(), carol.key(), {}, more}));
    EXPECT_TRUE(bed.way.empty()) << "nothing came yet";
    say(carol, "something");
    bed.way.clear();
    for (int time = 0; time < 3; ++time) bed.hand_in({bob.key(), carol.key(), {}, more});
    EXPECT_EQ(bed.way.size(), 1u);
    EXPECT_EQ(dave.rooms->came(bob.key(), more), Errc::not_connected);
}

TEST_F(RoomsGapsTest, WhoAsksAgainAtOnceIsNotSentTheSameAgain) {
    const Texts texts = alice_says(150, [](std::size_t) { return false; });
    bed.deliver();
    say(bob, "last");
    bed.deliver_if([](const Carried& carried) { return is(carried, room_kind::message); });
    ASSERT_EQ(bed.way.size(), 1u);
    const Carried ask = bed.way.front();
    bed.way.clear();
    for (const std::size_t sent : {101u, 50u, 0u}) {
        bed.hand_in(ask);
        EXPECT_EQ(bed.way.size(), sent);
        bed.way.clear();
    }
    bed.pass(60s);
    bed.way.clear();
    bed.hand_in(ask);
    EXPECT_EQ(bed.way.size(), 101u) << "it was lost";
    bed.way.clear();
    // Who does not say what they know.
    const MessageHash asked = AskContent::unpack(ask.content.bytes)->messages.at(0);
    bed.hand_in({carol.key(), bob.key(), {}, AskContent{.room = room, .messages = {asked}}.pack()});
    EXPECT_EQ(bed.way.size(), 1u);
}

TEST_F(RoomsGapsTest, WhoAsksForMoreThanMayWaitForThemIsBroughtWhatMayAndThatIsLoggedOnce) {
    std::size_t logged = 0;
    bob.environment.log = Log(LogLevel::warning, [&](LogLevel, std::string_view) { ++logged; });
    bob.start();
    alice_says(150, [](std::size_t) { return false; });
    bed.deliver();
    say(bob, "last");
    bed.deliver_if([](const Carried& carried) { return is(carried, room_kind::message); });
    const Carried ask = bed.way.at(0);
    for (const std::size_t may_wait : {10u, 0u}) {
        bed.way.clear();
        logged = 0;
        bed.rooms_for[carol.key()] = may_wait;
        bed.hand_in(ask);
        EXPECT_EQ(bed.way.size(), may_wait);
        EXPECT_EQ(logged, 1u);
    }
}

TEST_F(RoomsGapsTest, AsksSayWhatIsKnown) {
    const AskContent ask{.room = room, .messages = {{1}}, .known = LastNumbers{{bob.key(), 7}}};
    const auto read = AskContent::unpack(ask.pack().bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->known, ask.known);
    EXPECT_EQ(read->messages, ask.messages);
    for (const Value& known : {Value(1), Value(List{Bytes("short")}), Value(List{1}),
                               Value(List{Bytes(bob.key().bytes().str() + std::string(9, 'x'))})}) {
        Dict fields{{"room", Bytes(ByteView(room))}};
        fields.set("known", known);
        EXPECT_EQ(AskContent::unpack(*pack(fields)).error(), Errc::malformed);
    }
    List many;
    for (std::size_t i = 0; i <= last_numbers_max; ++i) {
        many.items.push_back(Bytes(bob.key().bytes().str() + std::string(8, 'x')));
    }
    EXPECT_EQ(
        AskContent::unpack(*pack(Dict{{"room", Bytes(ByteView(room))}, {"known", std::move(many)}}))
            .error(),
        Errc::too_large);
}

}  // namespace
}  // namespace netaio::chat
