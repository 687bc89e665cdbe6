#include <gtest/gtest.h>

#include <netaio/auth_fields.hpp>
#include <netaio/packify.hpp>

namespace netaio {
namespace {

std::string packified(const Value& value) {
    return pack(value).value();
}

std::string encoded(const AuthFields& fields) {
    std::string out;
    EXPECT_FALSE(fields.encode_to(out));
    return out;
}

// A dict as written by a peer that takes no care: entries in the order given, one-byte lengths.
std::string raw_dict(const std::vector<std::pair<std::string, std::string>>& packed_entries) {
    std::string lengths;
    std::string items;
    for (const auto& [key, value] : packed_entries) {
        std::string item("\x4a\x40\x02", 3);
        item += static_cast<char>(key.size());
        item += static_cast<char>(value.size());
        item += key + value;
        lengths += static_cast<char>(item.size());
        items += item;
    }
    std::string dict("\x8d\x40", 2);
    dict += static_cast<char>(packed_entries.size() >> 8);
    dict += static_cast<char>(packed_entries.size());
    return dict + lengths + items;
}

TEST(AuthFields, EncodeToTheEmptyDictWhenThereAreNone) {
    EXPECT_EQ(encoded(AuthFields()), ByteView("\x4d\x40\0", 3));
    AuthFields fields;
    EXPECT_FALSE(fields.parse(ByteView("\x4d\x40\0", 3)));
    EXPECT_TRUE(fields.empty());
}

TEST(AuthFields, ReadWhatPackifyWrites) {
    const std::string dict =
        packified(Dict{{"nonce", Bytes("n")}, {"ts", 7}, {"long", Bytes(std::string(300, 'x'))}});
    AuthFields fields;
    ASSERT_FALSE(fields.parse(dict));
    EXPECT_EQ(fields.size(), 3u);
    EXPECT_EQ(fields.bytes("nonce"), "n");
    EXPECT_EQ(fields.integer("ts"), 7u);
    EXPECT_EQ(fields.bytes("long"), std::string(300, 'x'));
    EXPECT_FALSE(fields.contains("missing"));
    EXPECT_EQ(encoded(fields), dict);
}

TEST(AuthFields, ViewTheFrameTheyWereParsedFrom) {
    const std::string dict = packified(Dict{{"nonce", Bytes("n")}});
    AuthFields fields;
    EXPECT_TRUE(fields.owns());
    ASSERT_FALSE(fields.parse(dict));
    EXPECT_FALSE(fields.owns());
    const char* at = fields.bytes("nonce")->data();
    EXPECT_TRUE(at > dict.data() && at < dict.data() + dict.size());
    fields.set("own", "x");
    EXPECT_FALSE(fields.owns());
    fields.set("nonce", "x");
    EXPECT_TRUE(fields.owns());
}

TEST(AuthFields, TellTypesOfValuesApart) {
    const std::string dict =
        packified(Dict{{"bytes", Bytes("b")},
                       {"bytearray", ByteArray("b")},
                       {"str", "b"},
                       {"integer", 1},
                       {"negative", -1},
                       {"max", std::uint64_t{0} - 1},
                       {"huge", Integer::from_magnitude(std::string(9, '\x01'))},
                       {"none", Value()},
                       {"bool", true},
                       {"list", List{Bytes("b")}}});
    AuthFields fields;
    ASSERT_FALSE(fields.parse(dict));
    EXPECT_EQ(fields.size(), 10u);
    EXPECT_EQ(fields.bytes("bytes"), "b");
    EXPECT_EQ(fields.bytes("bytearray"), "b");
    EXPECT_EQ(fields.integer("integer"), 1u);
    EXPECT_EQ(fields.integer("max"), std::uint64_t{0} - 1);
    for (const char* name : {"str", "integer", "negative", "max", "huge", "none", "bool", "list"}) {
        EXPECT_TRUE(fields.contains(name));
        EXPECT_FALSE(fields.bytes(name)) << name;
    }
    for (const char* name :
         {"bytes", "bytearray", "str", "negative", "huge", "none", "bool", "list"}) {
        EXPECT_FALSE(fields.integer(name)) << name;
    }
    EXPECT_EQ(encoded(fields), dict);
}

TEST(AuthFields, KeepTheLaterOfTwoFieldsOfOneName) {
    const std::string long_form("\x83\0\1a", 4);
    const std::string dict = raw_dict({{packified("a"), packified(Bytes("first"))},
                                       {packified("b"), packified(Bytes("b"))},
                                       {long_form, packified(Bytes("second"))}});
    AuthFields fields;
    ASSERT_FALSE(fields.parse(dict));
    EXPECT_EQ(fields.size(), 2u);
    EXPECT_EQ(fields.bytes("a"), "second");
    EXPECT_EQ(encoded(fields), packified(Dict{{"a", Bytes("second")}, {"b", Bytes("b")}}));
}

// Entries that are tuples are read by a shorter way than those that are lists.
TEST(AuthFields, JudgeEntriesAlikeWhateverTheyAreWrittenAs) {
    const std::string tuple = packified(Dict{{"nonce", Bytes("0123456789")}});
    constexpr std::size_t code_at = 4;
    ASSERT_EQ(tuple[code_at], '\x4c');
    for (std::size_t at = code_at + 1; at < tuple.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string one = tuple;
            one[at] = static_cast<char>(byte);
            std::string other = one;
            other[code_at] = '\x4a';
            AuthFields fields;
            AuthFields expected;
            EXPECT_EQ(fields.parse(one), expected.parse(other)) << at << ' ' << byte;
            ASSERT_EQ(fields.size(), expected.size()) << at << ' ' << byte;
            if (!fields.empty()) {
                EXPECT_EQ(encoded(fields), encoded(expected)) << at << ' ' << byte;
            }
        }
    }
}

TEST(AuthFields, WriteReceivedValuesInCanonicalForm) {
    const std::string long_bytes("\xc1\0\0\0\1x", 6);
    const std::string long_number("\xc4\0\0\0\7", 5);
    const std::string dict =
        raw_dict({{packified("n"), long_number}, {packified("b"), long_bytes}});
    AuthFields fields;
    ASSERT_FALSE(fields.parse(dict));
    EXPECT_EQ(fields.bytes("b"), "x");
    EXPECT_EQ(fields.integer("n"), 7u);
    const std::string canonical = packified(Dict{{"b", Bytes("x")}, {"n", 7}});
    EXPECT_EQ(encoded(fields), canonical);
    EXPECT_EQ(encoded(fields.clone()), canonical);
}

TEST(AuthFields, AreRefusedAbove256) {
    for (const std::size_t count : {1u, 6u, 7u, 256u, 257u, 385u, 5000u}) {
        std::vector<Dict::Entry> entries;
        for (std::size_t i = 0; i < count; ++i) {
            entries.push_back({"field" + std::to_string(i), Bytes("x")});
        }
        const std::string dict = packified(Dict(std::move(entries)));
        AuthFields fields;
        const auto error = fields.parse(dict);
        EXPECT_EQ(error, count <= 256 ? std::error_code() : Errc::too_large) << count;
        EXPECT_EQ(fields.size(), count <= 256 ? count : 0);
    }
}

TEST(AuthFields, RefuseWhatIsNoDictOfTextKeys) {
    const std::string good = packified(Dict{{"nonce", Bytes("n")}});
    std::vector<std::string> bad{"",
                                 "\x4d",
                                 packified(List{}),
                                 packified(Bytes("x")),
                                 packified(Value()),
                                 packified(Dict{{1, 2}}),
                                 packified(Dict{{Bytes("nonce"), Bytes("n")}}),
                                 packified(Dict{{"text", Bytes("n")}, {Value(), 1}}),
                                 raw_dict({{std::string("\x43\1\xff", 3), packified(1)}}),
                                 raw_dict({{packified("a"), ""}})};
    for (std::size_t cut = 0; cut < good.size(); ++cut) {
        bad.push_back(good.substr(0, cut));
    }
    for (const std::string& dict : bad) {
        AuthFields fields;
        fields.set("before", "x");
        EXPECT_EQ(fields.parse(dict), Errc::malformed) << testing::PrintToString(dict);
        EXPECT_TRUE(fields.empty());
        EXPECT_EQ(encoded(fields), ByteView("\x4d\x40\0", 3));
    }
}

TEST(AuthFields, ForgetWhatTheyHeldBeforeParsing) {
    AuthFields fields;
    fields.set("before", "x");
    const std::string dict = packified(Dict{{"nonce", Bytes("n")}});
    ASSERT_FALSE(fields.parse(dict));
    EXPECT_FALSE(fields.contains("before"));
    EXPECT_EQ(fields.size(), 1u);
}

TEST(AuthFields, SetReplaceAndErase) {
    AuthFields fields;
    fields.set("a", "1");
    fields.set_integer("b", 2);
    fields.set("a", std::string(300, 'x'));
    EXPECT_EQ(fields.size(), 2u);
    EXPECT_EQ(fields.bytes("a"), std::string(300, 'x'));
    EXPECT_EQ(encoded(fields), packified(Dict{{"a", Bytes(std::string(300, 'x'))}, {"b", 2}}));
    fields.set_integer("a", std::uint64_t{0} - 1);
    EXPECT_EQ(fields.integer("a"), std::uint64_t{0} - 1);
    EXPECT_FALSE(fields.bytes("a"));
    fields.erase("missing");
    fields.erase("a");
    EXPECT_FALSE(fields.contains("a"));
    EXPECT_EQ(encoded(fields), packified(Dict{{"b", 2}}));
    fields.clear();
    EXPECT_TRUE(fields.empty());
}

TEST(AuthFields, SetAFieldToTheValueOfAnother) {
    AuthFields fields;
    fields.set("a", "value");
    for (int i = 0; i < 100; ++i) {
        fields.set("b" + std::to_string(i), *fields.bytes("a"));
        fields.set("a", *fields.bytes("a"));
    }
    EXPECT_EQ(fields.size(), 101u);
    fields.for_each([](std::string_view name, ByteView value) {
        EXPECT_EQ(value, packified(Bytes("value"))) << name;
    });
}

TEST(AuthFields, SortAsPackifyDoesWhateverTheOrder) {
    const std::vector<std::pair<std::string, std::string>> all{{"hmac", std::string(32, 'h')},
                                                               {"nonce", std::string(16, 'n')},
                                                               {"ts", "1234"},
                                                               {"iv", std::string(16, 'i')},
                                                               {"", ""},
                                                               {"large", std::string(256, 'l')}};
    std::vector<Dict::Entry> entries;
    AuthFields forward;
    AuthFields backward;
    for (const auto& [name, value] : all) {
        entries.push_back({name, Bytes(value)});
        forward.set(name, value);
    }
    for (auto field = all.rbegin(); field != all.rend(); ++field) {
        backward.set(field->first, field->second);
    }
    EXPECT_EQ(encoded(forward), packified(Dict(entries)));
    EXPECT_EQ(encoded(backward), encoded(forward));
}

TEST(AuthFields, EncodeUpToTheirLengthOnTheWire) {
    std::size_t size = 0xffff;
    while (packified(Dict{{"a", Bytes(std::string(size, 'x'))}}).size() > 0xffff) {
        --size;
    }
    AuthFields fields;
    fields.set("a", std::string(size, 'x'));
    EXPECT_EQ(encoded(fields).size(), 0xffffu);
    fields.set("a", std::string(size + 1, 'x'));
    std::string out = "before";
    EXPECT_EQ(fields.encode_to(out), Errc::too_large);
    EXPECT_EQ(out, "before");
}

TEST(AuthFields, ClonesOutliveTheFrame) {
    AuthFields copy;
    {
        std::string dict = packified(Dict{{"nonce", Bytes("n")}, {"ts", 7}});
        AuthFields fields;
        ASSERT_FALSE(fields.parse(dict));
        fields.set("own", "x");
        copy = fields.clone();
        std::fill(dict.begin(), dict.end(), '\xff');
    }
    EXPECT_TRUE(copy.owns());
    EXPECT_EQ(copy.bytes("nonce"), "n");
    EXPECT_EQ(copy.integer("ts"), 7u);
    EXPECT_EQ(copy.bytes("own"), "x");
}

}  // namespace
}  // namespace netaio
