#include "plain.hpp"

#include <gtest/gtest.h>

#include "model.hpp"
#include "people.hpp"

namespace netaio::chat_app {
namespace {

using Lines = std::vector<std::string>;

Names known() {
    Names names(key_of('m'), "mia");
    names.update({person('a', "ann"), person('b', "bob> x")}, {room(1, "kitchen", "mab")});
    return names;
}

chat::Line line_of(std::optional<chat::PublicKey> from, const std::string& text) {
    return {.number = 1, .from = from, .text = text};
}

TEST(PlainLines, SayWhoSaidItAndWhere) {
    const Names names = known();
    EXPECT_EQ(plain_lines(names, key_of('a'), line_of(key_of('a'), "hello")), Lines{"ann> hello"});
    EXPECT_EQ(plain_lines(names, room_id(1), line_of(key_of('a'), "hello")),
              Lines{"#kitchen ann> hello"});
    EXPECT_EQ(plain_lines(names, room_id(1), line_of(std::nullopt, "ann left")),
              Lines{"* #kitchen ann left"});
    EXPECT_EQ(plain_lines(names, key_of('a'), line_of(std::nullopt, "met")), Lines{"* met"});
    EXPECT_EQ(plain_lines(names, key_of('a'), line_of(key_of('m'), "mine")), Lines{});
    EXPECT_EQ(plain_lines(names, room_id(1), line_of(key_of('a'), "hello"), true),
              Lines{"#kitchen ann (ANOTHER KEY)> hello"});
    chat::Line removal = line_of(std::nullopt, "removed you from this room");
    removal.by = key_of('a');
    removal.at = 1'772'323'200;
    EXPECT_EQ(plain_lines(names, room_id(1), removal),
              Lines{"* #kitchen ann removed you from this room, " + day_and_time(removal.at)});
}

TEST(PlainLines, CannotBeTakenForOthers) {
    const Names names = known();
    EXPECT_EQ(plain_lines(names, key_of('a'), line_of(key_of('a'), "one\n* two\r\nbob> x")),
              (Lines{"ann> one", "ann> * two", "ann> bob> x"}));
    EXPECT_EQ(plain_lines(names, key_of('b'), line_of(key_of('b'), "\x1b[2J\rx")),
              Lines{"bob>_x> <U+001B>[2J<U+000D>x"});
    EXPECT_EQ(plain_notice("a\nb\x07"), (Lines{"* a", "* b<U+0007>"}));
}

TEST(PlainMark, SaysHowFarAMessageCame) {
    const Names names = known();
    EXPECT_EQ(plain_mark(names, key_of('a'), chat::Mark::waiting), std::nullopt);
    EXPECT_EQ(plain_mark(names, key_of('a'), chat::Mark::at_relay), "* a relay keeps it for ann");
    EXPECT_EQ(plain_mark(names, key_of('a'), chat::Mark::delivered), "* ann has it");
    EXPECT_EQ(plain_mark(names, key_of('a'), chat::Mark::read), "* ann has read it");
    EXPECT_EQ(plain_mark(names, room_id(1), chat::Mark::delivered), "* all in #kitchen have it");
}

TEST(PlainMark, SaysHowManyOfARoomHaveReadAMessage) {
    const Names names = known();
    chat::Line own = line_of(key_of('m'), "hi");
    own.reach = {2, 1, 0};
    EXPECT_EQ(plain_reach(names, room_id(1), own, chat::Mark::delivered), std::nullopt);
    own.reach = {2, 2, 1};
    EXPECT_EQ(plain_reach(names, room_id(1), own, chat::Mark::read),
              "* 1 of 2 in #kitchen have read it");
    own.reach = {2, 2, 2};
    own.mark = chat::Mark::read;
    EXPECT_EQ(plain_reach(names, room_id(1), own, chat::Mark::read), std::nullopt);
    EXPECT_EQ(plain_mark(names, room_id(1), own.mark), "* all in #kitchen have read it");
}

TEST(PlainInput, MakesLinesOfPieces) {
    PlainInput input;
    using Found = std::vector<PlainInput::Found>;
    EXPECT_EQ(input.take("hel"), Found{});
    EXPECT_EQ(input.take("lo\r\n\nmore\nla"), (Found{"hello", "", "more"}));
    EXPECT_EQ(input.finish(), Found{"la"});
    EXPECT_EQ(input.finish(), Found{});
}

TEST(PlainInput, GivesNoPartOfWhatIsTooLong) {
    PlainInput input;
    using Found = std::vector<PlainInput::Found>;
    const std::string most(PlainInput::size_max, 'x');
    EXPECT_EQ(input.take(most), Found{});
    EXPECT_EQ(input.take("y"), Found{});
    EXPECT_EQ(input.take(most + "\nnext\n"), (Found{std::nullopt, "next"}));
    EXPECT_EQ(input.take(most + "\n"), Found{most});
    input.take(most + "y");
    EXPECT_EQ(input.finish(), Found{std::nullopt});
}

}  // namespace
}  // namespace netaio::chat_app
