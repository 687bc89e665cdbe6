#include <gtest/gtest.h>

#include <algorithm>
#include <netaio/chat/chat.hpp>
#include <netaio/chat/rooms.hpp>

#include "chat_testbed.hpp"
#include "people.hpp"

namespace netaio::chat {
namespace {

using Texts = Chatter::Texts;

TEST_F(ChatTest, TwoTalkAndKnowWhatTheOtherHas) {
    ASSERT_TRUE(ann.chat->say(bob.key(), "hello"));
    EXPECT_EQ(ann.view(bob).name, "") << "he did not say it yet";
    EXPECT_TRUE(ann.chat->parcels().empty()) << "there is nothing to seal it with";
    bob.chat->tell_read(true);
    carry();
    EXPECT_EQ(bob.heard, Texts{"hello"});
    EXPECT_EQ(bob.view(ann).name, "ann") << "it comes with the first message";
    EXPECT_EQ(bob.view(ann).unread, 1u);
    EXPECT_EQ(ann.marks, Texts{"hello 2"});
    bob.chat->shown(ann.key());
    EXPECT_EQ(bob.view(ann).unread, 0u);
    ASSERT_TRUE(bob.chat->say(ann.key(), "hello you"));
    carry();
    EXPECT_EQ(ann.heard, Texts{"hello you"});
    EXPECT_EQ(ann.marks, (Texts{"hello 2", "hello 3"}));
    const auto lines = ann.chat->lines(bob.key(), 0, 10);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].text, "hello");
    EXPECT_EQ(lines[0].mark, Mark::read);
    EXPECT_EQ(lines[1].from, bob.key());
    EXPECT_TRUE(ann.chat->parcels().empty());
}

TEST_F(ChatTest, WhatWasReadIsToldOnlyWhereItsReaderWants) {
    EXPECT_FALSE(bob.chat->tells_read()) << "not unless he says so";
    const auto say_and_show = [this](const std::string& text) {
        ASSERT_TRUE(ann.chat->say(bob.key(), text));
        carry();
        bob.chat->shown(ann.key());
        carry();
    };
    say_and_show("one");
    bob.chat->tell_read(true);
    bob.begin();
    EXPECT_TRUE(bob.chat->tells_read());
    say_and_show("two");
    bob.chat->tell_read(false);
    bob.begin();
    EXPECT_FALSE(bob.chat->tells_read());
    say_and_show("three");
    EXPECT_EQ(ann.marks, (Texts{"one 2", "two 2", "two 3", "three 2"}));
}

TEST_F(ChatTest, WhatWasReadInARoomIsToldByWhoWants) {
    const auto room = ann.chat->make_room("kitchen").value();
    ASSERT_FALSE(ann.chat->invite(room, bob.key()));
    ASSERT_FALSE(ann.chat->invite(room, cyd.key()));
    carry();
    bob.chat->tell_read(true);
    const auto say_and_show = [&](const std::string& text) {
        EXPECT_TRUE(ann.chat->say(room, text));
        carry();
        bob.chat->shown(room);
        cyd.chat->shown(room);
        carry();
        return ann.chat->lines(room, 0, 1).at(0);
    };
    const Line some = say_and_show("one");
    EXPECT_EQ(some.reach, (Reach{2, 2, 1}));
    EXPECT_EQ(some.mark, Mark::delivered);
    cyd.chat->tell_read(true);
    ann.begin();
    const Line all = say_and_show("two");
    EXPECT_EQ(all.reach, (Reach{2, 2, 2}));
    EXPECT_EQ(all.mark, Mark::read);
    EXPECT_EQ(ann.chat->lines(room, all.number, 1).at(0).reach, (Reach{2, 2, 1}))
        << "what was shown before is not told";
}

