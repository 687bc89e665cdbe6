#include <netaio/chat/limits.hpp>

#include "chat_testbed.hpp"

namespace netaio::chat {
namespace {

using namespace std::chrono_literals;
using Texts = Chatter::Texts;

struct ChatRoomsTest : ChatTest {
    Line last(const RoomId& room) { return ann.chat->lines(room, 0, 1).at(0); }
};

TEST_F(ChatRoomsTest, WhatIsSaidInARoomOfARefusedKeyWaitsUntilItIsAccepted) {
    EXPECT_FALSE(ann.chat->met(bob.key(), "bob"));
    ann.chat->verify(bob.key());
    EXPECT_EQ(ann.chat->met(cyd.key(), "bob"), Errc::auth_failed);
    const RoomId room = cyd.chat->make_room("trap").value();
    ASSERT_FALSE(cyd.chat->invite(room, ann.key()));
    carry();
    ASSERT_TRUE(ann.chat->say(room, "is anybody here?"));
    carry();
    EXPECT_EQ(last(room).mark, Mark::waiting);
    EXPECT_EQ(last(room).reach, (Reach{1, 0, 0}));
    EXPECT_TRUE(cyd.heard.empty());
    ann.chat->accept(cyd.key());
    ann.chat->tick();
    carry();
    EXPECT_EQ(last(room).mark, Mark::delivered);
    EXPECT_EQ(cyd.heard, Texts{"#is anybody here?"});
}

// As much as may wait, and half as much more.
TEST_F(ChatRoomsTest, MoreThanMayWaitForWhoIsAwayComesAllTheSame) {
    const RoomId room = ann.chat->make_room("kitchen").value();
    ASSERT_FALSE(ann.chat->invite(room, bob.key()));
    ASSERT_FALSE(ann.chat->invite(room, cyd.key()));
    carry();
    bob.away = true;
    Texts texts;
    const std::size_t count = 3 * waiting_bytes_of_one_max / text_size_max / 4;
    for (std::size_t number = 0; number < count; ++number) {
        std::string text = std::to_string(number) + " ";
        texts.push_back("#" + text.append(text_size_max - text.size(), 'x'));
        ASSERT_TRUE(ann.chat->say(room, text));
    }
    EXPECT_EQ(ann.chat->say(bob.key(), std::string(text_size_max, 'x')).error(), Errc::queue_full);
    carry();
    EXPECT_EQ(cyd.heard.size(), count);
    EXPECT_EQ(last(room).reach, (Reach{2, 1, 0}));
    EXPECT_TRUE(ann.marks.empty());
    bob.away = false;
    carry();
    EXPECT_TRUE(bob.heard == texts) << bob.heard.size();
    EXPECT_EQ(ann.marks.size(), count);
    EXPECT_EQ(last(room).mark, Mark::delivered);
    EXPECT_TRUE(bob.notices.empty());
}

}  // namespace
}  // namespace netaio::chat
