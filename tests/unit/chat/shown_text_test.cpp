#include <gtest/gtest.h>

#include <cstdio>
#include <netaio/chat/shown_text.hpp>
#include <random>
#include <utility>

namespace netaio::chat {
namespace {

std::string utf8_of(std::u32string_view points) {
    std::string text;
    for (const char32_t point : points) {
        const auto byte = [&](char32_t value) { text += static_cast<char>(value); };
        if (point < 0x80) {
            byte(point);
        } else if (point < 0x800) {
            byte(0xc0 | point >> 6);
            byte(0x80 | (point & 63));
        } else if (point < 0x10000) {
            byte(0xe0 | point >> 12);
            byte(0x80 | (point >> 6 & 63));
            byte(0x80 | (point & 63));
        } else {
            byte(0xf0 | point >> 18);
            byte(0x80 | (point >> 12 & 63));
            byte(0x80 | (point >> 6 & 63));
            byte(0x80 | (point & 63));
        }
    }
    return text;
}

// Of text that is UTF-8.
std::u32string points_of(std::string_view text) {
    std::u32string found;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xc0) == 0x80) {
            found.back() = found.back() << 6 | (byte & 63);
        } else {
            found += byte < 0x80   ? byte
                     : byte < 0xe0 ? byte & 31
                     : byte < 0xf0 ? byte & 15
                                   : byte & 7;
        }
    }
    return found;
}

std::string spelled_out(char32_t point) {
    char text[16];
    std::snprintf(text, sizeof text, "<U+%04X>", static_cast<unsigned>(point));
    return text;
}

// The categories Cc, Cf, Zl and Zp of Unicode 15.0.
constexpr std::pair<char32_t, char32_t> controls_and_formats[] = {
    {0x0, 0x1f},        {0x7f, 0x9f},       {0xad, 0xad},       {0x600, 0x605},
    {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},
    {0x8e2, 0x8e2},     {0x180e, 0x180e},   {0x200b, 0x200f},   {0x2028, 0x2029},
    {0x202a, 0x202e},   {0x2060, 0x2064},   {0x2066, 0x206f},   {0xfeff, 0xfeff},
    {0xfff9, 0xfffb},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f},
    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0001, 0xe0001}, {0xe0020, 0xe007f}};

bool is_control_or_format(char32_t point) {
    for (const auto& [first, last] : controls_and_formats) {
        if (point >= first && point <= last) return true;
    }
    return false;
}

TEST(ShownText, LeavesWhatPeopleWriteAsItIs) {
    for (const std::string text : {"", "Hello, world!", "Zoë & Søren", "Привет", "Ξένια", "שלום",
                                   "مرحبا", "สวัสดี", "नमस्ते", "日本語のテキスト", "한국어", "e\u0301",
                                   "100 €", "<U+202E>", "a\\nb", "全角\u3000空白"}) {
        EXPECT_EQ(shown(text), text);
    }
}

TEST(ShownText, SpellsOutEveryControlAndFormatCharacter) {
    for (const auto& [first, last] : controls_and_formats) {
        for (char32_t point = first; point <= last; ++point) {
            if (point == U'\t') continue;
            EXPECT_EQ(shown("a" + utf8_of({&point, 1}) + "b"), "a" + spelled_out(point) + "b");
        }
    }
}

TEST(ShownText, SpellsOutWhatIsNotSeen) {
    constexpr char32_t unseen[] = {0x034f, 0x115f,  0x1160,  0x17b4,  0x180b,  0x2065,
                                   0x2800, 0x3164,  0xe000,  0xf8ff,  0xfdd0,  0xfe00,
                                   0xfe0e, 0xfe0f,  0xffa0,  0xfff0,  0xfffc,  0xfffe,
                                   0xffff, 0x4fffe, 0xe0100, 0xe0fff, 0xf0000, 0x10ffff};
    for (const char32_t point : unseen) {
        EXPECT_EQ(shown("a" + utf8_of({&point, 1})), "a" + spelled_out(point));
    }
}

