#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <sstream>

#include "chat_testbed.hpp"

namespace netaio::chat {
namespace {

void write_lines(std::ostream& out, const Chat& chat, const Place& where) {
    for (const Line& line : chat.lines(where, 0, 100)) {
        out << "  " << line.number << ' ' << line.text << ' ' << static_cast<int>(line.mark) << ' '
            << line.reach.delivered << '/' << line.reach.members << '\n';
    }
}

// All that somebody sees of a chat.
std::string seen_of(const Chat& chat) {
    std::ostringstream out;
    for (const PersonView& person : chat.people()) {
        out << short_number(person.key) << ' ' << person.name << ' ' << person.verified << ' '
            << person.present << ' ' << person.unread << '\n';
        write_lines(out, chat, person.key);
    }
    for (const RoomView& room : chat.rooms()) {
        out << room.name << ' ' << room.members.size() << ' ' << room.is_member << ' '
            << room.unread << '\n';
        write_lines(out, chat, room.id);
    }
    for (const FileView& file : chat.files()) {
        out << file.number << ' ' << file.name << ' ' << static_cast<int>(file.state) << '\n';
    }
    out << chat.tells_read() << ' ' << chat.wants_bundle().size() << '\n';
    return out.str();
}

struct ChatKeepingTest : ChatTest {
    // Nothing is kept in a file that stands where ann's does.
    void put_away() { std::filesystem::rename(ann.file, ann.file + ".away"); }
    void put_back() { std::filesystem::rename(ann.file + ".away", ann.file); }
    std::string envelope_of(Chatter& from) { return from.chat->parcels().at(0).envelope; }
};

TEST_F(ChatKeepingTest, WhatCannotBeKeptDidNotHappen) {
    const Identity dan = Identity::make(*Environment().random);
    ASSERT_FALSE(ann.chat->know(bob.key(), "bob"));
    ann.chat->verify(bob.key());
    ASSERT_EQ(ann.chat->met(dan.public_key(), "bob"), Errc::auth_failed);
    const RoomId room = ann.chat->make_room("kitchen").value();
    ASSERT_FALSE(ann.chat->invite(room, bob.key()));
    ASSERT_TRUE(bob.chat->say(ann.key(), "hello"));
    ASSERT_TRUE(cyd.chat->say(ann.key(), "me too"));
    carry();
    ASSERT_TRUE(bob.chat->offer_file(ann.key(), folder.write("it", "x")));
    while (bob.chat->work()) {
    }
    carry();
    ASSERT_TRUE(ann.chat->say(room, "to bob in the room"));
    ASSERT_TRUE(ann.chat->say(bob.key(), "to bob"));
    const std::vector<Parcel> parcels = ann.chat->parcels();
    ASSERT_GE(parcels.size(), 2u);
    ASSERT_TRUE(bob.chat->say(ann.key(), "one more"));
    const std::string envelope = envelope_of(bob);
    Chatter eve("eve", folder, clock);
    everybody.push_back(&eve);
    ASSERT_TRUE(ann.chat->say(eve.key(), "who are you?"));
    const PrekeyBundle bundle = cyd.chat->bundle_to_hand_out();

    const std::pair<const char*, std::function<void()>> calls[] = {
        {"met", [&] { (void)ann.chat->met(cyd.key(), "another name"); }},
        {"met somebody new",
         [&] { (void)ann.chat->met(Identity::make(*Environment().random).public_key(), "eve"); }},
        {"know", [&] { (void)ann.chat->know(cyd.key(), "cyd again"); }},
        {"verify", [&] { ann.chat->verify(cyd.key()); }},
        {"verify no more", [&] { ann.chat->verify(bob.key(), false); }},
        {"accept", [&] { ann.chat->accept(dan.public_key()); }},
        {"say", [&] { (void)ann.chat->say(cyd.key(), "hi"); }},
        {"say in a room", [&] { (void)ann.chat->say(room, "hi"); }},
        {"shown", [&] { ann.chat->shown(bob.key()); }},
        {"tell_read", [&] { ann.chat->tell_read(true); }},
        {"make_room", [&] { (void)ann.chat->make_room("cellar"); }},
        {"invite", [&] { (void)ann.chat->invite(room, cyd.key()); }},
        {"remove", [&] { (void)ann.chat->remove(room, bob.key()); }},
        {"rename", [&] { (void)ann.chat->rename(room, "bath"); }},
        {"name_stand_in", [&] { (void)ann.chat->name_stand_in(room, bob.key()); }},
        {"offer_file", [&] { (void)ann.chat->offer_file(bob.key(), folder.file("it")); }},
        {"cancel_file", [&] { (void)ann.chat->cancel_file(1); }},
        {"work", [&] { ann.chat->work(); }},
        {"parcels", [&] { (void)ann.chat->parcels(); }},
        {"bundle_came", [&] { (void)ann.chat->bundle_came(bundle); }},
        {"is_at_relay",
         [&] {
             for (const Parcel& parcel : parcels) ann.chat->is_at_relay(parcel.number);
         }},
        {"was_taken",
         [&] {
             for (const Parcel& parcel : parcels) ann.chat->was_taken(parcel.number);
         }},
        {"receive", [&] { (void)ann.chat->receive(envelope); }},
        {"bundle_to_hand_out", [&] { (void)ann.chat->bundle_to_hand_out(); }},
        {"prekeys_for_relay", [&] { (void)ann.chat->prekeys_for_relay(0); }},
        {"tick", [&] { ann.chat->tick(); }},
    };
    const std::string before = seen_of(*ann.chat);
    put_away();
    for (const auto& [name, call] : calls) {
        EXPECT_THROW(call(), Error) << name;
        EXPECT_EQ(seen_of(*ann.chat), before) << name;
    }
    put_back();
    EXPECT_EQ(seen_of(*ann.chat), before);
    for (const Parcel& parcel : parcels) ann.chat->is_at_relay(parcel.number);
    EXPECT_EQ(ann.chat->lines(room, 0, 1).at(0).mark, Mark::at_relay) << "and it happens then";
    carry();
    EXPECT_EQ(ann.chat->lines(room, 0, 1).at(0).mark, Mark::delivered);
    EXPECT_EQ(ann.heard.back(), "one more");
}

}  // namespace
}  // namespace netaio::chat
