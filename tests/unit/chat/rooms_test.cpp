#include <netaio/chat/limits.hpp>

#include "rooms_testbed.hpp"

namespace netaio::chat {
namespace {

TEST_F(RoomsTest, HasTheSameMembersForAll) {
    for (const RoomsPerson* person : {&alice, &bob, &carol}) {
        const RoomView view = person->view();
        EXPECT_EQ(view.id, room);
        EXPECT_EQ(view.name, "Küche");
        EXPECT_EQ(view.owner, alice.key());
        EXPECT_EQ(view.members, (std::vector{alice.key(), bob.key(), carol.key()}));
        EXPECT_TRUE(view.is_member);
        EXPECT_TRUE(person->notices.empty());
        EXPECT_TRUE(person->refusals.empty());
    }
    EXPECT_TRUE(dave.rooms->views().empty());
}

TEST_F(RoomsTest, TellsAllWhatOneSaysInOneOrder) {
    say(alice, "hello");
    say(bob, "at once");
    bed.deliver();
    say(carol, "both seen");
    bed.deliver();
    const Texts order = alice.texts(room);
    ASSERT_EQ(order.size(), 3u);
    EXPECT_EQ(order.back(), "both seen");
    expect_all(order);
    EXPECT_EQ(alice.said, (Texts{"hello", "at once", "both seen"}));
    EXPECT_EQ(bob.said, (Texts{"at once", "hello", "both seen"}));
}

TEST_F(RoomsTest, CountsWhatWasNotShown) {
    say(alice, "one");
    say(alice, "two");
    bed.deliver();
    EXPECT_EQ(alice.view().unread, 0u);
    EXPECT_EQ(bob.view().unread, 2u);
    bob.rooms->shown(room);
    EXPECT_EQ(bob.view().unread, 0u);
}

TEST_F(RoomsTest, GivesLinesPageByPage) {
    for (const char* text : {"1", "2", "3", "4", "5"}) say(alice, text);
    bed.deliver();
    const auto last = bob.rooms->order(room, 0, 2);
    ASSERT_EQ(last.size(), 2u);
    EXPECT_EQ(last[0].text, "4");
    EXPECT_EQ(last[0].from, alice.key());
    const auto before = bob.rooms->order(room, last[0].number, 2);
    ASSERT_EQ(before.size(), 2u);
    EXPECT_EQ(before[0].text, "2");
    EXPECT_EQ(before[1].text, "3");
}

TEST_F(RoomsTest, MarksAMessageWhenAllHaveIt) {
    say(alice, "hello");
    bed.deliver_if([&](const Carried& carried) { return carried.to == bob.key(); });
    EXPECT_TRUE(alice.marks.empty());
    EXPECT_EQ(alice.rooms->order(room, 0, 1).at(0).mark, Mark::waiting);
    for (const Carried& carried : bed.way) {
        alice.rooms->marked(carried.to, carried.id, Mark::at_relay);
    }
    EXPECT_EQ(alice.marks, std::vector{Mark::at_relay});
    bed.deliver();
    EXPECT_EQ(alice.marks, (std::vector{Mark::at_relay, Mark::delivered}));
    EXPECT_EQ(alice.rooms->order(room, 0, 1).at(0).mark, Mark::delivered);
}

TEST_F(RoomsTest, SaysToHowManyAMessageHasCome) {
    say(alice, "hello");
    EXPECT_EQ(alice.rooms->order(room, 0, 1).at(0).reach, (Reach{2, 0, 0}));
    const std::deque<Carried> way = bed.way;
    bed.deliver_if([&](const Carried& carried) { return carried.to == bob.key(); });
    EXPECT_EQ(alice.reach, (Reach{2, 1, 0}));
    for (const auto& person : bed.people) person->start();
    bed.deliver();
    EXPECT_EQ(alice.reach, (Reach{2, 2, 0}));
    for (const Carried& carried : way) {
        alice.rooms->marked(carried.to, carried.id, Mark::read);
        alice.rooms->marked(carried.to, carried.id, Mark::read);
        EXPECT_EQ(alice.reach.read, carried.to == way.front().to ? 1u : 2u);
    }
    EXPECT_EQ(alice.marks, (std::vector{Mark::delivered, Mark::read}));
    EXPECT_EQ(alice.rooms->order(room, 0, 1).at(0).reach, (Reach{2, 2, 2}));
}

TEST_F(RoomsTest, TellsWhatWasShownToWhoSaidIt) {
    say(alice, "one");
    say(alice, "two");
    say(carol, "three");
    const std::deque<Carried> way = bed.way;
    bed.deliver();
    bob.start();
    const auto lines = bob.rooms->not_shown(room, 2);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].text, "one");
    bob.rooms->shown(room, lines[0].number);
    EXPECT_EQ(bob.view().unread, 2u);
    ASSERT_EQ(bob.read.size(), 1u);
    bob.rooms->shown(room);
    EXPECT_EQ(bob.view().unread, 0u);
    EXPECT_TRUE(bob.rooms->not_shown(room, 10).empty());
    std::vector<MessageId> of_bob;
    for (const Carried& carried : way) {
        if (carried.to == bob.key()) of_bob.push_back(carried.id);
    }
    EXPECT_EQ(bob.read, of_bob);
}

