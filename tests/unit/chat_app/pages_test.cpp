#include "pages.hpp"

#include <random>

#include "page_grid.hpp"

namespace netaio::chat_app {
namespace {

using Grid = std::vector<std::string>;

constexpr std::uint64_t hour = 3'600;

// On two days, with all kinds of lines.
Model kitchen_of_mia() {
    Model model = model_of_mia();
    model.people[0].verified = true;
    model.people[1].present = false;
    model.people[1].unread = 2;
    model.chosen = room_id(1);
    say(model, std::nullopt, "mia made this room", 23 * hour);
    say(model, 'a', "Who is for lunch today? There is soup, and much bread that has to be eaten.",
        23 * hour + 60);
    say(model, 'm', "I am", 25 * hour, chat::Mark::waiting);
    say(model, 'm', "so I am", 25 * hour, chat::Mark::at_relay);
    say(model, 'm', "and bob is", 25 * hour, chat::Mark::delivered);
    say(model, 'b', "one\n\n日本語", 26 * hour);
    model.remark("bob has another key now", true);
    model.remark("type /accept bob\nor leave it");
    model.input.insert("/acc");
    return model;
}

Style style_at(const Row& row, std::size_t column) {
    std::size_t at = 0;
    for (const Span& span : row) {
        at += chat::cells(span.text);
        if (column < at) return span.style;
    }
    return Style::plain;
}

TEST(Pages, Are80By24) {
    const Cells size{24, 80};
    EXPECT_EQ(
        grid_of(kitchen_of_mia(), size),
        (Grid{
            "You: mia                │",
            "Rooms                   │",
            " 1 #kitchen             │",
            "People                  │",
            " 2 ● ann✓               │",
            " 3   bob              2 │",
            "                        │",
            "                        │",
            "                        │                  Sunday, 1 March 2026",
            "                        │ 23:00 * mia made this room",
            "                        │ 23:01 ann✓ Who is for lunch today? There is soup,",
            "                        │            and much bread that has to be eaten.",
            "                        │                  Monday, 2 March 2026",
            "                        │ 01:00 mia  I am                                      ·",
            "                        │ 01:00 mia  so I am                                   ✓",
            "                        │ 01:00 mia  and bob is                               ✓✓",
            "                        │ 02:00 bob  one",
            "                        │",
            "                        │            日本語",
            "                        │ ! bob has another key now",
            "                        │ - type /accept bob",
            "                        │   or leave it",
            " #kitchen  3 members                                                   2 unread",
            "> /acc",
        }));
    EXPECT_EQ(page_of(kitchen_of_mia(), size).cursor, (Cells{23, 6}));
}

TEST(Pages, SayToHowManyOfARoomALineHasCome) {
    Model model = kitchen_of_mia();
    model.lines[2].reach = {2, 1, 0};
    model.lines[3].reach = {2, 1, 1};
    model.lines[4].reach = {2, 2, 1};
    const Page page = page_of(model, {24, 80});
    const Grid grid = grid_of(page, {24, 80});
    EXPECT_TRUE(grid[13].ends_with("I am                                  1/2 ·")) << grid[13];
    EXPECT_TRUE(grid[14].ends_with("  1/2 ✓")) << grid[14];
    EXPECT_TRUE(grid[15].ends_with(" 1/2 ✓✓")) << grid[15];
    EXPECT_EQ(style_at(page.rows[13], 79), Style::mark);
    EXPECT_EQ(style_at(page.rows[15], 79), Style::mark_read);
    EXPECT_TRUE(grid_of(model, {10, 40})[0].ends_with("so I am                     ✓"));
}

TEST(Pages, SayWhoDidWhatHappened) {
    Model model = kitchen_of_mia();
    model.lines[0].text = "removed you from this room";
    model.lines[0].by = key_of('a');
    EXPECT_TRUE(grid_of(model, {24, 80})[9].ends_with("23:00 * ann removed you from this room"));
}

TEST(Pages, Are160By50) {
    const Grid grid = grid_of(kitchen_of_mia(), {50, 160});
    const std::string list(32, ' ');
    const std::string text =
        "Who is for lunch today? There is soup, and much bread that has to be eaten.";
    EXPECT_EQ(grid[5], " 3   bob                      2 │");
    EXPECT_EQ(grid[20], list + "│");
    EXPECT_EQ(grid[35], list + "│" + std::string(54, ' ') + "Sunday, 1 March 2026");
    EXPECT_EQ(grid[37], list + "│ 23:01 ann✓ " + text);
    EXPECT_EQ(grid[41], list + "│ 01:00 mia  and bob is" + std::string(103, ' ') + "✓✓");
    EXPECT_EQ(grid[48], " #kitchen  3 members" + std::string(131, ' ') + "2 unread");
    EXPECT_EQ(grid[49], "> /acc");
}

TEST(Pages, Are40By10WithoutTheList) {
    EXPECT_EQ(grid_of(kitchen_of_mia(), {10, 40}), (Grid{
                                                       "01:00 mia> so I am                     ✓",
                                                       "01:00 mia> and bob is                 ✓✓",
                                                       "02:00 bob> one",
                                                       "",
                                                       "      日本語",
                                                       "! bob has another key now",
                                                       "- type /accept bob",
                                                       "  or leave it",
                                                       " #kitchen  3 members           2 unread",
                                                       "> /acc",
                                                   }));
}

TEST(Pages, CanBeUsedAt20By6) {
    EXPECT_EQ(grid_of(kitchen_of_mia(), {6, 20}), (Grid{
                                                      "! bob has another",
                                                      "  key now",
                                                      "- type /accept bob",
                                                      "  or leave it",
                                                      " #kitchen… 2 unread",
                                                      "> /acc",
                                                  }));
}

TEST(Pages, SayWhatTheyNeedWhereTheyDoNotFit) {
    EXPECT_EQ(grid_of(kitchen_of_mia(), {5, 40}),
              (Grid{"This needs 20 columns and 6 rows.", "", "", "", ""}));
    EXPECT_EQ(grid_of(kitchen_of_mia(), {3, 12}),
              (Grid{"This needs", "20 columns", "and 6 rows."}));
    EXPECT_EQ(grid_of(kitchen_of_mia(), {1, 4}), Grid{"This"});
    EXPECT_EQ(page_of(kitchen_of_mia(), {1, 4}).cursor, std::nullopt);
}

TEST(Pages, AreMadeOfAsciiWhereTheTerminalKnowsNothingElse) {
    Model model = kitchen_of_mia();
    model.lines.back().text = "one";
    model.utf8 = false;
    const Grid grid = grid_of(model, {24, 80});
    for (const std::string& row : grid) {
        for (const char c : row) ASSERT_LT(static_cast<unsigned char>(c), 0x80) << row;
    }
    EXPECT_EQ(grid[4], " 2 * ann=               |");
    EXPECT_TRUE(grid[15].ends_with("  ."));
    EXPECT_TRUE(grid[16].ends_with("  +"));
    EXPECT_TRUE(grid[17].ends_with(" ++"));
}

TEST(Pages, AreThereBeforeAnybodyWasMet) {
    const Model model{.names = Names(key_of('m'), "mia")};
    const Grid grid = grid_of(model, {8, 60});
    EXPECT_EQ(grid[0], "You: mia          │");
    EXPECT_EQ(grid[6], " nobody is chosen: /to NAME, or /help");
    EXPECT_EQ(grid[7], ">");
    EXPECT_TRUE(page_of(model, {8, 60}).from_first);
}

TEST(Pages, SayOfWhoIsChosenWhatOneMustKnow) {
    const auto status = [](const Model& model) { return grid_of(model, {10, 40})[8]; };
    Model model = model_of_mia();
    model.chosen = key_of('a');
    EXPECT_EQ(status(model), " ann  here, not verified");
    model.people[0].verified = true;
    model.people[0].present = false;
    EXPECT_EQ(status(model), " ann  away, verified");
    model.chosen = room_id(1);
    model.rooms[0].is_member = false;
    EXPECT_EQ(status(model), " #kitchen  you are not in it");
    model.chosen = key_of('x');
    EXPECT_TRUE(status(model).ends_with("  not met yet"));
}

TEST(Pages, HaveASignForWhoWasVerifiedAndForWhoComesWithAnotherKey) {
    Model model = model_of_mia();
    model.meet({person('a', "ann"), person('b', "Ann"), person('c', "cyd")},
               {room(1, "kitchen", "mabc")});
    model.people[0].verified = true;
    model.people[1].refused = true;
    model.chosen = room_id(1);
    for (const char from : {'a', 'b', 'c', 'm'}) say(model, from, "hello", 0);
    const std::string ann = model.names.of(key_of('a')), other = model.names.of(key_of('b'));
    const Page page = page_of(model, {10, 80});
    Grid grid = grid_of(page, {10, 80});
    EXPECT_TRUE(grid[4].starts_with(" 2 ● " + ann + "✓   │")) << grid[4];
    EXPECT_TRUE(grid[5].starts_with(" 3 ● " + other + "!   │")) << grid[5];
    EXPECT_TRUE(grid[6].starts_with(" 4 ● cyd   ")) << grid[6];
    EXPECT_TRUE(grid[4].ends_with(" 00:00 " + ann + "✓ hello")) << grid[4];
    EXPECT_TRUE(grid[5].ends_with(" 00:00 " + other + "! hello")) << grid[5];
    EXPECT_TRUE(grid[6].ends_with(" cyd  hello")) << grid[6];
    EXPECT_NE(grid[7].find(" mia  hello "), std::string::npos) << grid[7];
    EXPECT_EQ(style_at(page.rows[5], 5), Style::warning);
    EXPECT_EQ(style_at(page.rows[4], 47), Style::verified);
    EXPECT_EQ(style_at(page.rows[5], 40), Style::warning);
    EXPECT_EQ(style_at(page.rows[5], 47), Style::warning);
    grid = grid_of(model, {10, 40});
    EXPECT_EQ(grid[4], "00:00 " + ann + "✓> hello");
    EXPECT_EQ(grid[5], "00:00 " + other + "!> hello");
    model.utf8 = false;
    grid = grid_of(model, {10, 80});
    EXPECT_TRUE(grid[4].starts_with(" 2 * " + ann + "=   |")) << grid[4];
    EXPECT_TRUE(grid[4].ends_with(ann + "= hello")) << grid[4];
}

TEST(Pages, WarnOfWhoIsChosenAndHasAnotherKey) {
    Model model = model_of_mia();
    model.meet({person('a', "ann"), person('b', "Ann")}, {});
    model.people[0].verified = true;
    model.people[1].refused = true;
    model.chosen = key_of('b');
    const std::string ann = model.names.of(key_of('a')), other = model.names.of(key_of('b'));
    EXPECT_EQ(grid_of(model, {10, 80})[8],
              " " + other + "  ANOTHER KEY than the verified " + ann + ": /accept");
    model.people[0].verified = false;
    EXPECT_EQ(grid_of(model, {10, 80})[8],
              " " + other + "  ANOTHER KEY than was verified: /accept");
}

TEST(Pages, TellWhoLooksAlikeApart) {
    Model model = model_of_mia();
    model.meet({person('a', "ann"), person('b', "Аnn")}, {});
    model.chosen = key_of('a');
    say(model, 'a', "hello", 0);
    const Grid grid = grid_of(model, {10, 80});
    const std::string ann = model.names.of(key_of('a'));
    EXPECT_EQ(ann.size(), 15u);
    EXPECT_EQ(grid[2], " 2 ● " + ann + "    │");
    EXPECT_EQ(grid[7], "                        │ 00:00 " + ann + "  hello");
}

TEST(Pages, HaveAStyleForEachThing) {
    Model model = kitchen_of_mia();
    model.lines[4].mark = chat::Mark::read;
    const Page page = page_of(model, {24, 80});
    EXPECT_EQ(style_at(page.rows[2], 3), Style::entry_chosen);
    EXPECT_EQ(style_at(page.rows[4], 5), Style::entry);
    EXPECT_EQ(style_at(page.rows[5], 5), Style::entry_unread);
    EXPECT_EQ(style_at(page.rows[8], 50), Style::day);
    EXPECT_EQ(style_at(page.rows[9], 33), Style::event);
    EXPECT_EQ(style_at(page.rows[10], 26), Style::time);
    EXPECT_EQ(style_at(page.rows[10], 32), Style::name);
    EXPECT_EQ(style_at(page.rows[13], 32), Style::own_name);
    EXPECT_EQ(style_at(page.rows[13], 79), Style::mark);
    EXPECT_EQ(style_at(page.rows[15], 79), Style::mark_read);
    EXPECT_EQ(style_at(page.rows[19], 28), Style::warning);
    EXPECT_EQ(style_at(page.rows[20], 28), Style::remark);
    EXPECT_EQ(style_at(page.rows[22], 79), Style::status);
    model.people[1].unread = 0;
    EXPECT_EQ(style_at(page_of(model, {24, 80}).rows[5], 5), Style::entry_away);
}

TEST(Pages, ShowTheChosenOneOfALongList) {
    Model model = model_of_mia();
    std::vector<chat::PersonView> people;
    for (char letter = 'A'; letter <= 'Z'; ++letter) {
        people.push_back(person(letter, "person" + std::to_string(letter - 'A' + 10)));
    }
    model.meet(people, {});
    const auto sees = [&](const std::string& name) {
        for (const std::string& row : grid_of(model, {10, 60})) {
            if (row.find(" ● " + name + " ") != row.npos) return true;
        }
        return false;
    };
    for (const chat::PersonView& one : people) {
        model.chosen = one.key;
        EXPECT_TRUE(sees(one.name)) << one.name;
    }
    EXPECT_FALSE(sees("person10"));
}

TEST(Pages, ShowATimeThatIsNoneAsSuch) {
    Model model = model_of_mia();
    model.chosen = key_of('a');
    say(model, 'a', "hello", std::uint64_t(-1) / 2);
    EXPECT_EQ(grid_of(model, {10, 40})[7], "--:-- ann> hello");
}

TEST(Pages, FitWhateverPeopleAreCalledAndSay) {
    std::mt19937 random(5);
    const std::string some[] = {"a",
                                "日",
                                "👩",
                                "\u200d",
                                "\u0301",
                                "\u202e",
                                " ",
                                "\n",
                                "🇩🇪",
                                "❤\ufe0f",
                                "\x1b[2J",
                                "\t",
                                "\xff",
                                "\r",
                                "🏽",
                                "word ",
                                "#",
                                "~",
                                "1\ufe0f\u20e3",
                                "한",
                                "\u1112\u1161\u11ab"};
    const auto text = [&](std::size_t max) {
        std::string made;
        for (std::size_t i = random() % max; i > 0; --i) made += some[random() % std::size(some)];
        return made;
    };
    for (int round = 0; round < 60; ++round) {
        Model model{.names = Names(key_of('m'), text(20))};
        model.calendar = time_of_tests;
        model.meet({person('a', text(30)), person('b', text(5))}, {room(1, text(30), "mab")});
        model.people[0].unread = random() % 2'000;
        if (round % 3 == 0) model.chosen = room_id(1);
        if (round % 3 == 1) model.chosen = key_of('a');
        for (int i = 0; i < 10; ++i) {
            const char from[] = {'a', 'b', 'm', 'x'};
            say(model, from[random() % 4], text(60), random() % 200'000, chat::Mark::read);
            if (i % 4 == 0) say(model, std::nullopt, text(30), 0);
            if (i % 5 == 0) model.remark(text(30), i == 0);
        }
        model.input.insert(text(40));
        for (int i = 0; i < 40; ++i) {
            const Cells size{random() % 30, random() % 110};
            grid_of(model, size);
            i % 3 == 0 ? page_down(model, size) : page_up(model, size);
        }
        ASSERT_FALSE(testing::Test::HasFailure()) << "round " << round;
    }
}

}  // namespace
}  // namespace netaio::chat_app
