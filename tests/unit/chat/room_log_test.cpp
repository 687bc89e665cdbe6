#include <gtest/gtest.h>

#include <netaio/chat/limits.hpp>
#include <netaio/chat/room_log.hpp>
#include <stdexcept>

#include "room_people.hpp"

namespace netaio::chat {
namespace {

class RoomLogTest : public testing::Test {
protected:
    inline static const RoomPerson owner{1};
    inline static const RoomPerson second{2};
    inline static const RoomPerson third{3};
    inline static const RoomPerson outsider{4};

    static RoomLog begun() {
        return RoomLog::create("Küche", owner.identity, *Environment::secure_random());
    }
    // With a second and a third member, of whom the second is the stand-in.
    static RoomLog of_three() {
        RoomLog log = begun();
        done(log, AddMember{second.key});
        done(log, AddMember{third.key});
        done(log, NameStandIn{second.key});
        return log;
    }
    static std::error_code result(RoomLog& log, RoomAct act, const RoomPerson& by = owner) {
        const auto record = log.next(std::move(act), by.identity);
        if (!record) return record.error();
        EXPECT_EQ(*log.append(*record), RoomAppended::added);
        return {};
    }
    static void done(RoomLog& log, RoomAct act, const RoomPerson& by = owner) {
        EXPECT_FALSE(result(log, std::move(act), by));
    }
    // What somebody writes without a log that would keep them from it.
    static RoomRecord forced(const RoomLog& log, RoomAct act, const RoomPerson& by) {
        RoomRecord record{log.state().id, log.records().size(), log.records().back().hash(),
                          by.key,         std::move(act),       {}};
        record.sign(by.identity);
        return record;
    }
    static void expect_refused(RoomLog& log, const RoomRecord& record, Errc error) {
        const RoomState before = log.state();
        const std::size_t size = log.records().size();
        EXPECT_EQ(log.append(record).error(), error);
        EXPECT_EQ(log.state(), before);
        EXPECT_EQ(log.records().size(), size);
    }