TEST_F(RoomsTest, KnowsTheAuthorsContentOfAMessageThatWaitedOrCameByAnother) {
    say(alice, "one");
    say(alice, "two");
    std::vector<Carried> for_bob;
    bed.deliver_if([&](const Carried& carried) {
        if (carried.to == bob.key()) for_bob.push_back(carried);
        return carried.to != bob.key();
    });
    ASSERT_EQ(for_bob.size(), 2u);
    bed.way.clear();
    bed.hand_in(for_bob[1]);
    bob.start();
    bob.rooms->tick();
    // Carol has the one that is missing.
    Carried from_carol = for_bob[0];
    from_carol.from = carol.key();
    from_carol.id = {7};
    bed.hand_in(from_carol);
    EXPECT_EQ(bob.texts(room), (Texts{"one", "two"}));
    EXPECT_EQ(bed.hand_in(for_bob[0]), Errc::replayed);
    bob.rooms->shown(room);
    EXPECT_EQ(bob.read, (std::vector{for_bob[0].id, for_bob[1].id}));
}

TEST_F(RoomsTest, SaysToWhoWasRemovedByWhom) {
    say(bob, "hello");
    bed.deliver();
    EXPECT_FALSE(alice.rooms->name_stand_in(room, carol.key()));
    bed.deliver();
    carol.rooms->shown(room);
    bob.rooms->shown(room);
    EXPECT_FALSE(carol.rooms->remove(room, bob.key()));
    bed.deliver();
    EXPECT_EQ(bob.said.back(), "removed you from this room");
    bob.start();
    const Line line = bob.rooms->order(room, 0, 1).at(0);
    EXPECT_EQ(line.text, "removed you from this room");
    EXPECT_EQ(line.from, std::nullopt);
    EXPECT_EQ(line.by, carol.key());
    EXPECT_EQ(line.at, bed.clock->unix_seconds());
    EXPECT_EQ(bob.rooms->order(room, 0, 9).size(), 2u);
    EXPECT_EQ(bob.view().unread, 1u);
    bob.rooms->shown(room);
    EXPECT_EQ(bob.view().unread, 0u);
    EXPECT_EQ(bob.view().removed_by, carol.key());
    EXPECT_EQ(bob.rooms->say(room, "still here").error(), Errc::auth_failed);
    // Once, also when there is more of it; and again when it happens again.
    EXPECT_FALSE(alice.rooms->invite(room, bob.key()));
    bed.deliver();
    EXPECT_EQ(bob.view().removed_by, std::nullopt);
    EXPECT_EQ(bob.rooms->order(room, 0, 9).size(), 2u);
    EXPECT_FALSE(bob.rooms->leave(room));
    bed.deliver();
    bob.start();
    bed.pass(std::chrono::seconds(60));
    bed.deliver();
    ASSERT_EQ(bob.rooms->order(room, 0, 9).size(), 3u);
    EXPECT_EQ(bob.rooms->order(room, 0, 1).at(0).text, "removed you from this room, as you asked");
}

