#include "names.hpp"

#include <gtest/gtest.h>

#include <netaio/chat/shown_text.hpp>

#include "misuse.hpp"
#include "people.hpp"

namespace netaio::chat_app {
namespace {

std::string number(char letter) {
    std::string digits = chat::short_number(key_of(letter));
    digits[5] = '-';
    return "~" + digits;
}

Names with(const std::vector<chat::PersonView>& people,
           const std::vector<chat::RoomView>& rooms = {}) {
    Names names(key_of('m'), "mia");
    names.update(people, rooms);
    return names;
}

std::string why_not_found(const Names& names, std::string_view typed) {
    try {
        names.place(typed);
    } catch (const Misuse& misuse) {
        return misuse.what();
    }
    return "no misuse";
}

TEST(Names, AreOneWordEach) {
    EXPECT_EQ(as_word("ann"), "ann");
    EXPECT_EQ(as_word(" Eve Adams "), "Eve_Adams");
    EXPECT_EQ(as_word("a~1"), "a_1");
    EXPECT_EQ(as_word("#kitchen"), "_kitchen");
    EXPECT_EQ(as_word("* ann"), "__ann");
    EXPECT_EQ(as_word("a\nb"), "a<U+000A>b");
    EXPECT_EQ(as_word(std::string(1000, 'x')), std::string(15, 'x') + "…");
    EXPECT_EQ(as_word(" \u0301a"), "<U+0301>a");
    EXPECT_EQ(as_word(""), "");
}

TEST(Names, DoNotLookVerified) {
    EXPECT_EQ(as_word("Ben✓"), "Ben_");
    EXPECT_EQ(as_word("Ben="), "Ben_");
    EXPECT_EQ(as_word("✔Ben ✅"), "_Ben__");
    EXPECT_EQ(as_word("Ben√\u0301"), "Ben_\u0301");
}

TEST(Names, EndInNothingThatMayBeTakenForASign) {
    for (const std::string sign :
         {"\U0001fbb1", "\U00010102", "\uff1d", "\ua78a", "\u30a0", "\u268c", "\U0001f7f0",
          "\u2705", "\u2261\u0301", "\u2e40", "\ua4ff"}) {
        EXPECT_EQ(as_word("Ben" + sign), "Ben_") << sign;
        EXPECT_EQ(as_word("Ben" + sign + " "), "Ben_") << sign;
    }
    for (const std::string name :
         {"José", "Jose\u0301", "Бен", "李", "हिन्दी", "Ben2", "Ben²a", "Ben!", "Ben)", "Ben🌻",
          "Ben👍🏽", "Ben🇩🇪", "👩\u200d🚀", "a＝b"}) {
        EXPECT_EQ(as_word(name), name);
    }
}

TEST(Names, StandAloneWhereNobodyHasOneThatLooksAlike) {
    const Names names = with({person('a', "ann"), person('b', "Eve Adams")});
    EXPECT_EQ(names.of(key_of('a')), "ann");
    EXPECT_EQ(names.of(key_of('b')), "Eve_Adams");
    EXPECT_EQ(names.of(key_of('m')), "mia");
}

TEST(Names, GetNumbersWhereTheyLookAlike) {
    const Names names = with({person('a', "ann"), person('b', "Аnn"), person('c', "Mia"),
                              person('d', ""), person('e', "7"), person('f', "bob")});
    EXPECT_EQ(names.of(key_of('a')), "ann" + number('a'));
    EXPECT_EQ(names.of(key_of('b')), "Аnn" + number('b'));
    EXPECT_EQ(names.of(key_of('c')), "Mia" + number('c'));
    EXPECT_EQ(names.of(key_of('m')), "mia") << "one knows oneself";
    EXPECT_EQ(names.of(key_of('d')), number('d'));
    EXPECT_EQ(names.of(key_of('e')), "7" + number('e'));
    EXPECT_EQ(names.of(key_of('f')), "bob");
    EXPECT_EQ(names.of(key_of('x')), number('x')) << "not met";
}

TEST(Names, AreComparedAsTheyAreShown) {
    const std::string beginning(20, 'x');
    const Names names = with({person('a', beginning + "a"), person('b', beginning + "b")});
    EXPECT_NE(names.of(key_of('a')), names.of(key_of('b')));
}

TEST(Names, KeepTheirNumbersWhereThereIsLittlePlace) {
    const Names names = with({person('a', "annabella"), person('b', "Annabella")});
    EXPECT_EQ(names.of(key_of('a'), 16), "ann…" + number('a'));
    EXPECT_EQ(chat::cells(names.of(key_of('a'), 5)), 5u);
}

TEST(Names, OfRoomsBeginWithTheirSign) {
    const Names names =
        with({person('a', "kitchen")},
             {room(1, "kitchen", "ma"), room(2, "cellar", "m"), room(3, "Cellar", "m")});
    EXPECT_EQ(names.of(room_id(1)), "#kitchen");
    EXPECT_EQ(names.of(room_id(2)), "#cellar~02cd012345");
    EXPECT_EQ(names.of(room_id(3)), "#Cellar~03cd012345");
    EXPECT_EQ(names.of(key_of('a')), "kitchen");
}

TEST(Names, AreFoundAsTheyAreTyped) {
    const Names names = with({person('a', "ann"), person('b', "bob")}, {room(1, "kitchen", "ma")});
    EXPECT_EQ(names.place("ann"), chat::Place(key_of('a')));
    EXPECT_EQ(names.place("@ann"), chat::Place(key_of('a')));
    EXPECT_EQ(names.place("#kitchen"), chat::Place(room_id(1)));
    EXPECT_EQ(names.place("1"), chat::Place(room_id(1)));
    EXPECT_EQ(names.place("3"), chat::Place(key_of('b')));
    EXPECT_EQ(names.person("bob"), key_of('b'));
    EXPECT_EQ(names.people(), (std::vector<std::string>{"ann", "bob"}));
    EXPECT_EQ(names.rooms(), (std::vector<std::string>{"#kitchen"}));
}

TEST(Names, KeepTheNumbersOfTheListWhoeverElseIsMet) {
    Names names(key_of('m'), "mia");
    names.update({person('c', "cyd")}, {});
    EXPECT_EQ(names.place("1"), chat::Place(key_of('c')));
    names.update({person('a', "ann"), person('b', "bob"), person('c', "cyd")},
                 {room(1, "kitchen", "ma")});
    EXPECT_EQ(names.place("1"), chat::Place(key_of('c')));
    for (const chat::Place& place : names.places()) {
        EXPECT_EQ(names.place(std::to_string(names.number(place))), place);
    }
    EXPECT_EQ(why_not_found(names, "5"), "the list goes from 1 to 4");
}

TEST(Names, SayWhyNobodyIsFound) {
    Names names = with({person('a', "ann"), person('b', "Ann"), person('c', "bob")});
    EXPECT_EQ(why_not_found(names, "mia"), "nobody is called 'mia': /who shows who is there");
    EXPECT_EQ(why_not_found(names, "#ann"), "no room is called '#ann': /rooms shows them all");
    EXPECT_EQ(why_not_found(names, "4"), "the list goes from 1 to 3");
    EXPECT_EQ(why_not_found(names, "0"), "the list goes from 1 to 3");
    EXPECT_EQ(why_not_found(with({}), "1"), "nobody was met yet");
    EXPECT_THROW(names.person("#ann"), Misuse);
    EXPECT_EQ(why_not_found(names, "\x1b[2J"),
              "nobody is called '<U+001B>[2J': /who shows who is there");
    names.update({person('a', "ann")}, {room(1, "kitchen", "ma")});
    EXPECT_EQ(
        why_not_found(names, "Kitchen"),
        "nobody is called 'Kitchen': /who shows who is there, and there is the room #kitchen");
}

TEST(Names, ThatLookAlikeAreNotGuessed) {
    const Names names = with({person('a', "ann"), person('b', "ann"), person('c', "Bob")});
    const std::string why = why_not_found(names, "ann");
    EXPECT_TRUE(why.starts_with("nobody is called 'ann', but there is ann~"));
    EXPECT_NE(why.find("ann" + number('a')), why.npos);
    EXPECT_NE(why.find("ann" + number('b')), why.npos);
    EXPECT_EQ(names.person("ann" + number('a')), key_of('a'));
    EXPECT_EQ(why_not_found(names, "bob"), "nobody is called 'bob', but there is Bob");
}

}  // namespace
}  // namespace netaio::chat_app
