#include "rooms_testbed.hpp"

namespace netaio::chat {
namespace {

using namespace std::chrono_literals;

// What cannot be sent to a member when it is said.
class RoomsDebtsTest : public RoomsTest {
protected:
    Line last_of(const RoomsPerson& who) { return who.rooms->order(room, 0, 1).at(0); }
    void deliver_but_to(const RoomsPerson& away) {
        bed.deliver_if([&](const Carried& carried) { return carried.to != away.key(); });
    }
    Texts say_many(RoomsPerson& who, std::size_t count) {
        Texts texts;
        for (std::size_t number = 1; number <= count; ++number) {
            texts.push_back(std::to_string(number));
            say(who, texts.back());
        }
        return texts;
    }
    void restart_all() {
        for (const auto& person : bed.people) person->start();
    }
};

TEST_F(RoomsDebtsTest, AMessageIsMarkedWhenAlsoThoseHaveItToWhomItCouldNotBeSent) {
    bed.rooms_for[carol.key()] = 0;
    say(alice, "one");
    say(alice, "two");
    bed.deliver();
    EXPECT_TRUE(alice.marks.empty());
    EXPECT_EQ(last_of(alice).reach, (Reach{2, 1, 0}));
    alice.start();
    bed.pass(60s);
    bed.deliver();
    EXPECT_EQ(last_of(alice).mark, Mark::waiting);
    bed.rooms_for.clear();
    bed.pass(60s);
    bed.deliver();
    EXPECT_EQ(alice.marks, (std::vector{Mark::delivered, Mark::delivered}));
    EXPECT_EQ(last_of(alice).reach, (Reach{2, 2, 0}));
    expect_all({"one", "two"});
}

TEST_F(RoomsDebtsTest, WhatIsOwedIsAtNoRelay) {
    bed.rooms_for[carol.key()] = 0;
    say(alice, "one");
    for (const Carried& carried : bed.way) {
        alice.rooms->marked(carried.to, carried.id, Mark::at_relay);
    }
    EXPECT_EQ(last_of(alice).mark, Mark::waiting);
}

TEST_F(RoomsDebtsTest, WhoComesBackIsSentAllAsSoonAsThereIsRoom) {
    bed.rooms_for[carol.key()] = 10;
    const Texts texts = say_many(alice, 300);
    deliver_but_to(carol);
    EXPECT_TRUE(alice.marks.empty());
    restart_all();
    bed.deliver();
    expect_all(texts);
    EXPECT_EQ(carol.said, texts);
    EXPECT_TRUE(carol.notices.empty());
    EXPECT_EQ(alice.marks.size(), texts.size());
    say(alice, "more");
    EXPECT_EQ(bed.way.size(), 2u) << "nothing is owed";
}

TEST_F(RoomsDebtsTest, WhatWasSaidByTwoComesThoughMoreIsOwedByOne) {
    bed.rooms_for[carol.key()] = 10;
    for (int round = 0; round < 50; ++round) {
        say(alice, "alice " + std::to_string(round));
        if (round % 10 == 0) say(bob, "bob " + std::to_string(round));
        deliver_but_to(carol);
    }
    for (int minute = 0; minute < 5; ++minute) {
        bed.deliver();
        bed.pass(60s);
    }
    EXPECT_EQ(carol.texts(room).size(), 55u);
    expect_all(alice.texts(room));
    EXPECT_EQ(last_of(alice).mark, Mark::delivered);
}

TEST_F(RoomsDebtsTest, LogAndKeysAreOwedAsWellAndHoweverLongItTakes) {
    bed.rooms_for[carol.key()] = 0;
    EXPECT_FALSE(alice.rooms->rename(room, "Flur"));
    EXPECT_FALSE(alice.rooms->invite(room, dave.key()));
    Texts texts;
    for (int day = 0; day < 20; ++day) {
        say(alice, texts.emplace_back("day " + std::to_string(day)));
        bed.pass(24h);
        bed.deliver();
        if (day % 7 == 0) restart_all();
    }
    EXPECT_FALSE(alice.rooms->remove(room, bob.key()));
    bed.deliver();
    bed.rooms_for.clear();
    bed.pass(60s);
    bed.deliver_if([&](const Carried& carried) {
        EXPECT_FALSE(is(carried, room_kind::ask)) << "all comes in order";
        return true;
    });
    EXPECT_EQ(carol.texts(room), texts);
    EXPECT_EQ(carol.view().name, "Flur");
    EXPECT_EQ(carol.view().members, (std::vector{alice.key(), carol.key(), dave.key()}));
    EXPECT_TRUE(carol.notices.empty());
    say(carol, "back");
    bed.deliver();
    EXPECT_EQ(alice.said.back(), "back");
}

TEST_F(RoomsDebtsTest, NothingSaidIsOwedToWhoWasRemovedButThatTheyWere) {
    bed.rooms_for[carol.key()] = 1;
    say(alice, "sent");
    say(alice, "owed");
    deliver_but_to(carol);
    EXPECT_FALSE(alice.rooms->remove(room, carol.key()));
    EXPECT_EQ(alice.marks, (std::vector{Mark::delivered, Mark::delivered}));
    EXPECT_EQ(last_of(alice).reach, (Reach{1, 1, 0}));
    restart_all();
    bed.deliver();
    EXPECT_EQ(carol.said, (Texts{"sent", "removed you from this room"}));
    EXPECT_EQ(carol.view().members, (std::vector{alice.key(), bob.key()}));
}

TEST_F(RoomsDebtsTest, ThatSomebodyWantsToLeaveIsOwedToTheOwner) {
    bed.rooms_for[alice.key()] = 0;
    EXPECT_FALSE(carol.rooms->leave(room));
    bed.rooms_for.clear();
    for (int round = 0; round < 2; ++round) {
        bed.pass(60s);
        bed.deliver();
    }
    EXPECT_FALSE(carol.view().is_member);
}

TEST_F(RoomsDebtsTest, WhoIsInvitedAgainDoesNotLeaveBecauseTheyWantedToBefore) {
    for (const bool at_once : {false, true}) {
        bed.rooms_for[alice.key()] = 0;
        EXPECT_FALSE(carol.rooms->leave(room));
        EXPECT_FALSE(alice.rooms->remove(room, carol.key()));
        if (!at_once) bed.deliver();
        EXPECT_FALSE(alice.rooms->invite(room, carol.key()));
        if (at_once) carol.start();
        bed.deliver();
        bed.rooms_for.clear();
        for (int round = 0; round < 2; ++round) {
            bed.pass(60s);
            bed.deliver();
        }
        EXPECT_TRUE(carol.view().is_member) << at_once;
        EXPECT_EQ(alice.view().members.size(), 3u) << at_once;
    }
}

TEST_F(RoomsDebtsTest, ARoomThatAnotherOwnsIsToldThatItIsSplitOnceThereIsRoom) {
    bed.rooms_for[carol.key()] = 0;
    EXPECT_FALSE(alice.rooms->name_stand_in(room, bob.key()));
    deliver_but_to(carol);
    // Neither knows what the other writes.
    EXPECT_FALSE(alice.rooms->rename(room, "one"));
    EXPECT_FALSE(bob.rooms->rename(room, "other"));
    bed.deliver();
    EXPECT_EQ(bob.noticed(Notice::Kind::room_split), 1u);
    EXPECT_EQ(carol.noticed(Notice::Kind::room_split), 0u);
    bed.rooms_for.clear();
    for (int round = 0; round < 3; ++round) {
        bed.pass(60s);
        bed.deliver();
    }
    EXPECT_EQ(carol.noticed(Notice::Kind::room_split), 1u);
}

}  // namespace
}  // namespace netaio::chat
