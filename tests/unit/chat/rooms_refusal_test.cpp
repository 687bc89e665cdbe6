#include "rooms_testbed.hpp"

#include <algorithm>

#include "room.hpp"
#include "room_names.hpp"

namespace netaio::chat {
namespace {

// What people try who do not keep to the rules.
class RoomsRefusalTest : public RoomsTest {
protected:
    RoomsRefusalTest() {
        // Everything of the room is on the way again to who is asked.
        bed.hand_in({bob.key(),
                     alice.key(),
                     {},
                     AskContent{.room = room, .first_record = 0, .epoch = 1}.pack()});
        log = RecordsContent::unpack(bed.way.at(0).content.bytes)->records;
        room_key = KeyContent::unpack(bed.way.at(1).content.bytes)->key;
        bed.way.clear();
    }

    // As who keeps to the rules writes it.
    RoomMessage message(const RoomsPerson& from, const std::string& text) {
        return {.room = room,
                .epoch = 1,
                .from = from.key(),
                .record = log.size() - 1,
                .record_hash = log.back().hash(),
                .number = 1,
                .previous = {},
                .clock = 1,
                .heads = {},
                .id = {++ids_},
                .at = 1,
                .text = text};
    }
    Content sealed(RoomMessage message, const Identity& by) {
        message.sign(by);
        return content(message);
    }
    Content content(const RoomMessage& message) {
        return {std::string(room_kind::message),
                SealedRoomMessage::seal(message, room_key, *bed.random).pack()};
    }
    std::error_code came(const RoomsPerson& from, RoomMessage what) {
        return alice.rooms->came(from.key(), sealed(std::move(what), from.identity));
    }
    void expect_nothing_said() {
        EXPECT_TRUE(alice.said.empty());
        EXPECT_TRUE(alice.texts(room).empty());
    }
    RoomRecord record(const RoomsPerson& by, RoomAct act, std::uint64_t number) {
        RoomRecord next{
            room,     number,         log.at(static_cast<std::size_t>(number - 1)).hash(),
            by.key(), std::move(act), {}};
        next.sign(by.identity);
        return next;
    }
    Content records(std::vector<RoomRecord> some) {
        const std::uint64_t count = some.back().number + 1;
        return RecordsContent{room, count, std::move(some)}.pack();
    }

