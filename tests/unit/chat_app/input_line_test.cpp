#include "input_line.hpp"

#include <gtest/gtest.h>

#include <netaio/chat/shown_text.hpp>
#include <random>

#include "key_press.hpp"

namespace netaio::chat_app {
namespace {

InputLine typed(std::string_view text) {
    InputLine line;
    EXPECT_TRUE(line.insert(text));
    return line;
}

TEST(InputLine, InsertsAtTheCursor) {
    InputLine line = typed("hllo");
    line.home();
    line.right();
    line.insert("e");
    EXPECT_EQ(line.text(), "hello");
    EXPECT_EQ(line.cursor(), 2u);
    line.end();
    line.insert("!");
    EXPECT_EQ(line.text(), "hello!");
}

TEST(InputLine, TakesNoControlCharactersAndNothingButUtf8) {
    EXPECT_EQ(typed("a\x1b[2J\x07\x7f\xc2\x9b\r").text(), "a[2J");
    EXPECT_EQ(typed("a\tb\nc").text(), "a b\nc");
    EXPECT_EQ(typed("a\xff\xe6\x97z日").text(), "az日");
}

TEST(InputLine, MovesOverWhatIsDrawnAsOne) {
    InputLine line = typed("ae\u0301日👩\u200d💻");
    line.left();
    EXPECT_EQ(line.cursor(), 7u);
    line.left();
    EXPECT_EQ(line.cursor(), 4u);
    line.left();
    EXPECT_EQ(line.cursor(), 1u);
    line.left();
    line.left();
    EXPECT_EQ(line.cursor(), 0u);
    line.right();
    line.right();
    EXPECT_EQ(line.cursor(), 4u);
    line.end();
    line.right();
    EXPECT_EQ(line.cursor(), line.text().size());
}

TEST(InputLine, Erases) {
    InputLine line = typed("one e\u0301 two  three");
    line.erase_word();
    EXPECT_EQ(line.text(), "one e\u0301 two  ");
    line.erase_word();
    EXPECT_EQ(line.text(), "one e\u0301 ");
    line.backspace();
    line.backspace();
    EXPECT_EQ(line.text(), "one ");
    line.home();
    line.backspace();
    line.erase();
    EXPECT_EQ(line.text(), "ne ");
    line.right();
    line.erase_to_end();
    EXPECT_EQ(line.text(), "n");
    line.erase();
    line.erase_to_start();
    EXPECT_EQ(line.text(), "");
    line.erase_word();
    line.backspace();
    EXPECT_EQ(line.text(), "");
}

TEST(InputLine, RemembersWhatWasTyped) {
    InputLine line = typed("one");
    EXPECT_EQ(line.take(), "one");
    EXPECT_EQ(line.text(), "");
    line.insert("two");
    line.take();
    line.insert("dra");
    line.older();
    EXPECT_EQ(line.text(), "two");
    EXPECT_EQ(line.cursor(), 3u);
    line.older();
    line.older();
    EXPECT_EQ(line.text(), "one");
    line.newer();
    line.newer();
    EXPECT_EQ(line.text(), "dra");
    line.newer();
    EXPECT_EQ(line.text(), "dra");
    line.take();
    line.older();
    EXPECT_EQ(line.take(), "dra") << "what is sent again is there once";
    line.older();
    line.older();
    EXPECT_EQ(line.text(), "two");
}

TEST(InputLine, RemembersSoMuchAndNoMore) {
    InputLine line;
    for (std::size_t i = 0; i < InputLine::history_max + 10; ++i) {
        line.insert(std::to_string(i));
        line.take();
    }
    for (std::size_t i = 0; i < InputLine::history_max + 10; ++i) line.older();
    EXPECT_EQ(line.text(), "10");
    const std::string most(InputLine::size_max, 'x');
    EXPECT_TRUE(typed("").insert(most));
    InputLine full = typed(most);
    EXPECT_FALSE(full.insert("y"));
    EXPECT_EQ(full.text(), most);
}

TEST(InputLine, CanBeReplaced) {
    InputLine line = typed("/he");
    line.replace("/help ", 6);
    EXPECT_EQ(line.text(), "/help ");
    EXPECT_EQ(line.cursor(), 6u);
    line.replace("e\u0301a", 1);
    EXPECT_EQ(line.cursor(), 0u) << "not within a letter";
    line.replace("ab", 1);
    EXPECT_EQ(line.cursor(), 1u);
}

TEST(InputLine, ShowsWhatFits) {
    InputLine line = typed("hello");
    EXPECT_EQ(line.view(6).text, "hello");
    EXPECT_EQ(line.view(6).cursor, 5u);
    EXPECT_EQ(line.view(5).text, "llo") << "it scrolls by half of its width";
    EXPECT_EQ(line.view(5).cursor, 3u);
    line.home();
    EXPECT_EQ(line.view(3).text, "hel");
    EXPECT_EQ(line.view(3).cursor, 0u);
}

TEST(InputLine, ShowsWhatWouldNotBeSeen) {
    EXPECT_EQ(typed("a\nb").view(20).text, "a↵b");
    EXPECT_EQ(typed("a\u202eb").view(20).text, "a<U+202E>b");
    EXPECT_EQ(typed("日本").view(20).cursor, 4u);
}

TEST(InputLine, NeverShowsMoreThanFitsAndAlwaysTheCursor) {
    std::mt19937 random(7);
    const std::string some[] = {"a",      "日", "👩", "\u200d", "\u0301",
                                "\u202e", " ",  "\n", "🇩🇪",     "❤\ufe0f"};
    for (int round = 0; round < 500; ++round) {
        InputLine line;
        for (std::size_t i = random() % 30; i > 0; --i) {
            line.insert(some[random() % std::size(some)]);
            if (random() % 5 == 0) line.left();
        }
        for (std::size_t width = 1; width < 25; ++width) {
            const InputLine::View view = line.view(width);
            ASSERT_LE(chat::cells(view.text), width) << line.text();
            ASSERT_LT(view.cursor, width) << line.text();
            ASSERT_EQ(view.text, chat::shown(view.text));
        }
    }
}

TEST(InputLine, IsEditedByKeys) {
    InputLine line;
    EXPECT_EQ(edit(line, {KeyPress::Kind::text, "hello"}), Edited::done);
    EXPECT_EQ(edit(line, {KeyPress::Kind::left}), Edited::done);
    EXPECT_EQ(edit(line, {KeyPress::Kind::backspace}), Edited::done);
    EXPECT_EQ(line.text(), "helo");
    EXPECT_EQ(edit(line, {KeyPress::Kind::enter}), Edited::other_key);
    EXPECT_EQ(edit(line, {KeyPress::Kind::text, std::string(InputLine::size_max, 'x')}),
              Edited::no_place);
    EXPECT_EQ(line.text(), "helo");
}

}  // namespace
}  // namespace netaio::chat_app