TEST_F(RoomsTest, NeedsNoReceiptOfWhoWasRemoved) {
    say(alice, "hello");
    bed.deliver_if([&](const Carried& carried) { return carried.to == bob.key(); });
    EXPECT_FALSE(alice.rooms->remove(room, carol.key()));
    EXPECT_EQ(alice.marks, std::vector{Mark::delivered});
    EXPECT_EQ(alice.rooms->order(room, 0, 1).at(0).reach, (Reach{1, 1, 0}));
}

TEST_F(RoomsTest, HoldsMessagesUntilThoseBeforeAreThere) {
    say(alice, "first");
    const std::deque<Carried> first = bed.way;
    bed.way.clear();
    bed.hand_in(first.at(0).to == bob.key() ? first.at(0) : first.at(1));
    say(bob, "second");
    bed.deliver_if([&](const Carried& carried) {
        return carried.to == carol.key() && is(carried, room_kind::message);
    });
    EXPECT_TRUE(carol.said.empty());
    EXPECT_EQ(carol.rooms->missing(room), 1u);
    EXPECT_EQ(carol.noticed(Notice::Kind::missing), 1u);
    bed.deliver();  // it was asked for
    EXPECT_EQ(carol.said, (Texts{"first", "second"}));
    EXPECT_EQ(carol.rooms->missing(room), 0u);
    EXPECT_TRUE(carol.refusals.empty());
}

TEST_F(RoomsTest, AsksOthersForWhatOneDoesNotAnswer) {
    say(alice, "first");
    const std::deque<Carried> first = bed.way;
    bed.way.clear();
    bed.hand_in(first.at(0).to == bob.key() ? first.at(0) : first.at(1));
    say(bob, "second");
    bed.deliver_if([&](const Carried& carried) { return carried.to == carol.key(); });
    for (int minute = 0; minute < 5; ++minute) {
        // Bob is away for good.
        std::erase_if(bed.way, [&](const Carried& carried) { return carried.to == bob.key(); });
        bed.pass(std::chrono::seconds(60));
        bed.deliver_if([&](const Carried& carried) { return carried.to != bob.key(); });
    }
    EXPECT_EQ(carol.said, (Texts{"first", "second"}));
}

TEST_F(RoomsTest, GivesWhoComesLaterNothingOfBefore) {
    say(alice, "before");
    bed.deliver();
    EXPECT_FALSE(alice.rooms->invite(room, dave.key()));
    bed.deliver();
    EXPECT_EQ(dave.view().members.size(), 4u);
    EXPECT_TRUE(dave.texts(room).empty());
    say(dave, "new here");
    say(bob, "welcome");
    bed.deliver();
    EXPECT_EQ(dave.texts(room).size(), 2u);
    EXPECT_EQ(dave.rooms->missing(room), 0u);
    EXPECT_EQ(alice.texts(room).size(), 3u);
    EXPECT_EQ(alice.texts(room).front(), "before");
    expect_all(alice.texts(room));
    EXPECT_TRUE(dave.notices.empty());
}

TEST_F(RoomsTest, IsJoinedInWhateverOrderThingsCome) {
    EXPECT_FALSE(alice.rooms->invite(room, dave.key()));
    say(alice, "hello");
    std::vector<Carried> to_dave;
    bed.deliver_if([&](const Carried& carried) {
        if (carried.to == dave.key()) to_dave.push_back(carried);
        return carried.to != dave.key();
    });
    bed.way.clear();
    for (auto carried = to_dave.rbegin(); carried != to_dave.rend(); ++carried) {
        EXPECT_FALSE(bed.hand_in(*carried));
    }
    EXPECT_EQ(dave.said, Texts{"hello"});
    EXPECT_TRUE(dave.notices.empty());
}