TEST_F(ChatTest, WhatWasNotShownIsThereUntilItIsAlsoWhenOneSaysSomething) {
    const auto texts = [&](const Place& place) {
        Texts found;
        for (const Line& line : bob.chat->not_shown(place, 10)) found.push_back(line.text);
        return found;
    };
    const auto room = ann.chat->make_room("kitchen").value();
    ASSERT_FALSE(ann.chat->invite(room, bob.key()));
    for (const Place& place : {Place(bob.key()), Place(room)}) {
        for (const char* text : {"one", "two"}) ASSERT_TRUE(ann.chat->say(place, text));
    }
    carry();
    for (const Place& place : {Place(ann.key()), Place(room)}) {
        EXPECT_EQ(texts(place), (Texts{"one", "two"}));
        EXPECT_EQ(bob.chat->not_shown(place, 1).size(), 1u);
        bob.chat->shown(place, bob.chat->not_shown(place, 1).at(0).number);
        ASSERT_TRUE(bob.chat->say(place, "me"));
        bob.begin();
        EXPECT_EQ(texts(place), (Texts{"two", "me"}));
        bob.chat->shown(place);
        EXPECT_EQ(texts(place), Texts());
    }
    EXPECT_EQ(bob.view(ann).unread, 0u);
    EXPECT_EQ(bob.chat->rooms().at(0).unread, 0u);
    EXPECT_TRUE(bob.chat->not_shown(cyd.key(), 10).empty()) << "nobody knows her";
}

TEST_F(ChatTest, WhoIsAwayHearsItLaterAndOnceWhoeverStartsAnew) {
    bob.away = true;
    ASSERT_TRUE(ann.chat->say(bob.key(), "one"));
    carry();
    ann.begin();
    ASSERT_TRUE(ann.chat->say(bob.key(), "two"));
    carry();
    ann.begin();
    bob.begin();
    bob.away = false;
    carry();
    bob.begin();
    carry();
    EXPECT_EQ(bob.heard, (Texts{"one", "two"}));
    EXPECT_EQ(ann.chat->lines(bob.key(), 0, 10).back().mark, Mark::delivered);
    EXPECT_EQ(bob.chat->lines(ann.key(), 2, 10).front().text, "one");
}

TEST_F(ChatTest, RoomsHaveOneOrderForAll) {
    const auto room = ann.chat->make_room("kitchen");
    ASSERT_TRUE(room);
    ASSERT_FALSE(ann.chat->invite(*room, bob.key()));
    ASSERT_FALSE(ann.chat->invite(*room, cyd.key()));
    carry();
    ASSERT_EQ(bob.chat->rooms().size(), 1u);
    EXPECT_EQ(bob.chat->rooms()[0].name, "kitchen");
    EXPECT_EQ(bob.chat->rooms()[0].members.size(), 3u);
    ASSERT_TRUE(ann.chat->say(*room, "from ann"));
    ASSERT_TRUE(bob.chat->say(*room, "from bob"));
    ASSERT_TRUE(cyd.chat->say(*room, "from cyd"));
    carry();
    Texts order;
    for (Chatter* one : everybody) {
        Texts here;
        for (const Line& line : one->chat->lines(*room, 0, 10)) {
            here.push_back(line.text);
        }
        EXPECT_EQ(here.size(), 3u);
        EXPECT_TRUE(order.empty() || here == order) << one->name;
        order = here;
    }
    ASSERT_FALSE(ann.chat->remove(*room, cyd.key()));
    carry();
    ASSERT_TRUE(bob.chat->say(*room, "without cyd"));
    carry();
    EXPECT_EQ(std::ranges::count(cyd.heard, "#without cyd"), 0);
    EXPECT_EQ(std::ranges::count(ann.heard, "#without cyd"), 1);
    EXPECT_FALSE(cyd.chat->rooms()[0].is_member);
}

TEST_F(ChatTest, AnotherKeyForAVerifiedNameIsRefusedUntilItIsAccepted) {
    EXPECT_FALSE(ann.chat->met(bob.key(), "bob"));
    ann.chat->verify(bob.key());
    Chatter mallory("bob ", folder, clock);
    everybody.push_back(&mallory);
    EXPECT_EQ(ann.chat->met(mallory.key(), "bob"), Errc::auth_failed);
    ASSERT_EQ(ann.notices.size(), 1u);
    EXPECT_EQ(ann.notices[0].kind, Notice::Kind::other_key);
    EXPECT_NE(ann.notices[0].text.find(short_number(bob.key())), std::string::npos);
    EXPECT_NE(ann.notices[0].text.find(short_number(mallory.key())), std::string::npos);
    EXPECT_EQ(ann.chat->say(mallory.key(), "secret").error(), Errc::auth_failed);
    ann.begin();
    EXPECT_EQ(ann.chat->met(mallory.key(), "bob"), Errc::auth_failed) << "it is remembered";
    EXPECT_EQ(ann.notices.size(), 1u) << "and not told again";
    EXPECT_TRUE(ann.view(mallory).refused);
    EXPECT_FALSE(ann.view(bob).refused);
    ann.chat->accept(mallory.key());
    EXPECT_FALSE(ann.view(mallory).refused);
    EXPECT_TRUE(ann.chat->say(mallory.key(), "welcome back"));
    EXPECT_FALSE(ann.view(bob).verified);
}

