#include "room_receipts.hpp"

#include <gtest/gtest.h>

namespace netaio::chat {
namespace {

struct RoomReceiptsTest : testing::Test {
    static Identity made() { return Identity::make(*Environment().random); }
    static MessageId id_of(std::uint64_t line) {
        return {static_cast<unsigned char>(line), static_cast<unsigned char>(line >> 8)};
    }
    void add(std::uint64_t line) {
        for (const PublicKey& to : {bob, cyd}) receipts.add(to, id_of(line), {room, line});
    }
    bool reads(std::uint64_t line) {
        return receipts.marked(bob, id_of(line), Mark::read).has_value();
    }

    Vault vault{":memory:", made().history_key()};
    const PublicKey bob = made().public_key(), cyd = made().public_key();
    const RoomId room{1};
    RoomReceipts receipts{vault};
};

TEST_F(RoomReceiptsTest, AreKeptUntilAMessageWasRead) {
    add(1);
    EXPECT_EQ(receipts.marked(bob, id_of(1), Mark::delivered)->mark, Mark::waiting);
    EXPECT_EQ(receipts.mark({room, 1}), Mark::waiting);
    receipts = RoomReceipts(vault);
    EXPECT_FALSE(receipts.marked(bob, id_of(1), Mark::delivered)) << "it is known";
    EXPECT_EQ(receipts.marked(bob, id_of(1), Mark::read)->mark, Mark::delivered);
    EXPECT_EQ(receipts.marked(cyd, id_of(1), Mark::read)->mark, Mark::waiting);
    EXPECT_EQ(receipts.mark({room, 1}), Mark::delivered);
    EXPECT_EQ(vault.count("room.sent"), 0u);
}

TEST_F(RoomReceiptsTest, OfWhatWasDeliveredAreKeptForTheLastLinesAlone) {
    for (const std::uint64_t line : {1U, 2U, 3U}) {
        add(line);
        receipts.marked(bob, id_of(line), Mark::delivered);
    }
    add(lines_to_be_read_max + 2);
    EXPECT_FALSE(reads(1));
    EXPECT_FALSE(reads(2));
    EXPECT_TRUE(reads(3));
    EXPECT_EQ(receipts.mark({room, 1}), Mark::waiting) << "one of them has not got it";
    EXPECT_TRUE(receipts.marked(cyd, id_of(1), Mark::delivered));
    EXPECT_EQ(receipts.mark({room, 1}), Mark::delivered);
    EXPECT_FALSE(receipts.marked(cyd, id_of(1), Mark::read));
    EXPECT_EQ(vault.count("room.sent"), 1u + 1u + 2u);
}

}  // namespace
}  // namespace netaio::chat