    std::vector<RoomRecord> log;
    SecretKey room_key;

private:
    unsigned char ids_ = 0;
};

TEST_F(RoomsRefusalTest, TakesWhatKeepsToTheRules) {
    EXPECT_FALSE(came(bob, message(bob, "hello")));
    EXPECT_EQ(alice.said, Texts{"hello"});
}

TEST_F(RoomsRefusalTest, RefusesAMemberAddedBySomebodyWhoMayNot) {
    const RoomRecord added = record(bob, AddMember{dave.key()}, log.size());
    EXPECT_EQ(alice.rooms->came(bob.key(), records({added})), Errc::auth_failed);
    EXPECT_EQ(carol.rooms->came(bob.key(), records({added})), Errc::auth_failed);
    EXPECT_EQ(alice.view().members.size(), 3u);
    EXPECT_EQ(carol.view().members.size(), 3u);
    EXPECT_EQ(alice.noticed(Notice::Kind::room_split), 0u);
}

TEST_F(RoomsRefusalTest, RefusesWhatSaysAMemberIsInARoomOfAnother) {
    EXPECT_EQ(dave.rooms->came(alice.key(), records(log)), Errc::auth_failed) << "he is not in it";
    std::vector<RoomRecord> forged = log;
    forged.front().by = bob.key();
    forged.front().sign(bob.identity);
    EXPECT_EQ(dave.rooms->came(bob.key(), records(forged)), Errc::malformed);
    EXPECT_TRUE(dave.rooms->views().empty());
}

TEST_F(RoomsRefusalTest, RefusesAMessageByWhoIsNoMember) {
    EXPECT_EQ(came(dave, message(dave, "hello")), Errc::auth_failed);
    expect_nothing_said();
}

TEST_F(RoomsRefusalTest, RefusesAMessageByWhoWasRemoved) {
    const RoomMessage backdated = message(carol, "before?");
    EXPECT_FALSE(alice.rooms->remove(room, carol.key()));
    bed.deliver();
    EXPECT_EQ(came(carol, backdated), Errc::auth_failed);
    bed.hand_in({bob.key(), alice.key(), {}, AskContent{.room = room, .first_record = 0}.pack()});
    log = RecordsContent::unpack(bed.way.at(0).content.bytes)->records;
    RoomMessage after = message(carol, "after");
    after.epoch = 2;
    EXPECT_EQ(came(carol, after), Errc::decrypt_failed) << "she has no key";
    after.epoch = 1;
    EXPECT_EQ(came(carol, after), Errc::auth_failed);
    expect_nothing_said();
}

TEST_F(RoomsRefusalTest, RefusesAMessageByWhoWasRemovedAlsoWhereThereIsNoPlaceForIt) {
    const Content backdated = sealed(message(carol, "before?"), carol.identity);
    EXPECT_FALSE(alice.rooms->remove(room, carol.key()));
    for (std::size_t number = 1; number <= held_messages_max; ++number) {
        RoomMessage waits = message(bob, "waits");
        waits.at = number;
        waits.heads = {{{1}, waits.record}};
        EXPECT_FALSE(came(bob, waits));
    }
    for (int time = 0; time < 2; ++time) {
        EXPECT_EQ(alice.rooms->came(carol.key(), backdated), Errc::queue_full);
        alice.rooms->tick();
    }
    EXPECT_FALSE(alice.rooms->invite(room, carol.key()));
    expect_nothing_said();
}

TEST_F(RoomsRefusalTest, TakesAMessageOfWhoWasRemovedWhenAMemberHadSeenIt) {
    say(carol, "before");
    bed.deliver_if([&](const Carried& carried) { return carried.to == bob.key(); });
    const std::deque<Carried> late = bed.way;
    bed.way.clear();
    EXPECT_FALSE(alice.rooms->remove(room, carol.key()));
    EXPECT_EQ(bed.hand_in(late.at(0)), Errc::auth_failed);
    expect_nothing_said();
    bed.deliver();
    say(bob, "after");
    bed.deliver();
    EXPECT_EQ(alice.said, (Texts{"before", "after"}));
    EXPECT_EQ(bob.said, (Texts{"before", "after"}));
}

TEST_F(RoomsRefusalTest, RefusesAWrongSignature) {
    EXPECT_EQ(alice.rooms->came(bob.key(), sealed(message(carol, "I am Carol"), bob.identity)),
              Errc::auth_failed);
    EXPECT_EQ(alice.rooms->came(bob.key(), content(message(bob, "unsigned"))), Errc::auth_failed);
    RoomMessage changed = message(bob, "one");
    changed.sign(bob.identity);
    changed.text = "other";
    EXPECT_EQ(alice.rooms->came(bob.key(), content(changed)), Errc::auth_failed);
    expect_nothing_said();
}

TEST_F(RoomsRefusalTest, RefusesAMessageThatCameBefore) {
    const Content once = sealed(message(bob, "once"), bob.identity);
    EXPECT_FALSE(alice.rooms->came(bob.key(), once));
    EXPECT_EQ(alice.rooms->came(bob.key(), once), Errc::replayed);
    EXPECT_EQ(alice.rooms->came(carol.key(), once), Errc::replayed);
    alice.start();
    EXPECT_EQ(alice.rooms->came(bob.key(), once), Errc::replayed);
    EXPECT_EQ(alice.said, Texts{"once"});
}

TEST_F(RoomsRefusalTest, RefusesAMessageFromAnotherRoom) {
    const RoomId other = alice.rooms->make("Flur").value();
    EXPECT_FALSE(alice.rooms->invite(other, bob.key()));
    EXPECT_FALSE(alice.rooms->invite(other, carol.key()));
    bed.deliver();
    Content moved = sealed(message(bob, "elsewhere"), bob.identity);
    SealedRoomMessage outside = SealedRoomMessage::unpack(moved.bytes).value();
    outside.room = other;
    moved.bytes = outside.pack();
    EXPECT_EQ(alice.rooms->came(bob.key(), moved), Errc::auth_failed) << "it has another log";
    // Even with the log and the key of the other room, it says inside whose it is.
    RoomMessage inside = message(bob, "elsewhere");
    inside.sign(bob.identity);
    SealedRoomMessage lie = SealedRoomMessage::seal(inside, room_key, *bed.random);
    lie.epoch = 2;
    EXPECT_EQ(lie.open(room_key).error(), Errc::decrypt_failed);
    EXPECT_TRUE(alice.texts(other).empty());
    expect_nothing_said();
}

TEST_F(RoomsRefusalTest, RefusesAMessageWithAnotherRecord) {
    RoomMessage other = message(bob, "hello");
    other.record_hash[0] ^= 1;
    EXPECT_EQ(came(bob, other), Errc::auth_failed);
    expect_nothing_said();
    EXPECT_EQ(alice.noticed(Notice::Kind::room_split), 1u);
    // It has to be proved, which Bob cannot.
    ASSERT_EQ(bed.way.size(), 1u);
    EXPECT_EQ(bed.way.at(0).content.kind, room_kind::ask);
    bed.deliver();
    EXPECT_EQ(carol.noticed(Notice::Kind::room_split), 0u);
}

TEST_F(RoomsRefusalTest, NoticesWhoSaysDifferentThingsToDifferentPeople) {
    RoomMessage other = message(bob, "no");
    EXPECT_FALSE(came(bob, message(bob, "yes")));
    EXPECT_EQ(came(bob, other), Errc::auth_failed);
    EXPECT_EQ(alice.said, Texts{"yes"});
    EXPECT_EQ(alice.noticed(Notice::Kind::refused), 1u);
    // Who was told the other goes on, and is understood.
    EXPECT_FALSE(carol.rooms->came(bob.key(), sealed(other, bob.identity)));
    say(carol, "really?");
    bed.deliver();
    EXPECT_EQ(carol.said, (Texts{"no", "really?"}));
    EXPECT_TRUE(alice.noticed(Notice::Kind::refused) > 1);
}

TEST_F(RoomsRefusalTest, RefusesANumberOrClockThatDoesNotFollow) {
    RoomMessage first = message(bob, "one");
    const Content sent = sealed(first, bob.identity);
    EXPECT_FALSE(alice.rooms->came(bob.key(), sent));
    const MessageRef ref{message_hash(sent.bytes), first.record};
    RoomMessage next = message(bob, "three");
    next.number = 3;
    next.previous = ref;
    next.clock = 2;
    EXPECT_EQ(came(bob, next), Errc::malformed);
    next.number = 2;
    next.clock = 1;
    EXPECT_EQ(came(bob, next), Errc::malformed);
    next.clock = std::uint64_t{1} << 40;
    EXPECT_EQ(came(bob, next), Errc::malformed);
    next.clock = 2;
    next.previous->record -= 1;
    EXPECT_EQ(came(bob, next), Errc::malformed);
    RoomMessage of_carol = message(carol, "mine?");
    of_carol.number = 2;
    of_carol.previous = ref;
    of_carol.clock = 2;
    EXPECT_EQ(came(carol, of_carol), Errc::malformed);
    next.previous = ref;
    EXPECT_FALSE(came(bob, next));
}

TEST_F(RoomsRefusalTest, NoticesAnOwnerWhoTellsTwoMembersDifferentRecords) {
    const RoomRecord for_bob = record(alice, RenameRoom{"Flur"}, log.size());
    const RoomRecord for_carol = record(alice, RenameRoom{"Bad"}, log.size());
    EXPECT_FALSE(bob.rooms->came(alice.key(), records({for_bob})));
    EXPECT_FALSE(carol.rooms->came(alice.key(), records({for_carol})));
    say(bob, "nice hall");
    bed.deliver_if([&](const Carried& carried) { return carried.to != alice.key(); });
    EXPECT_TRUE(carol.said.empty());
    EXPECT_GE(carol.noticed(Notice::Kind::room_split), 1u);
    EXPECT_EQ(bob.noticed(Notice::Kind::room_split), 1u);
    bob.start();
    EXPECT_FALSE(bob.rooms->came(alice.key(), records({for_carol}))) << "it is known";
    EXPECT_EQ(bob.noticed(Notice::Kind::room_split), 1u);
}

TEST_F(RoomsRefusalTest, NoticesASplitThatBeganLongBefore) {
    std::vector<RoomRecord> two[2];
    for (int i = 0; i < 2; ++i) {
        std::vector<RoomRecord>& past = two[i];
        const std::vector<RoomRecord> before = log;
        for (int more = 0; more < 5; ++more) {
            past.push_back(record(alice, RenameRoom{std::to_string(10 * i + more)}, log.size()));
            log.push_back(past.back());
        }
        log = before;
    }
    EXPECT_FALSE(bob.rooms->came(alice.key(), records(two[0])));
    EXPECT_FALSE(carol.rooms->came(alice.key(), records(two[1])));
    EXPECT_FALSE(carol.rooms->came(bob.key(), records({two[0].back()})));
    bed.deliver_if([&](const Carried& carried) { return carried.to != alice.key(); });
    EXPECT_EQ(bob.noticed(Notice::Kind::room_split), 1u);
    EXPECT_EQ(carol.noticed(Notice::Kind::room_split), 1u);
}

TEST_F(RoomsRefusalTest, RefusesASplitThatIsNone) {
    const RoomRecord forged = record(bob, RenameRoom{"Flur"}, log.size() - 1);
    EXPECT_EQ(carol.rooms->came(bob.key(), pack_split(room, {log.back(), forged})),
              Errc::auth_failed);
    EXPECT_EQ(carol.rooms->came(bob.key(), pack_split(room, {log.back(), log.back()})),
              Errc::malformed);
    EXPECT_TRUE(carol.notices.empty());
}

TEST_F(RoomsRefusalTest, RefusesAKeyThatIsNotTheEpochs) {
    const SecretKey other = SecretKey::make(*bed.random);
    EXPECT_EQ(bob.rooms->came(alice.key(), KeyContent{room, 1, other, 0}.pack()),
              Errc::auth_failed);
    RoomMessage under_other = message(alice, "hello");
    under_other.sign(alice.identity);
    const Content content{std::string(room_kind::message),
                          SealedRoomMessage::seal(under_other, other, *bed.random).pack()};
    EXPECT_EQ(bob.rooms->came(alice.key(), content), Errc::decrypt_failed);
    say(bob, "the key is as it was");
    bed.deliver();
    expect_all({"the key is as it was"});
}

TEST_F(RoomsRefusalTest, RefusesMessagesOfTooOldAnEpoch) {
    const Content old = sealed(message(bob, "old"), bob.identity);
    for (int day = 0; day < 5; ++day) {
        bed.pass(std::chrono::hours(24));
        bed.deliver();
    }
    EXPECT_FALSE(carol.rooms->came(bob.key(), old)) << "who was away comes to it";
    bed.pass(std::chrono::hours(24));
    bed.deliver();
    EXPECT_EQ(alice.rooms->came(bob.key(), old), Errc::stale);
    say(carol, "after it");
    bed.deliver();
    EXPECT_EQ(alice.said, Texts{"after it"});
}

TEST_F(RoomsRefusalTest, HoldsNoMoreThanItMay) {
    std::size_t refused = 0;
    for (std::size_t i = 0; i < held_messages_max + 10; ++i) {
        RoomMessage waiting = message(bob, "later");
        waiting.heads.push_back({{static_cast<unsigned char>(i)}, 0});
        waiting.heads[0].record = waiting.record;
        refused += came(bob, waiting) == Errc::queue_full;
    }
    EXPECT_EQ(refused, 10u);
    EXPECT_EQ(alice.noticed(Notice::Kind::missing), 2u) << "some are missing, some were let go";
    std::size_t of_strangers = 0;
    for (std::size_t i = 0; i < held_of_strangers_max + 10; ++i) {
        RoomMessage waiting = message(dave, "later");
        waiting.record = 1'000;
        waiting.at = i;
        of_strangers +=
            carol.rooms->came(dave.key(), sealed(waiting, dave.identity)) == Errc::queue_full;
    }
    EXPECT_EQ(of_strangers, 10u);
}

TEST_F(RoomsRefusalTest, AnswersOnlySoManyAsks) {
    std::size_t refused = 0;
    for (int i = 0; i < 200; ++i) {
        refused +=
            alice.rooms->came(bob.key(), AskContent{.room = room}.pack()) == Errc::queue_full;
    }
    EXPECT_EQ(refused, 81u);
    EXPECT_EQ(alice.rooms->came(dave.key(), AskContent{.room = room}.pack()), Errc::auth_failed);
    bed.clock->advance(std::chrono::minutes(1));
    EXPECT_FALSE(alice.rooms->came(bob.key(), AskContent{.room = room}.pack()));
}

TEST_F(RoomsRefusalTest, RefusesWhatMakesNoSense) {
    for (const std::string_view kind : {room_kind::records, room_kind::key, room_kind::ask,
                                        room_kind::message, room_kind::split, room_kind::leave}) {
        for (const std::string& bytes : {std::string(), std::string("x")}) {
            EXPECT_EQ(alice.rooms->came(bob.key(), {std::string(kind), bytes}), Errc::malformed);
        }
    }
    EXPECT_EQ(alice.rooms->came(bob.key(), {"text", "hello"}), Errc::unsupported);
    EXPECT_EQ(alice.rooms->came(carol.key(), pack_leave(RoomId{1})), Errc::not_connected);
}

TEST_F(RoomsRefusalTest, LetsNobodyFillWhatWaitsForRooms) {
    std::size_t refused = 0;
    for (unsigned char i = 0; i < 100; ++i) {
        refused +=
            alice.rooms->came(dave.key(),
                              KeyContent{RoomId{i}, 1, SecretKey::make(*bed.random), 0}.pack()) ==
            Errc::queue_full;
    }
    EXPECT_EQ(refused, 36u);
    bed.clock->advance(std::chrono::hours(24 * 8));
    alice.rooms->tick();
    EXPECT_EQ(alice.noticed(Notice::Kind::missing), 64u);
}

TEST_F(RoomsRefusalTest, LetsNotManyKeepAnybodyFromBeingInvited) {
    for (int stranger = 0; stranger < 5; ++stranger) {
        const PublicKey from = Identity::make(*bed.random).public_key();
        for (unsigned char i = 0; i < 60; ++i) {
            EXPECT_FALSE(dave.rooms->came(
                from, KeyContent{RoomId{i}, 1, SecretKey::make(*bed.random), 0}.pack()));
        }
    }
    bed.way.clear();
    EXPECT_FALSE(alice.rooms->invite(room, dave.key()));
    std::reverse(bed.way.begin(), bed.way.end());
    bed.deliver();
    ASSERT_EQ(dave.rooms->views().size(), 1u);
    say(dave, "hello");
}

}  // namespace
}  // namespace netaio::chat