TEST(ShownText, ReturnsNoControlOrFormatCharacterOfAnyCodePointInAnyPlace) {
    for (char32_t point = 0; point <= 0x10ffff; ++point) {
        if (point >= 0xd800 && point < 0xe000) continue;
        // Of the planes of which nothing is written, and the private ones, some stand for all.
        const bool is_empty_plane = point >= 0x40000 && point >> 16 != 14;
        if (is_empty_plane && point % 251 != 0) continue;
        const std::string one = utf8_of({&point, 1});
        // Alone, in a keycap, between emoji, and after one that is said to be one.
        const std::string text = one + "1" + one + "\u20e3👩" + one + "👩 👩\ufe0f" + one + "a";
        const std::string made = shown(text);
        if (made == text && !is_control_or_format(point)) continue;
        const std::u32string all = points_of(made);
        for (std::size_t i = 0; i < all.size(); ++i) {
            const bool joins = i > 0 && all.substr(i - 1, 3) == U"👩\u200d👩";
            ASSERT_TRUE(joins || !is_control_or_format(all[i])) << spelled_out(point);
        }
    }
}

TEST(ShownText, SpellsOutBytesThatAreNotUtf8) {
    EXPECT_EQ(shown("a\xff"), "a<0xFF>");
    EXPECT_EQ(shown("\x80z"), "<0x80>z");
    EXPECT_EQ(shown("\xc3"), "<0xC3>");
    EXPECT_EQ(shown("\xc3("), "<0xC3>(");
    EXPECT_EQ(shown("\xe2\x82"), "<0xE2><0x82>");
    EXPECT_EQ(shown("\xc1\xbf"), "<0xC1><0xBF>") << "not the shortest form";
    EXPECT_EQ(shown("\xe0\x9f\xbf"), "<0xE0><0x9F><0xBF>") << "not the shortest form";
    EXPECT_EQ(shown("\xf0\x8f\xbf\xbf"), "<0xF0><0x8F><0xBF><0xBF>") << "not the shortest form";
    EXPECT_EQ(shown("\xed\xa0\x80"), "<0xED><0xA0><0x80>") << "a surrogate";
    EXPECT_EQ(shown("\xf4\x90\x80\x80"), "<0xF4><0x90><0x80><0x80>") << "beyond Unicode";
    EXPECT_EQ(shown("\xf8\x88\x80\x80\x80"), "<0xF8><0x88><0x80><0x80><0x80>");
}

TEST(ShownText, IsUtf8WithoutControlsWhateverTheBytes) {
    std::mt19937 random(7);
    for (int round = 0; round < 20'000; ++round) {
        std::string text(random() % 12, '\0');
        for (char& c : text) c = static_cast<char>(random());
        const std::string made = shown(text);
        EXPECT_EQ(shown(made), made);
        for (const char32_t point : points_of(made)) {
            ASSERT_TRUE(point <= 0x10ffff && !is_control_or_format(point))
                << testing::PrintToString(text);
        }
    }
}

TEST(ShownText, MakesTabsAndOddSpacesPlainSpaces) {
    EXPECT_EQ(shown("a\tb"), "a    b");
    EXPECT_EQ(shown("a\u00a0b\u2003c\u202fd\u1680e"), "a b c d e");
}

TEST(ShownText, LetsMarksBeOnlyOnWhatIsThereAndOnlyEight) {
    EXPECT_EQ(shown("\u0301a"), "<U+0301>a") << "it would be drawn upon what is left of the text";
    EXPECT_EQ(shown("a\n\u0301"), "a<U+000A><U+0301>");
    std::string marked = "a";
    for (int i = 0; i < 8; ++i) marked += "\u0301";
    EXPECT_EQ(shown(marked), marked);
    EXPECT_EQ(shown(marked + "\u0301\u0302b\u0302"), marked + "<U+0301><U+0302>b\u0302");
}

