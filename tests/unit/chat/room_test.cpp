#include "room.hpp"

#include <gtest/gtest.h>

#include <netaio/chat/room_log.hpp>

#include "room_people.hpp"

namespace netaio::chat {
namespace {

class RoomTest : public testing::Test {
protected:
    inline static const RoomPerson owner{1};
    inline static const RoomPerson second{2};
    inline static const RoomPerson third{3};

    static RoomLog log_of_three() {
        RoomLog log = RoomLog::create("kitchen", owner.identity, *Environment::secure_random());
        for (const PublicKey& member : {second.key, third.key}) {
            EXPECT_TRUE(log.append(log.next(AddMember{member}, owner.identity).value()));
        }
        return log;
    }
    static MessageHash hash(unsigned char first, unsigned char last = 0) {
        MessageHash made{};
        made.front() = first;
        made.back() = last;
        return made;
    }
    static HeldMessage waiting(const PublicKey& from, std::vector<MessageHash> missing = {},
                               std::uint64_t epoch = 1) {
        return {.from = from,
                .epoch = epoch,
                .bytes = "x",
                .wait = Wait::messages,
                .missing = std::move(missing)};
    }
    void begin_epoch(std::uint64_t epoch, std::uint64_t now) {
        const auto record = room.log().next(BeginEpoch{epoch, {}}, owner.identity).value();
        EXPECT_EQ(room.append(record, now).value(), RoomAppended::added);
    }

    Vault vault{":memory:", owner.identity.history_key(), Environment()};
    Room room{log_of_three(), owner.key, vault, 0};
};

TEST_F(RoomTest, WantsOfEachInTurnWhatIsWaitedForHoweverMuchOthersMakeUp) {
    for (unsigned char i = 0; i < 4; ++i) {
        std::vector<MessageHash> made_up;
        for (unsigned char of = 0; of < 32; ++of) made_up.push_back(hash(i, of));
        ASSERT_TRUE(room.hold(hash(100, i), waiting(second.key, made_up)));
    }
    ASSERT_TRUE(room.hold(hash(101), waiting(third.key, {hash(255)})));
    std::set<MessageHash> all;
    for (std::size_t turn = 0; turn < 8; ++turn) {
        const auto wanted = room.wanted_in_turn(32, turn);
        EXPECT_EQ(wanted.size(), 32u);
        EXPECT_EQ(std::ranges::count(wanted, hash(255)), 1) << turn;
        all.insert(wanted.begin(), wanted.end());
    }
    EXPECT_EQ(all, room.wanted());
    EXPECT_EQ(room.wanted_in_turn(1'000, 3).size(), all.size());
    EXPECT_TRUE(Room(log_of_three(), owner.key, vault, 0).wanted_in_turn(32, 0).empty());
}

TEST_F(RoomTest, ForgetsWhatItLetGoOfEpochsThatAreTooOldAlone) {
    for (std::uint64_t epoch = 1; epoch <= epochs_back_max + 2; ++epoch) begin_epoch(epoch, 0);
    room.let_go(hash(1), waiting(second.key, {}, 1));
    room.let_go(hash(2), waiting(third.key, {}, UINT64_MAX));
    room.forget_keys(old_epoch_age, UINT64_MAX);
    ASSERT_TRUE(room.is_too_old(1));
    EXPECT_EQ(room.wanted(), std::set{hash(2)});
    auto rooms = Room::load(owner.key, vault);
    Room& loaded = rooms.at(room.id());
    EXPECT_EQ(loaded.wanted(), std::set{hash(2)});
    for (std::uint64_t more = 0; more < 3; ++more) {
        begin_epoch(room.state().epoch + 1, 1);
    }
    room.forget_keys(2 * old_epoch_age, UINT64_MAX);
    EXPECT_TRUE(room.wanted().empty());
}

TEST_F(RoomTest, LooksForWhatSomebodyMissesOnlyWhereThereMayBeAny) {
    RoomHistory history(room.id(), vault);
    for (unsigned char i = 1; i <= 6; ++i) {
        const RoomMessage message{.room = room.id(),
                                  .epoch = (i + 1u) / 2,
                                  .from = i % 2 ? second.key : third.key,
                                  .record = 1,
                                  .record_hash = {},
                                  .number = (i + 1u) / 2,
                                  .previous = {},
                                  .clock = i,
                                  .heads = {},
                                  .id = {i},
                                  .at = 1,
                                  .text = "x"};
        history.accept(message, hash(i), "sealed", i);
    }
    const auto seen = [&](const std::map<PublicKey, std::uint64_t>& numbers, std::size_t max) {
        std::string clocks;
        history.each_after(numbers, 6, max, [&](const MessageHash&, const SeenMessage& message) {
            clocks += std::to_string(message.clock);
            return true;
        });
        return clocks;
    };
    EXPECT_EQ(seen({}, 100), "123456");
    EXPECT_EQ(seen({}, 2), "12");
    EXPECT_EQ(seen({{second.key, 2}, {third.key, 1}}, 1), "4") << "what is known is not looked at";
    EXPECT_EQ(seen({{second.key, 3}, {third.key, 3}}, 100), "");
    history.forget_sealed_before(2);
    EXPECT_EQ(seen({}, 2), "34");
    EXPECT_FALSE(history.sealed(hash(1)));
    EXPECT_TRUE(history.sealed(hash(3)));
    EXPECT_FALSE(history.sealed(hash(9)));
}

}  // namespace
}  // namespace netaio::chat