TEST_F(ChatTest, WhoWasMetFirstUnderANameIsRefusedOnceSomebodyElseIsVerifiedByIt) {
    const auto key = [] { return Identity::make(*Environment().random).public_key(); };
    const PublicKey impostor = key(), lookalike = key();
    EXPECT_FALSE(ann.chat->met(impostor, "bob"));
    EXPECT_FALSE(ann.chat->know(lookalike, "b0b"));
    EXPECT_FALSE(ann.chat->met(bob.key(), "bob"));
    EXPECT_FALSE(ann.chat->met(cyd.key(), "cyd"));
    EXPECT_TRUE(ann.chat->say(impostor, "before anybody knew"));
    ann.chat->verify(bob.key());
    ASSERT_EQ(ann.notices.size(), 2u);
    for (const PublicKey& other : {impostor, lookalike}) {
        const auto told =
            std::ranges::find(ann.notices, std::optional<Place>(other), &Notice::place);
        ASSERT_NE(told, ann.notices.end());
        EXPECT_EQ(told->kind, Notice::Kind::other_key);
        EXPECT_NE(told->text.find(short_number(bob.key())), std::string::npos);
        EXPECT_NE(told->text.find(short_number(other)), std::string::npos);
        EXPECT_EQ(ann.chat->say(other, "secret").error(), Errc::auth_failed);
    }
    ann.begin();
    EXPECT_EQ(ann.chat->say(impostor, "secret").error(), Errc::auth_failed);
    EXPECT_TRUE(ann.chat->say(bob.key(), "secret"));
    EXPECT_TRUE(ann.chat->say(cyd.key(), "hello"));
    ann.chat->verify(bob.key());
    EXPECT_EQ(ann.notices.size(), 2u) << "each is told once";
}

TEST_F(ChatTest, WhatWaitsForAKeyThatIsRefusedGoesOnceItIsAccepted) {
    EXPECT_FALSE(ann.chat->met(cyd.key(), "bob"));
    ASSERT_TRUE(ann.chat->say(cyd.key(), "for the true bob"));
    EXPECT_FALSE(ann.chat->met(bob.key(), "bob"));
    ann.chat->verify(bob.key());
    carry();
    EXPECT_TRUE(cyd.heard.empty());
    ann.chat->accept(cyd.key());
    carry();
    EXPECT_EQ(cyd.heard, Texts{"for the true bob"});
}

TEST_F(ChatTest, WhoWasAcceptedStaysSoUnderThatNameWhoeverIsVerified) {
    EXPECT_FALSE(ann.chat->met(bob.key(), "bob"));
    ann.chat->verify(bob.key());
    EXPECT_EQ(ann.chat->met(cyd.key(), "bob"), Errc::auth_failed);
    ann.chat->accept(cyd.key());
    ann.begin();
    ann.chat->verify(bob.key());
    EXPECT_TRUE(ann.chat->say(cyd.key(), "you are another bob"));
    EXPECT_FALSE(ann.chat->met(cyd.key(), "cyd"));
    EXPECT_FALSE(ann.chat->met(cyd.key(), "bob")) << "it was accepted before";
    EXPECT_EQ(ann.chat->met(cyd.key(), "b0b"), Errc::auth_failed);
}

