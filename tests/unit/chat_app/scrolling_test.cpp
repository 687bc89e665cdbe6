#include <algorithm>

#include "page_grid.hpp"

namespace netaio::chat_app {
namespace {

constexpr Cells small_screen{10, 40};
constexpr std::size_t seen_rows = 8;

Model with_lines(int count) {
    Model model = model_of_mia();
    model.chosen = key_of('a');
    for (int i = 1; i <= count; ++i) say(model, 'a', "line " + std::to_string(i), 0);
    return model;
}

std::vector<std::string> seen(const Model& model, const Cells& size = small_screen) {
    std::vector<std::string> grid = grid_of(model, size);
    grid.resize(grid.size() - 2);
    return grid;
}

std::string row_of(int line) {
    return "00:00 ann> line " + std::to_string(line);
}

TEST(Scrolling, TurnsPagesThatHaveARowInCommon) {
    Model model = with_lines(40);
    EXPECT_EQ(seen(model).back(), row_of(40));
    EXPECT_EQ(seen(model).front(), row_of(33));
    page_up(model, small_screen);
    EXPECT_EQ(seen(model).back(), row_of(33));
    EXPECT_EQ(seen(model).front(), row_of(26));
    page_up(model, small_screen);
    EXPECT_EQ(seen(model).front(), row_of(19));
    page_down(model, small_screen);
    EXPECT_EQ(seen(model).front(), row_of(26));
    page_down(model, small_screen);
    EXPECT_EQ(seen(model).back(), row_of(40));
    EXPECT_EQ(model.bottom, std::nullopt);
}

TEST(Scrolling, KeepsItsPlaceWhenLinesCome) {
    Model model = with_lines(40);
    page_up(model, small_screen);
    const auto before = seen(model);
    say(model, 'a', "one more", 0);
    model.remark("and a remark");
    EXPECT_EQ(seen(model), before);
    EXPECT_EQ(grid_of(model, small_screen)[8], " ann  here, not verified   9 more below");
}

TEST(Scrolling, FollowsTheEndWhenItIsThere) {
    Model model = with_lines(40);
    page_up(model, small_screen);
    page_down(model, small_screen);
    say(model, 'a', "one more", 0);
    EXPECT_EQ(seen(model).back(), "00:00 ann> one more");
}

TEST(Scrolling, EndsAtTheFirstLine) {
    Model model = with_lines(12);
    EXPECT_FALSE(page_of(model, small_screen).from_first);
    for (int i = 0; i < 4; ++i) page_up(model, small_screen);
    EXPECT_TRUE(page_of(model, small_screen).from_first);
    EXPECT_NE(seen(model)[0].find("Sunday, 1 March 2026"), std::string::npos);
    EXPECT_EQ(seen(model)[1], row_of(1));
    EXPECT_EQ(seen(model).back(), row_of(7));
}

TEST(Scrolling, KeepsItsPlaceWhenLinesBeforeCome) {
    Model model = with_lines(60);
    const std::vector<chat::Line> all = model.lines;
    model.lines.erase(model.lines.begin(), model.lines.begin() + 40);
    for (int i = 0; i < 4; ++i) page_up(model, small_screen);
    EXPECT_TRUE(page_of(model, small_screen).from_first);
    const std::string last = seen(model).back();
    model.lines = all;
    EXPECT_EQ(seen(model).back(), last);
    EXPECT_FALSE(page_of(model, small_screen).from_first);
    page_up(model, small_screen);
    EXPECT_EQ(seen(model).back(), row_of(40));
}

TEST(Scrolling, ShowsEveryRowOfALongText) {
    Model model = with_lines(3);
    std::string text = "row 0";
    for (int i = 1; i < 50; ++i) text += "\nrow " + std::to_string(i);
    say(model, 'a', text, 0);
    std::vector<std::string> found;
    for (int i = 0; i < 20; ++i) {
        for (const std::string& row : seen(model)) {
            if (row.find("row ") != row.npos) found.push_back(row.substr(row.find("row ")));
        }
        page_up(model, small_screen);
    }
    std::ranges::sort(found);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    EXPECT_EQ(found.size(), 50u);
    EXPECT_EQ(seen(model)[1], row_of(1));
    page_down(model, small_screen);
    page_down(model, small_screen);
    EXPECT_NE(grid_of(model, small_screen)[8].find("more below"), std::string::npos);
    EXPECT_EQ(seen(model).back(), "      row 17");
}

TEST(Scrolling, StaysWithItsLineOnAnotherSize) {
    Model model = with_lines(0);
    for (int i = 1; i <= 40; ++i) {
        say(model, 'a', "line " + std::to_string(i) + " which is wider than a small screen is", 0);
    }
    page_up(model, small_screen);
    const std::uint64_t line = model.bottom->line;
    const auto shows_it = [&](const Cells& size) {
        const std::string start = "line " + std::to_string(line);
        return std::ranges::any_of(
            seen(model, size), [&](const std::string& row) { return row.find(start) != row.npos; });
    };
    EXPECT_TRUE(shows_it({24, 80}));
    EXPECT_TRUE(shows_it({50, 160}));
    EXPECT_TRUE(shows_it({8, 20}));
}

TEST(Scrolling, FillsThePage) {
    Model model = with_lines(40);
    for (int i = 0; i < 20; ++i) page_up(model, small_screen);
    for (const std::string& row : seen(model, {30, 40})) EXPECT_NE(row, "");
    model = with_lines(seen_rows - 1);
    page_up(model, small_screen);
    EXPECT_EQ(model.bottom, std::nullopt) << "all of it is there";
}

TEST(Scrolling, PutsRemarksAfterTheLinesTheyFollow) {
    Model model = model_of_mia();
    model.chosen = key_of('a');
    model.remark("before all");
    say(model, 'a', "one", 0);
    model.remark("after one");
    model.remark("again");
    say(model, 'a', "two", 0);
    const auto rows = seen(model);
    EXPECT_EQ(rows[2], "- before all");
    EXPECT_EQ(rows[4], "00:00 ann> one");
    EXPECT_EQ(rows[5], "- after one");
    EXPECT_EQ(rows[6], "- again");
    EXPECT_EQ(rows[7], "00:00 ann> two");
}

}  // namespace
}  // namespace netaio::chat_app