TEST(ShownText, LeavesEmojiWhole) {
    for (const std::string emoji :
         {"👩\u200d💻", "👨\u200d👩\u200d👧\u200d👦", "👩🏽\u200d🚀", "❤\ufe0f", "❤\ufe0f\u200d🔥",
          "🏳\ufe0f\u200d🌈", "🕵🏻\u200d♂\ufe0f", "👩\u200d❤\ufe0f\u200d💋\u200d👨",
          "1\ufe0f\u20e3", "#\ufe0f\u20e3", "🇩🇪", "👍🏿", "☎\ufe0f", "🐈\u200d⬛"}) {
        EXPECT_EQ(shown(emoji), emoji);
        EXPECT_EQ(shown("a" + emoji + "b"), "a" + emoji + "b");
    }
}

TEST(ShownText, SpellsOutWhatJoinsEmojiElsewhere) {
    EXPECT_EQ(shown("a\u200d👩"), "a<U+200D>👩");
    EXPECT_EQ(shown("👩\u200da"), "👩<U+200D>a");
    EXPECT_EQ(shown("👩\u200d"), "👩<U+200D>");
    EXPECT_EQ(shown("👩\u200d\u200d👩"), "👩<U+200D><U+200D>👩");
    EXPECT_EQ(shown("\u200d👩"), "<U+200D>👩");
    EXPECT_EQ(shown("a\ufe0f"), "a<U+FE0F>");
    EXPECT_EQ(shown("1\ufe0f"), "1<U+FE0F>");
    EXPECT_EQ(shown("❤\ufe0f\ufe0f"), "❤\ufe0f<U+FE0F>");
    EXPECT_EQ(shown("🏴\U000e0067\U000e007f"), "🏴<U+E0067><U+E007F>");
}

TEST(ShownText, KeepsLinesApart) {
    using Lines = std::vector<std::string>;
    EXPECT_EQ(shown_lines(""), Lines{""});
    EXPECT_EQ(shown_lines("a\nb\r\n\nc"), (Lines{"a", "b", "", "c"}));
    EXPECT_EQ(shown_lines("a\n"), (Lines{"a", ""}));
    EXPECT_EQ(shown_lines("a\rb\r"), (Lines{"a<U+000D>b<U+000D>"}));
    EXPECT_EQ(shown_lines("a\n\u0301b"), (Lines{"a", "<U+0301>b"}));
}

TEST(ShownText, KnowsItsWidthInCells) {
    EXPECT_EQ(cells(""), 0u);
    EXPECT_EQ(cells("hello"), 5u);
    EXPECT_EQ(cells("Zoë"), 3u);
    EXPECT_EQ(cells("Zoe\u0308"), 3u);
    EXPECT_EQ(cells("日本語"), 6u);
    EXPECT_EQ(cells("한국어"), 6u);
    EXPECT_EQ(cells("ｱｲｳ"), 3u) << "halfwidth";
    EXPECT_EQ(cells("ＡＢ"), 4u) << "fullwidth";
    EXPECT_EQ(cells("\u1112\u1161\u11ab"), 2u) << "a syllable of Hangul in three characters";
    EXPECT_EQ(cells("สวัสดี"), 4u);
    EXPECT_EQ(cells("שלום"), 4u);
    EXPECT_EQ(cells("👩"), 2u);
    EXPECT_EQ(cells("𠀀"), 2u);
    EXPECT_EQ(cells("🇩🇪"), 2u);
    EXPECT_EQ(cells("❤"), 1u);
    EXPECT_EQ(cells("❤\ufe0f"), 2u);
    EXPECT_EQ(cells("1\ufe0f\u20e3"), 2u);
    EXPECT_EQ(cells("☎\ufe0fa"), 3u);
    EXPECT_EQ(cells("👩\u200d💻"), 4u) << "where it is not joined";
    EXPECT_EQ(cells("👍🏿"), 4u) << "where it is not joined";
}

TEST(ShownText, IsTakenApartByWhatIsDrawnAsOne) {
    const std::string text = "ae\u0301日👩\u200d💻🇩🇪❤\ufe0f";
    std::vector<std::string> found;
    std::size_t width = 0;
    for (ByteView rest = text; !rest.empty();) {
        const Cluster cluster = take_cluster(rest);
        found.emplace_back(cluster.bytes);
        width += cluster.cells;
    }
    const std::vector<std::string> expected{"a", "e\u0301", "日", "👩\u200d💻", "🇩🇪", "❤\ufe0f"};
    EXPECT_EQ(found, expected);
    EXPECT_EQ(width, cells(text));
}