TEST_F(RoomsTest, KeepsItsKeyFromWhoWasRemoved) {
    EXPECT_FALSE(alice.rooms->remove(room, carol.key()));
    bed.deliver_if([&](const Carried& carried) {
        EXPECT_FALSE(is(carried, room_kind::key) && carried.to == carol.key());
        return true;
    });
    EXPECT_FALSE(carol.view().is_member);
    EXPECT_EQ(carol.rooms->say(room, "still here?").error(), Errc::auth_failed);
    say(bob, "gone");
    for (const Carried& carried : bed.way) EXPECT_NE(carried.to, carol.key());
    // Nor does anybody give it to her when she asks.
    bed.way.clear();
    bed.hand_in({carol.key(), bob.key(), {}, AskContent{.room = room, .epoch = 2}.pack()});
    EXPECT_TRUE(bed.way.empty());
}

TEST_F(RoomsTest, GetsANewKeyEachDay) {
    bed.pass(std::chrono::hours(23));
    bed.deliver();
    EXPECT_TRUE(bed.way.empty());
    bed.clock->advance(std::chrono::hours(1));
    alice.rooms->tick();
    std::size_t keys = 0;
    bed.deliver_if([&](const Carried& carried) {
        keys += is(carried, room_kind::key);
        return true;
    });
    EXPECT_EQ(keys, 2u);
    say(bob, "under the new key");
    bed.deliver();
    expect_all({"under the new key"});
}

TEST_F(RoomsTest, IsLeftByWhoAsksItsOwner) {
    EXPECT_EQ(alice.rooms->leave(room), Errc::unsupported);
    EXPECT_EQ(dave.rooms->leave(room), Errc::not_connected);
    EXPECT_FALSE(carol.rooms->leave(room));
    bed.deliver();
    EXPECT_TRUE(carol.view().is_member);
    bed.pass(std::chrono::seconds(60));
    bed.deliver();
    EXPECT_FALSE(carol.view().is_member);
    EXPECT_EQ(bob.view().members, (std::vector{alice.key(), bob.key()}));
    say(bob, "bye");
    bed.deliver();
    EXPECT_EQ(alice.said, Texts{"bye"});
    EXPECT_EQ(carol.said, Texts{"removed you from this room, as you asked"});
    EXPECT_EQ(carol.rooms->leave(room), Errc::auth_failed);
}

TEST_F(RoomsTest, IsRunByTheStandInWhileTheOwnerIsAway) {
    EXPECT_FALSE(alice.rooms->name_stand_in(room, bob.key()));
    bed.deliver();
    const auto deliver = [&] {
        bed.deliver_if([&](const Carried& carried) { return carried.to != alice.key(); });
    };
    const auto pass = [&](std::chrono::seconds time) {
        bed.clock->advance(time);
        for (RoomsPerson* person : {&bob, &carol, &dave}) person->rooms->tick();
        deliver();
    };
    EXPECT_FALSE(bob.rooms->invite(room, dave.key()));
    deliver();
    EXPECT_FALSE(carol.rooms->leave(room));
    deliver();
    pass(std::chrono::minutes(59));
    EXPECT_TRUE(carol.view().is_member) << "the owner may still come";
    pass(std::chrono::minutes(2));
    EXPECT_FALSE(carol.view().is_member);
    say(dave, "now we are two");
    deliver();
    EXPECT_EQ(bob.said, Texts{"now we are two"});
    pass(std::chrono::hours(47));
    EXPECT_TRUE(bed.find(bob.key())->notices.empty());
    pass(std::chrono::hours(1));
    bed.deliver();
    say(alice, "back");
    bed.deliver();
    EXPECT_EQ(alice.texts(room), (Texts{"now we are two", "back"}));
    EXPECT_EQ(dave.texts(room), (Texts{"now we are two", "back"}));
    EXPECT_EQ(alice.view().members, (std::vector{alice.key(), bob.key(), dave.key()}));
    for (const auto& person : bed.people) {
        EXPECT_EQ(person->noticed(Notice::Kind::room_split), 0u);
    }
}

