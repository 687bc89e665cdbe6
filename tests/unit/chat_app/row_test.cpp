#include "row.hpp"

#include <gtest/gtest.h>

#include <netaio/chat/shown_text.hpp>

namespace netaio::chat_app {
namespace {

using Rows = std::vector<std::string>;

TEST(Wrapped, EndsRowsWithWords) {
    EXPECT_EQ(wrapped("", 5, 5), Rows{""});
    EXPECT_EQ(wrapped("hello", 5, 5), Rows{"hello"});
    EXPECT_EQ(wrapped("one two three", 7, 7), (Rows{"one two", "three"}));
    EXPECT_EQ(wrapped("one two three", 8, 8), (Rows{"one two", "three"}));
    EXPECT_EQ(wrapped("one two three", 6, 6), (Rows{"one", "two", "three"}));
    EXPECT_EQ(wrapped("one two three", 3, 20), (Rows{"one", "two three"}));
    EXPECT_EQ(wrapped("  a   b", 20, 20), Rows{"  a   b"});
}

TEST(Wrapped, DividesWhatIsLongerThanARow) {
    EXPECT_EQ(wrapped("abcdefgh", 3, 3), (Rows{"abc", "def", "gh"}));
    EXPECT_EQ(wrapped("a bcdefgh", 3, 3), (Rows{"a", "bcd", "efg", "h"}));
    EXPECT_EQ(wrapped("日本語", 5, 5), (Rows{"日本", "語"}));
    EXPECT_EQ(wrapped("e\u0301e\u0301e\u0301", 2, 2), (Rows{"e\u0301e\u0301", "e\u0301"}));
    EXPECT_EQ(wrapped("a日", 1, 1), (Rows{"a", "…"})) << "no row is wider than it may be";
}

TEST(Row, IsFilled) {
    Row row{{"日", Style::name}, {"a", Style::plain}};
    EXPECT_EQ(width_of(row), 3u);
    fill(row, 5, Style::status);
    EXPECT_EQ(width_of(row), 5u);
    EXPECT_EQ(row.back().text, "  ");
    fill(row, 4, Style::status);
    EXPECT_EQ(row.size(), 3u);
}

}  // namespace
}  // namespace netaio::chat_app
