#include "text.hpp"

#include <gtest/gtest.h>

namespace netaio::app {
namespace {

using namespace std::string_view_literals;

TEST(Text, KnowsUtf8) {
    EXPECT_TRUE(is_utf8(""));
    EXPECT_TRUE(is_utf8("plain"));
    EXPECT_TRUE(is_utf8("\0"sv));
    EXPECT_TRUE(is_utf8("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82"));
    EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf"));
}

TEST(Text, KnowsWhatIsNotUtf8) {
    for (const auto bytes : {
             "\x80"sv,              // a continuation alone
             "\xc3"sv,              // cut off
             "\xe2\x82"sv,          // cut off
             "\xf0\x9f\x99"sv,      // cut off
             "\xc0\x80"sv,          // overlong
             "\xc1\xbf"sv,          // overlong
             "\xe0\x80\x80"sv,      // overlong
             "\xf0\x80\x80\x80"sv,  // overlong
             "\xed\xa0\x80"sv,      // a surrogate
             "\xf4\x90\x80\x80"sv,  // beyond Unicode
             "\xff"sv,
         }) {
        EXPECT_FALSE(is_utf8(bytes));
    }
}

TEST(Text, WritesBase64) {
    EXPECT_EQ(base64(""), "");
    EXPECT_EQ(base64("f"), "Zg==");
    EXPECT_EQ(base64("fo"), "Zm8=");
    EXPECT_EQ(base64("foo"), "Zm9v");
    EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

TEST(Text, EscapesWhatCouldControlATerminal) {
    EXPECT_EQ(printable("a\nb\tc\\d\r"), "a\\nb\\tc\\\\d\\r");
    EXPECT_EQ(printable("\x1b[2J"), "\\x1b[2J");
    EXPECT_EQ(printable("\0\x7f"sv), "\\x00\\x7f");
    EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");
    EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
}

TEST(Text, KeepsWhatCanBeRead) {
    EXPECT_EQ(printable("caf\xc3\xa9 \xe2\x82\xac"), "caf\xc3\xa9 \xe2\x82\xac");
    EXPECT_EQ(printable("one\ntwo\t\\", Lines::keep), "one\ntwo\t\\");
    EXPECT_EQ(printable("\x1b\n", Lines::keep), "\\x1b\n");
}

}  // namespace
}  // namespace netaio::app