TEST_F(RoomsTest, IsRenamedByTheOwnerAlone) {
    EXPECT_EQ(bob.rooms->rename(room, "Flur"), Errc::auth_failed);
    EXPECT_EQ(bob.rooms->invite(room, dave.key()), Errc::auth_failed);
    EXPECT_EQ(bob.rooms->remove(room, carol.key()), Errc::auth_failed);
    EXPECT_EQ(bob.rooms->name_stand_in(room, bob.key()), Errc::auth_failed);
    EXPECT_EQ(alice.rooms->remove(room, alice.key()), Errc::unsupported);
    EXPECT_TRUE(bed.way.empty());
    EXPECT_FALSE(alice.rooms->rename(room, "Flur"));
    bed.deliver();
    EXPECT_EQ(carol.view().name, "Flur");
}

TEST_F(RoomsTest, KnowsAfterARestartWhatItKnewBefore) {
    EXPECT_FALSE(alice.rooms->name_stand_in(room, bob.key()));
    say(alice, "one");
    const std::deque<Carried> first = bed.way;
    bed.deliver_if([&](const Carried& carried) {
        return !(carried.to == carol.key() && is(carried, room_kind::message));
    });
    const std::deque<Carried> late = bed.way;
    bed.way.clear();
    say(bob, "two");
    bed.deliver_if([&](const Carried& carried) { return carried.to != bob.key(); });
    EXPECT_EQ(carol.rooms->missing(room), 1u);
    bed.way.clear();
    for (const auto& person : bed.people) person->start();
    carol.rooms->tick();
    EXPECT_EQ(carol.rooms->missing(room), 1u);
    for (const Carried& carried : late) EXPECT_FALSE(bed.hand_in(carried));
    say(carol, "three");
    bed.deliver();
    expect_all({"one", "two", "three"});
    EXPECT_EQ(bob.view().unread, 2u);
    for (const auto& person : bed.people) person->start();
    say(alice, "four");
    bed.deliver();
    expect_all({"one", "two", "three", "four"});
    EXPECT_EQ(alice.rooms->order(room, 0, 1).at(0).mark, Mark::delivered);
}

TEST_F(RoomsTest, SaysOnlyWhatCanBeSaid) {
    EXPECT_EQ(alice.rooms->say(room, "").error(), Errc::malformed);
    EXPECT_EQ(alice.rooms->say(room, "\xff").error(), Errc::malformed);
    EXPECT_EQ(alice.rooms->say(room, std::string(text_size_max + 1, 'x')).error(), Errc::too_large);
    EXPECT_EQ(dave.rooms->say(room, "x").error(), Errc::not_connected);
    EXPECT_EQ(alice.rooms->make("").error(), Errc::malformed);
    for (int i = 0; i < 40; ++i) {
        say(i % 2 ? bob : carol, std::string(text_size_max, 'x'));
    }
    bed.deliver();
    say(alice, std::string(text_size_max, 'y'));
    bed.deliver();
    EXPECT_EQ(bob.texts(room).size(), 41u);
    expect_all(bob.texts(room));
}

TEST_F(RoomsTest, WaitsForTheKeyOfNow) {
    EXPECT_FALSE(alice.rooms->remove(room, carol.key()));
    bed.deliver_if([&](const Carried& carried) { return !is(carried, room_kind::key); });
    EXPECT_EQ(bob.rooms->say(room, "too early").error(), Errc::pending);
    bed.deliver();
    say(bob, "now");
}

}  // namespace
}  // namespace netaio::chat