TEST(ShownText, IsCutToItsPlace) {
    EXPECT_EQ(cut("hello", 5), "hello");
    EXPECT_EQ(cut("hello", 9), "hello");
    EXPECT_EQ(cut("hello", 4), "hel…");
    EXPECT_EQ(cut("hello", 1), "…");
    EXPECT_EQ(cut("hello", 0), "");
    EXPECT_EQ(cut("", 0), "");
    EXPECT_EQ(cut("日本語", 6), "日本語");
    EXPECT_EQ(cut("日本語", 5), "日本…");
    EXPECT_EQ(cut("日本語", 4), "日…");
    EXPECT_EQ(cut("e\u0301e\u0301e\u0301", 2), "e\u0301…");
    EXPECT_EQ(cut("a👩\u200d💻b", 5), "a…") << "what is joined stays so or goes";
    EXPECT_EQ(cut("a👩\u200d💻bc", 6), "a👩\u200d💻…");
    EXPECT_EQ(cut("🇩🇪🇫🇷", 3), "🇩🇪…");
}

TEST(ShownText, IsNeverWiderThanItsPlace) {
    std::mt19937 random(11);
    const std::u32string some = U"a日👩❤\u200d\ufe0f\u0301🏽🇩\t\x1b 1\u20e3";
    for (int round = 0; round < 5'000; ++round) {
        std::u32string text(random() % 15, U'a');
        for (char32_t& point : text) point = some[random() % some.size()];
        const std::string whole = shown(utf8_of(text));
        for (std::size_t width = 0; width < 20; ++width) {
            ASSERT_LE(cells(cut(whole, width)), width) << whole;
        }
        ASSERT_EQ(cut(whole, cells(whole)), whole);
    }
}

TEST(LooksLike, TakesNamesForEachOtherThatPeopleMightTakeSo) {
    for (const auto& [one, other] : std::initializer_list<std::pair<std::string, std::string>>{
             {"Alice", "alice"},
             {"Alice", "Аlice"},
             {"alice", "аliсе"},
             {"Paypal", "Рaуpаl"},
             {"Bill", "BiII"},
             {"Ian", "lan"},
             {"Igor", "igor"},
             {"Igor", "1gor"},
             {"bob", "b0b"},
             {"Вася", "вася"},
             {"Νίκος", "νίκοσ"},
             {"Νίκος", "ΝΙΚΟΣ"},
             {"José", "Jose"},
             {"Jose\u0301", "José"},
             {"Zoë", "ZOE"},
             {"alice", "al\u200bice"},
             {"alice", "\u202ealice"},
             {"Arnold", "Amold"},
             {"willow", "vvillow"},
             {"Eve Adams", " Eve\u00a0 Adams "},
             {"O'Neil", "O’Neil"},
             {"Anna-Lena", "Anna‑Lena"},
             {"Alice", "Ａｌｉｃｅ"},
             {"Alice", "𝐀𝐥𝐢𝐜𝐞"},
             {"Kelvin", "\u212aelvin"},
             {"Nina", "Νina"},
             {"Søren", "soren"},
             {"Nguyễn", "nguyen"},
             {"Ёлка", "елка"},
             {"Ｉgor", "igor"}}) {
        EXPECT_TRUE(looks_like(one, other)) << one << " " << other;
        EXPECT_TRUE(looks_like(other, one)) << one << " " << other;
        EXPECT_TRUE(looks_like(one, one));
    }
}

TEST(LooksLike, TellsOthersApart) {
    for (const auto& [one, other] :
         std::initializer_list<std::pair<std::string, std::string>>{{"Alice", "Bob"},
                                                                    {"Alice", "Alic"},
                                                                    {"Alice", "Al ice"},
                                                                    {"Анна", "Инна"},
                                                                    {"日本", "日木"},
                                                                    {"a", "\xff"},
                                                                    {"\xff", "\xfe"},
                                                                    {"", "a"}}) {
        EXPECT_FALSE(looks_like(one, other)) << one << " " << other;
    }
}

}  // namespace
}  // namespace netaio::chat