    using Members = std::vector<PublicKey>;
};

TEST_F(RoomLogTest, BeginsWithItsOwner) {
    const RoomLog log = begun();
    EXPECT_EQ(log.state().name, "Küche");
    EXPECT_EQ(log.state().owner, owner.key);
    EXPECT_EQ(log.state().members, Members{owner.key});
    EXPECT_FALSE(log.state().stand_in);
    EXPECT_EQ(log.state().epoch, 0u);
    EXPECT_TRUE(log.state().key_is_due);
    EXPECT_EQ(log.records().size(), 1u);
    EXPECT_NE(begun().state().id, log.state().id);
}

TEST_F(RoomLogTest, HasNoNameThatCannotBeOne) {
    for (const std::string& name :
         {std::string(), std::string(name_size_max + 1, 'x'), std::string("\xff")}) {
        EXPECT_THROW(RoomLog::create(name, owner.identity, *Environment::secure_random()),
                     std::invalid_argument);
        RoomLog log = begun();
        EXPECT_EQ(log.next(RenameRoom{name}, owner.identity).error(), Errc::malformed);
    }
}

TEST_F(RoomLogTest, TellsWhoIsInTheRoomNowAndAtAnyTime) {
    RoomLog log = begun();
    done(log, AddMember{second.key});
    done(log, BeginEpoch{1, {6}});
    done(log, RenameRoom{"Flur"});
    done(log, AddMember{third.key});
    EXPECT_FALSE(log.state().key_is_due);
    done(log, RemoveMember{second.key});
    EXPECT_TRUE(log.state().key_is_due) << "who went has it";
    done(log, BeginEpoch{2, {7}});
    EXPECT_EQ(log.state().members, (Members{owner.key, third.key}));
    EXPECT_EQ(log.state().name, "Flur");
    EXPECT_EQ(log.state().epoch, 2u);
    EXPECT_EQ(log.state().key_hash, (std::array<unsigned char, 32>{7}));
    EXPECT_FALSE(log.state().key_is_due);

    EXPECT_EQ(log.state_after(0)->members, Members{owner.key});
    EXPECT_EQ(log.state_after(2)->epoch, 1u);
    EXPECT_EQ(log.state_after(2)->name, "Küche");
    EXPECT_EQ(log.state_after(4)->members, (Members{owner.key, second.key, third.key}));
    EXPECT_EQ(log.state_after(6), log.state());
    EXPECT_FALSE(log.state_after(7));
}

TEST_F(RoomLogTest, IsVerifiedByWhoeverHasItsId) {
    RoomLog log = of_three();
    done(log, BeginEpoch{1, {6}}, second);
    const auto verified = RoomLog::verify(log.records(), log.state().id);
    ASSERT_TRUE(verified.has_value());
    EXPECT_EQ(verified->state(), log.state());

    auto records = log.records();
    EXPECT_EQ(RoomLog::verify(records, begun().state().id).error(), Errc::malformed);
    EXPECT_EQ(RoomLog::verify({}, log.state().id).error(), Errc::malformed);
    std::swap(records[1], records[2]);
    EXPECT_EQ(RoomLog::verify(records, log.state().id).error(), Errc::malformed);
    records = log.records();
    records.insert(records.begin() + 1, records[1]);
    EXPECT_EQ(RoomLog::verify(records, log.state().id).error(), Errc::malformed);
    records = log.records();
    records.erase(records.begin() + 1);
    EXPECT_EQ(RoomLog::verify(records, log.state().id).error(), Errc::malformed);
    records = log.records();
    records[2].act = AddMember{outsider.key};
    EXPECT_EQ(RoomLog::verify(records, log.state().id).error(), Errc::auth_failed);
}

TEST_F(RoomLogTest, CannotBeBegunByAnotherInTheOwnersPlace) {
    const RoomLog log = begun();
    RoomRecord first = log.records().front();
    first.by = outsider.key;
    first.sign(outsider.identity);
    EXPECT_EQ(RoomLog::begin(first, log.state().id).error(), Errc::malformed);
    first = log.records().front();
    first.sign(outsider.identity);
    EXPECT_EQ(RoomLog::begin(first, log.state().id).error(), Errc::auth_failed);
    first = log.records().front();
    first.number = 1;
    first.sign(owner.identity);
    EXPECT_EQ(RoomLog::begin(first, log.state().id).error(), Errc::malformed);
}

TEST_F(RoomLogTest, IsWrittenByTheOwnerAlone) {
    RoomLog log = begun();
    done(log, AddMember{second.key});
    for (const RoomPerson& other : {second, outsider}) {
        EXPECT_EQ(result(log, AddMember{third.key}, other), Errc::auth_failed);
        expect_refused(log, forced(log, AddMember{third.key}, other), Errc::auth_failed);
        RoomRecord in_the_owners_name = forced(log, AddMember{third.key}, owner);
        in_the_owners_name.sign(other.identity);
        expect_refused(log, in_the_owners_name, Errc::auth_failed);
    }
}

TEST_F(RoomLogTest, IsWrittenByTheStandInWhomTheOwnerNamed) {
    RoomLog log = of_three();
    done(log, AddMember{outsider.key}, second);
    done(log, RemoveMember{outsider.key}, second);
    done(log, RenameRoom{"Flur"}, second);
    done(log, BeginEpoch{1, {6}}, second);
    done(log, RenameRoom{"Bad"});

    EXPECT_EQ(result(log, NameStandIn{third.key}, second), Errc::auth_failed);
    expect_refused(log, forced(log, NameStandIn{third.key}, second), Errc::auth_failed);
    expect_refused(log, forced(log, RemoveMember{owner.key}, second), Errc::malformed);

    done(log, NameStandIn{third.key});
    expect_refused(log, forced(log, RenameRoom{"Flur"}, second), Errc::auth_failed);
    done(log, RenameRoom{"Flur"}, third);
    done(log, NameStandIn{std::nullopt});
    expect_refused(log, forced(log, RenameRoom{"Bad"}, third), Errc::auth_failed);
}

TEST_F(RoomLogTest, HasNoMoreRecordsThanItMay) {
    RoomLog log = begun();
    while (log.records().size() < room_records_max) done(log, RenameRoom{"Flur"});
    EXPECT_EQ(result(log, RenameRoom{"Bad"}), Errc::too_large);
    expect_refused(log, forced(log, RenameRoom{"Bad"}, owner), Errc::too_large);
}

TEST_F(RoomLogTest, HasNoStandInWhoWasRemoved) {
    RoomLog log = of_three();
    done(log, RemoveMember{second.key});
    EXPECT_FALSE(log.state().stand_in);
    expect_refused(log, forced(log, AddMember{second.key}, second), Errc::auth_failed);
    done(log, AddMember{second.key});
    expect_refused(log, forced(log, RenameRoom{"Bad"}, second), Errc::auth_failed);
}

TEST_F(RoomLogTest, RefusesWhatCannotBeDone) {
    RoomLog log = of_three();
    const RoomAct acts[] = {
        CreateRoom{"again", {}},    AddMember{second.key},     AddMember{owner.key},
        RemoveMember{outsider.key}, RemoveMember{owner.key},   BeginEpoch{0, {}},
        BeginEpoch{2, {}},          NameStandIn{outsider.key}, NameStandIn{owner.key}};
    for (const RoomAct& act : acts) {
        EXPECT_EQ(result(log, act), Errc::malformed);
        expect_refused(log, forced(log, act, owner), Errc::malformed);
    }
    RoomRecord of_another_room = forced(log, RenameRoom{"Bad"}, owner);
    of_another_room.room[0] ^= 1;
    of_another_room.sign(owner.identity);
    expect_refused(log, of_another_room, Errc::malformed);
}

TEST_F(RoomLogTest, HasNoMoreMembersThanItMay) {
    RoomLog log = begun();
    for (std::size_t i = 1; i < room_members_max; ++i) {
        done(log, AddMember{Identity::make(*Environment::secure_random()).public_key()});
    }
    EXPECT_EQ(result(log, AddMember{second.key}), Errc::too_large);
    expect_refused(log, forced(log, AddMember{second.key}, owner), Errc::too_large);
}

TEST_F(RoomLogTest, TakesRecordsInOrderAndOnce) {
    const RoomLog log = of_three();
    RoomLog other = *RoomLog::begin(log.records()[0], log.state().id);
    EXPECT_EQ(*other.append(log.records()[2]), RoomAppended::early);
    EXPECT_EQ(*other.append(log.records()[1]), RoomAppended::added);
    EXPECT_EQ(*other.append(log.records()[1]), RoomAppended::known);
    EXPECT_EQ(*other.append(log.records()[0]), RoomAppended::known);
    EXPECT_EQ(*other.append(log.records()[2]), RoomAppended::added);
    EXPECT_EQ(*other.append(log.records()[3]), RoomAppended::added);
    EXPECT_EQ(other.state(), log.state());
}

TEST_F(RoomLogTest, ProvesThatPeopleWereToldDifferently) {
    RoomLog log = of_three();
    RoomLog told_otherwise = log;
    done(log, RenameRoom{"Flur"});
    done(told_otherwise, RemoveMember{third.key});
    done(told_otherwise, RenameRoom{"Bad"});

    const RoomState before = log.state();
    EXPECT_EQ(*log.append(told_otherwise.records()[5]), RoomAppended::other_past);
    EXPECT_EQ(*log.append(told_otherwise.records()[4]), RoomAppended::split);
    EXPECT_EQ(log.state(), before);
}

TEST_F(RoomLogTest, ProvesThatTheOwnerBeganItDifferently) {
    RoomLog log = begun();
    RoomRecord first = log.records().front();
    std::get<CreateRoom>(first.act).name = "Flur";
    first.sign(owner.identity);
    EXPECT_EQ(*log.append(first), RoomAppended::split);
}

TEST_F(RoomLogTest, TakesNothingForProofThatIsNotSignedByWhoMight) {
    RoomLog log = of_three();
    RoomRecord record = log.records()[2];
    record.act = AddMember{outsider.key};
    for (const RoomPerson& by : {second, third, outsider}) {
        record.by = by.key;
        record.sign(by.identity);
        expect_refused(log, record, Errc::auth_failed);
    }
    record.by = owner.key;
    expect_refused(log, record, Errc::auth_failed);
    RoomRecord no_first = log.records()[0];
    no_first.act = RenameRoom{"Flur"};
    no_first.sign(owner.identity);
    expect_refused(log, no_first, Errc::malformed);

    RoomRecord by_stand_in = log.records()[3];
    done(log, RenameRoom{"Flur"});
    by_stand_in.number = 4;
    by_stand_in.act = RenameRoom{"Bad"};
    by_stand_in.by = second.key;
    by_stand_in.sign(second.identity);
    EXPECT_EQ(*log.append(by_stand_in), RoomAppended::split) << "two wrote at once";
}

}  // namespace
}  // namespace netaio::chat