TEST_F(ChatTest, WhoWasVerifiedWithoutANameHasOthersOfItRefusedOnceItIsTold) {
    const PublicKey nameless = Identity::make(*Environment().random).public_key();
    EXPECT_FALSE(ann.chat->know(nameless, ""));
    EXPECT_FALSE(ann.chat->know(bob.key(), ""));
    EXPECT_FALSE(ann.chat->met(cyd.key(), "bob"));
    ann.chat->verify(bob.key());
    EXPECT_TRUE(ann.notices.empty());
    EXPECT_FALSE(ann.chat->met(bob.key(), "bob"));
    EXPECT_EQ(ann.notices.size(), 1u);
    EXPECT_EQ(ann.chat->say(cyd.key(), "secret").error(), Errc::auth_failed);
    EXPECT_TRUE(ann.chat->say(nameless, "who are you?"));
}

TEST_F(ChatTest, NoNameMakesANoticeLookLikeOthers) {
    EXPECT_FALSE(ann.chat->met(bob.key(), "bob"));
    ann.chat->verify(bob.key());
    for (const std::string& name : {std::string("bob\n"), "bob" + std::string(30'000, ' ')}) {
        const Identity mallory = Identity::make(*Environment().random);
        EXPECT_EQ(ann.chat->met(mallory.public_key(), name), Errc::auth_failed);
        EXPECT_EQ(ann.chat->met(mallory.public_key(), name), Errc::auth_failed);
        EXPECT_EQ(ann.notices.back().text.find('\n'), std::string::npos);
        EXPECT_LT(ann.notices.back().text.size(), 600u);
    }
    EXPECT_EQ(ann.notices.size(), 2u) << "each was told once";
}

TEST_F(ChatTest, StrangersWhoWereOnlyThereAreForgottenWhereThereAreTooMany) {
    ASSERT_FALSE(ann.chat->know(bob.key(), "bob"));
    ASSERT_FALSE(ann.chat->met(cyd.key(), "cyd"));
    ASSERT_TRUE(ann.chat->say(cyd.key(), "hello"));
    ann.chat->gone(cyd.key());
    for (std::size_t i = 0; i < People::strangers_max + 20; ++i) {
        const Identity stranger = Identity::make(*Environment().random);
        ASSERT_FALSE(ann.chat->met(stranger.public_key(), "stranger"));
        ann.chat->gone(stranger.public_key());
    }
    EXPECT_EQ(ann.chat->people().size(), People::strangers_max + 2);
    ann.begin();
    EXPECT_EQ(ann.chat->people().size(), People::strangers_max + 2);
    EXPECT_EQ(ann.view(bob).name, "bob");
    EXPECT_EQ(ann.view(cyd).name, "cyd");
}

TEST_F(ChatTest, ManyLinesOfSomebodyNeverWrittenToAreLetGoAndThatIsSaid) {
    const std::size_t more = 3;
    for (std::size_t i = 0; i < People::stranger_lines_max + more; ++i) {
        ASSERT_TRUE(bob.chat->say(ann.key(), "buy"));
    }
    carry();
    EXPECT_EQ(ann.heard.size(), People::stranger_lines_max);
    EXPECT_EQ(ann.notices.size(), more);
    ASSERT_TRUE(ann.chat->say(bob.key(), "what?"));
    ASSERT_TRUE(bob.chat->say(ann.key(), "something"));
    carry();
    EXPECT_EQ(ann.heard.back(), "something");
}

TEST_F(ChatTest, AFileHasALineThatSaysHowFarItIs) {
    const auto work = [&] {
        for (int round = 0; round < 10; ++round) {
            for (Chatter* one : everybody) {
                while (one->chat->work()) {
                }
            }
            carry();
        }
    };
    const std::string bytes(100'000, 'x');
    ASSERT_TRUE(bob.chat->say(ann.key(), "send it to me"));
    carry();
    ASSERT_TRUE(ann.chat->offer_file(bob.key(), folder.write("it", bytes)));
    EXPECT_EQ(ann.chat->lines(bob.key(), 0, 1).front().text, "file it, 97.6 KiB: is being read");
    ann.begin();
    work();
    const Line sent = ann.chat->lines(bob.key(), 0, 1).front();
    EXPECT_EQ(sent.text, "file it, 97.6 KiB: they have it");
    EXPECT_EQ(sent.from, ann.key());
    EXPECT_EQ(sent.number, 2u);
    EXPECT_EQ(sent.mark, Mark::delivered);
    const Line came = bob.chat->lines(ann.key(), 0, 1).front();
    EXPECT_EQ(came.text, "file it, 97.6 KiB: kept as " + folder.file("bob.files/it"));
    EXPECT_EQ(came.from, ann.key());
    EXPECT_EQ(bob.view(ann).unread, 1u);
    EXPECT_EQ(std::filesystem::file_size(folder.file("bob.files/it")), bytes.size());
    EXPECT_EQ(ann.heard, Texts{"send it to me"});
    EXPECT_TRUE(bob.heard.empty());
    EXPECT_TRUE(ann.chat->files().empty());
    EXPECT_TRUE(ann.chat->parcels().empty());
}

TEST_F(ChatTest, AFileOfSomebodyWhoWasNeverWrittenToWaitsAlsoAfterItWasRefused) {
    const std::string path = folder.write("it", "x");
    for (const char* round : {"first", "second"}) {
        ASSERT_TRUE(ann.chat->offer_file(bob.key(), path));
        while (ann.chat->work()) {
        }
        carry();
        ASSERT_EQ(bob.chat->files().size(), 1u) << round;
        EXPECT_EQ(bob.chat->files()[0].state, FileState::offered) << round;
        EXPECT_FALSE(bob.chat->cancel_file(1));
        carry();
        EXPECT_TRUE(ann.chat->files().empty());
    }
}

TEST_F(ChatTest, AStrangerStaysOneWhateverTheProgramAnswersInTheirRooms) {
    const RoomId room = *bob.chat->make_room("room");
    EXPECT_FALSE(bob.chat->invite(room, ann.key()));
    EXPECT_FALSE(bob.chat->bundle_came(ann.chat->bundle_to_hand_out()));
    // The key before the records, for which her program asks.
    auto parcels = bob.chat->parcels();
    std::reverse(parcels.begin(), parcels.end());
    for (const Parcel& parcel : parcels) EXPECT_FALSE(ann.chat->receive(parcel.envelope));
    carry();
    ASSERT_TRUE(bob.chat->say(room, "hello"));
    carry();
    EXPECT_EQ(ann.heard, Texts{"#hello"});
    EXPECT_EQ(bob.view(ann).name, "") << "she did nothing yet";
    ASSERT_TRUE(bob.chat->offer_file(ann.key(), folder.write("it", "x")));
    while (bob.chat->work()) {
    }
    carry();
    ASSERT_EQ(ann.chat->files().size(), 1u);
    EXPECT_EQ(ann.chat->files().front().state, FileState::offered) << "she never wrote to him";
    ASSERT_TRUE(ann.chat->say(room, "hello you"));
    carry();
    EXPECT_EQ(bob.view(ann).name, "ann");
}

TEST_F(ChatTest, RoomsOfStrangersLeavePlacesForOthers) {
    Chatter dan("dan", folder, clock);
    everybody.push_back(&dan);
    ASSERT_TRUE(ann.chat->say(cyd.key(), "hello"));
    for (std::size_t i = 0; i <= strangers_rooms_max; ++i) {
        EXPECT_FALSE(bob.chat->invite(*bob.chat->make_room("junk"), ann.key()));
    }
    carry();
    EXPECT_EQ(ann.chat->rooms().size(), strangers_rooms_max);
    ASSERT_FALSE(ann.notices.empty());
    EXPECT_EQ(ann.notices.front().text,
              "a room was refused whose owner you never wrote to: there are too many such; /add "
              "them and be invited again");
    EXPECT_FALSE(dan.chat->invite(*dan.chat->make_room("of a stranger"), ann.key()));
    EXPECT_FALSE(cyd.chat->invite(*cyd.chat->make_room("of a friend"), ann.key()));
    carry();
    EXPECT_EQ(ann.chat->rooms().size(), strangers_rooms_max + 1);
}

TEST_F(ChatTest, NoFileGoesToAKeyThatIsNotAccepted) {
    EXPECT_FALSE(ann.chat->met(bob.key(), "bob"));
    ann.chat->verify(bob.key());
    EXPECT_EQ(ann.chat->met(cyd.key(), "bob"), Errc::auth_failed);
    const std::string path = folder.write("it", "x");
    EXPECT_EQ(ann.chat->offer_file(cyd.key(), path).error(), Errc::auth_failed);
    EXPECT_TRUE(ann.chat->files().empty());
}

}  // namespace
}  // namespace netaio::chat
