#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <netaio/packify.hpp>
#include <string>
#include <vector>

namespace netaio {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string packed(const Value& value) {
    auto bytes = pack(value);
    EXPECT_TRUE(bytes) << bytes.error().message();
    return bytes ? *bytes : std::string();
}

Value unpacked(ByteView bytes) {
    auto value = unpack(bytes);
    EXPECT_TRUE(value) << value.error().message();
    return value ? *value : Value();
}

std::error_code error_of(ByteView bytes, UnpackLimits limits = {}) {
    const auto value = unpack(bytes, limits);
    return value ? std::error_code() : value.error();
}

Value nested_lists(std::size_t depth) {
    Value value = List{};
    for (std::size_t i = 1; i < depth; ++i) {
        value = List{std::move(value)};
    }
    return value;
}

double float_from_bits(std::uint64_t bits) {
    return std::bit_cast<double>(bits);
}

TEST(Value, IsMadeFromOrdinaryTypes) {
    EXPECT_TRUE(Value().is_none());
    EXPECT_EQ(Value("text").as_str(), "text");
    EXPECT_EQ(Value("text"s).as_str(), "text");
    EXPECT_EQ(Value("text"sv).as_str(), "text");
    EXPECT_EQ(Value(7).as_int(), 7);
    EXPECT_EQ(Value(-7).as_int(), -7);
    EXPECT_EQ(Value(UINT64_MAX).as_uint(), UINT64_MAX);
    EXPECT_EQ(Value(true).as_bool(), true);
    EXPECT_EQ(Value(1.5).as_float(), 1.5);
    EXPECT_EQ(Value(Bytes("data")).as_bytes(), "data"sv);
    EXPECT_EQ(Value(Bytes(std::vector<std::uint8_t>{1, 2})).as_bytes(), "\1\2"sv);
    EXPECT_EQ(Value(ByteArray("data")).as_bytearray(), "data"sv);
    EXPECT_EQ(Value(Decimal("1.50")).as_decimal()->text(), "1.50");
    EXPECT_EQ(Value(Packable{"Name", "data"}).as_packable()->name, "Name");
    static_assert(!std::is_constructible_v<Value, ByteView>, "text or bytes?");
    static_assert(!std::is_constructible_v<Value, const void*>, "not a bool");
    static_assert(!std::is_constructible_v<Value, char>, "not a number");
}

TEST(Value, AccessorsOfOtherTypesAreEmpty) {
    const Value text("1");
    EXPECT_EQ(text.as_bytes(), std::nullopt);
    EXPECT_EQ(text.as_bytearray(), std::nullopt);
    EXPECT_EQ(text.as_int(), std::nullopt);
    EXPECT_EQ(text.as_uint(), std::nullopt);
    EXPECT_EQ(text.as_bool(), std::nullopt);
    EXPECT_EQ(text.as_float(), std::nullopt);
    EXPECT_EQ(text.as_dict(), nullptr);
    EXPECT_EQ(text.find("key"), nullptr);
    EXPECT_EQ(Value(true).as_int(), std::nullopt);
    EXPECT_EQ(Value(1).as_str(), std::nullopt);
}

TEST(Value, EqualityIsExact) {
    EXPECT_EQ(Value(1), Value(std::uint8_t{1}));
    EXPECT_NE(Value(1), Value(true));
    EXPECT_NE(Value(1), Value(1.0));
    EXPECT_NE(Value("a"), Value(Bytes("a")));
    EXPECT_NE(Value(0.0), Value(-0.0));
    EXPECT_EQ(Value(float_from_bits(0x7ff8000000000001)),
              Value(float_from_bits(0x7ff8000000000001)));
    EXPECT_NE(Value(float_from_bits(0x7ff8000000000001)),
              Value(float_from_bits(0x7ff8000000000002)));
    EXPECT_NE(Value(Decimal("1.0")), Value(Decimal("1")));
    EXPECT_NE(Value(List{1}), Value(Tuple{1}));
    EXPECT_NE(Value(List{1, 2}), Value(List{2, 1}));
    EXPECT_EQ(Value(Set{1, "a"}), Value(Set{"a", 1}));
    EXPECT_EQ(Value(Dict{{"a", 1}, {"b", 2}}), Value(Dict{{"b", 2}, {"a", 1}}));
    EXPECT_NE(Value(Dict{{"a", 1}}), Value(Dict{{"a", 2}}));
}

TEST(Dict, IsReadAndChangedByTextKeys) {
    Value value = Dict{{"name", "kitchen"}, {"port", 8888}, {7, "seven"}};
    EXPECT_EQ(value.find("name")->as_str(), "kitchen");
    EXPECT_EQ(value.find("port")->as_int(), 8888);
    EXPECT_EQ(value.find("missing"), nullptr);
    Dict& dict = *value.as_dict();
    EXPECT_EQ(dict.find_key(7)->as_str(), "seven");
    EXPECT_EQ(dict.find_key(true), nullptr);
    EXPECT_EQ(dict.find_key(List{}), nullptr);

    dict.set("port", 9999);
    dict.set("new", Dict{});
    *dict.find("name") = "hall";
    EXPECT_TRUE(dict.erase("new"));
    EXPECT_FALSE(dict.erase("new"));
    EXPECT_EQ(value, Value(Dict{{"name", "hall"}, {"port", 9999}, {7, "seven"}}));
    for (const auto& [key, content] : dict) {
        EXPECT_TRUE(key.as_str() || key.as_int());
        EXPECT_FALSE(content.is_none());
    }
}

TEST(Dict, KeepsTheFirstOfEqualKeysWithTheLastValue) {
    const Dict dict{{"a", 1}, {"b", 2}, {"a", 3}, {-0.0, 4}, {0.0, 5}};
    ASSERT_EQ(dict.size(), 3U);
    EXPECT_EQ(dict.entries()[0], (Dict::Entry{"a", 3}));
    EXPECT_EQ(dict.entries()[2], (Dict::Entry{-0.0, 5}));
}

TEST(Dict, TellsKeysOfDifferentTypesApart) {
    EXPECT_EQ((Dict{{1, "a"}, {true, "b"}, {1.0, "c"}, {Decimal("1"), "d"}, {"1", "e"}}).size(),
              5U);
    EXPECT_EQ((Dict{{Tuple{1}, "a"}, {Tuple{true}, "b"}, {Tuple{1}, "c"}}).size(), 2U);
}

TEST(Set, ComparesNumbersOfOneTypeAsPythonDoes) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ((Set{0.0, -0.0, 1.0}).size(), 2U);
    EXPECT_EQ((Set{nan, nan, Tuple{nan}, Tuple{nan}}).size(), 4U);
    EXPECT_EQ((Set{Decimal("1"), Decimal("1.00"), Decimal("0.1e1"), Decimal("10")}).size(), 2U);
    EXPECT_EQ((Set{Decimal("0"), Decimal("-0.0"), Decimal("0E+9")}).size(), 1U);
    EXPECT_EQ((Set{Decimal("inf"), Decimal("-inf"), Decimal("Infinity")}).size(), 2U);
    EXPECT_EQ((Set{Decimal("nan"), Decimal("nan")}).size(), 2U);
    EXPECT_EQ((Set{Bytes("a"), "a", Packable{"a", ""}, Packable{"", "a"}}).size(), 4U);
}

TEST(Set, TakesEachMemberOnce) {
    Set set{1, 2, 1};
    EXPECT_EQ(set.size(), 2U);
    EXPECT_FALSE(set.insert(2));
    EXPECT_TRUE(set.insert("2"));
    EXPECT_TRUE(set.contains("2"));
    EXPECT_FALSE(set.contains(3));
    EXPECT_FALSE(set.contains(List{}));
}

TEST(Set, RefusesWhatCannotBeAMember) {
    EXPECT_THROW(Set{List{}}, std::invalid_argument);
    EXPECT_THROW(Set{Tuple{Dict{}}}, std::invalid_argument);
    EXPECT_THROW(Set{ByteArray("a")}, std::invalid_argument);
    EXPECT_THROW(Set{Decimal("sNaN")}, std::invalid_argument);
    EXPECT_THROW((Dict{{Set{}, 1}}), std::invalid_argument);
    Dict dict;
    EXPECT_THROW(dict.set(List{}, 1), std::invalid_argument);
    EXPECT_NO_THROW(Set{Tuple{Tuple{1}}});
}

TEST(Packify, RoundTripsEveryType) {
    const Value value = List{Value(),
                             Bytes("b"),
                             ByteArray("a"),
                             "t\u00e9xt",
                             -1,
                             *Integer::parse("-123456789012345678901234567890"),
                             true,
                             -0.0,
                             Decimal("1.50"),
                             Set{1, Tuple{2}},
                             Tuple{List{}, 1},
                             Dict{{"k", 1}, {Bytes("k"), Value()}},
                             Packable{"Name", "data"}};
    EXPECT_EQ(unpacked(packed(value)), value);
}

TEST(Packify, PacksEqualValuesAlike) {
    EXPECT_EQ(packed(Dict{{"hmac", Bytes("x")}, {"ts", 5}}),
              "M@\x02\x0b\x0e"
              "L@\x02\x04\x02"
              "C\x02ts"
              "D\x05"
              "L@\x02\x06\x03"
              "C\x04hmac"
              "A\x01x"s);
    EXPECT_EQ(packed(Dict{{"ts", 5}, {"hmac", Bytes("x")}}),
              packed(Dict{{"hmac", Bytes("x")}, {"ts", 5}}));
    EXPECT_EQ(packed(Set{300, 2}), packed(Set{2, 300}));
    EXPECT_EQ(packed(Dict{}), "M@\0"s);
}

TEST(Packify, KeepsNanPayloads) {
    const std::string bytes = "\x07\x7f\xf0\0\0\0\0\0\x01"s;
    EXPECT_EQ(packed(unpacked(bytes)), bytes);
}

TEST(Packify, NormalisesDecimalsOnUnpacking) {
    EXPECT_EQ(packed(unpacked("H\x05 1_e5")),
              "H\x04"
              "1E+5");
    EXPECT_EQ(error_of("H\x03one"), Errc::malformed);
}

TEST(Packify, IgnoresBytesAfterAValueExceptABool) {
    EXPECT_EQ(unpacked("\0\xff"sv), Value());
    EXPECT_EQ(unpacked("A\x01"
                       "ab"sv),
              Value(Bytes("a")));
    EXPECT_EQ(unpacked("J@\x01\x04"
                       "D\x05\xff\xff"
                       "\xff"sv),
              Value(List{5}));
    EXPECT_EQ(unpacked("\x06\x02"sv), Value(true));
    EXPECT_EQ(error_of("\x06\x01\0"sv), Errc::malformed);
    EXPECT_EQ(error_of("J@\x01\x03\x06\x01\0"sv), Errc::malformed);
}

TEST(Packify, AcceptsLengthsThatAreNotMinimal) {
    EXPECT_EQ(unpacked("\xc1\0\0\0\x01"
                       "a"sv),
              Value(Bytes("a")));
    EXPECT_EQ(unpacked("\x04\x03\0\0\x05"sv), Value(5));
    EXPECT_EQ(unpacked("\x04\0"sv), Value(0));
    EXPECT_EQ(unpacked("E\0"sv), Value(0));
    EXPECT_EQ(unpacked("\xca\xc0\0\0\0\x01\0\0\0\x02"
                       "D\x05"sv),
              Value(List{5}));
    EXPECT_EQ(unpacked("J\0\0"sv), Value(List{}));
}

TEST(Packify, RefusesMalformedBytes) {
    for (const std::string_view bytes : {""sv,
                                         "\x09"sv,
                                         "\x3f"sv,
                                         "\x01\x01"
                                         "a"sv,
                                         "A\x02"
                                         "a"sv,
                                         "\x81\0"sv,
                                         "\x03"sv,
                                         "D"sv,
                                         "\x04"sv,
                                         "\x04\x02\x01"sv,
                                         "\x06"sv,
                                         "\x07"
                                         "1234567"sv,
                                         "J"sv,
                                         "J@"sv,
                                         "JA\0"sv,
                                         "J\0\x01\0"sv,
                                         "\x0a@"sv,
                                         "J@\x01\x02"
                                         "D"sv,
                                         "J@\x01\0"sv,
                                         "\x14\0"sv,
                                         "T\x01"sv,
                                         "T\x01\x01"
                                         "a"sv,
                                         "T\x01\0\xff"sv}) {
        EXPECT_EQ(error_of(bytes), Errc::malformed) << ::testing::PrintToString(bytes);
    }
}

TEST(Packify, RefusesTextThatIsNotUtf8) {
    for (const std::string text :
         {"\xff", "\xc3(", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
          "\xf8\x88\x80\x80\x80", "\x80", "\xe6\x97", "12345678\xff"}) {
        EXPECT_EQ(pack(Value(text)).error(), Errc::not_encodable);
        const std::string bytes = "C" + std::string(1, static_cast<char>(text.size())) + text;
        EXPECT_EQ(error_of(bytes), Errc::malformed);
    }
    for (const std::string text : {"\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff",
                                   "\U00010000", "\U0010ffff", "12345678\u00e9"}) {
        EXPECT_EQ(unpacked(packed(text)), Value(text));
    }
}

TEST(Packify, TakesOnlyPairsAsEntriesOfADict) {
    EXPECT_EQ(unpacked("M@\x01\x09J@\x02\x02\x02"
                       "D\x01"
                       "D\x02"sv),
              Value(Dict{{1, 2}}));
    EXPECT_EQ(error_of("M@\x01\x09K@\x02\x02\x02"
                       "D\x01"
                       "D\x02"sv),
              Errc::malformed);
    EXPECT_EQ(error_of("M@\x01\x04"
                       "C\x02"
                       "ab"sv),
              Errc::malformed);
    EXPECT_EQ(error_of("M@\x01\x06L@\x01\x02"
                       "D\x01"sv),
              Errc::malformed);
    EXPECT_EQ(error_of("M@\x01\x0cL@\x03\x02\x02\x02"
                       "D\x01"
                       "D\x02"
                       "D\x03"sv),
              Errc::malformed);
}

TEST(Packify, RefusesMembersAndKeysThatCannotBe) {
    EXPECT_EQ(error_of("K@\x01\x03J@\0"sv), Errc::malformed);
    EXPECT_EQ(error_of("K@\x01\x07L@\x01\x03J@\0"sv), Errc::malformed);
    EXPECT_EQ(error_of("K@\x01\x06H\x04sNaN"sv), Errc::malformed);
    EXPECT_EQ(error_of("M@\x01\x0bL@\x02\x03\x03"
                       "B\x01k"
                       "C\x01x"sv),
              Errc::malformed);
}

TEST(Packify, RefusesIntegersAbove255Bytes) {
    const std::string magnitude(255, '\xff');
    const Value largest = Integer::from_magnitude(magnitude);
    EXPECT_EQ(unpacked(packed(largest)), largest);
    EXPECT_EQ(pack(Value(Integer::from_magnitude("\1" + magnitude))).error(), Errc::not_encodable);
}

TEST(Packify, RefusesNestingBeyondTheLimit) {
    EXPECT_EQ(error_of(packed(nested_lists(128))), std::error_code());
    EXPECT_EQ(error_of(packed(nested_lists(129))), Errc::nesting_too_deep);
    EXPECT_EQ(error_of(packed(nested_lists(129)), {.max_depth = 129}), std::error_code());
    EXPECT_EQ(error_of(packed(Dict{{"k", List{}}}), {.max_depth = 1}), Errc::nesting_too_deep);
    EXPECT_EQ(error_of(packed(Dict{{"k", 1}}), {.max_depth = 1}), std::error_code());
    EXPECT_EQ(error_of(packed(List{List{}, List{}}), {.max_depth = 2}), std::error_code());
    EXPECT_EQ(error_of("J@\0"sv, {.max_depth = 0}), Errc::nesting_too_deep);
}

TEST(Packify, RefusesToPackEndlessNesting) {
    EXPECT_TRUE(pack(nested_lists(256)));
    EXPECT_EQ(pack(nested_lists(257)).error(), Errc::nesting_too_deep);
}

TEST(Packify, RefusesMoreValuesThanTheLimit) {
    const std::string list = packed(List{1, List{2, 3}});
    EXPECT_EQ(error_of(list, {.max_values = 5}), std::error_code());
    EXPECT_EQ(error_of(list, {.max_values = 4}), Errc::too_large);
    const std::string dict = packed(Dict{{"a", 1}, {"b", 2}});
    EXPECT_EQ(error_of(dict, {.max_values = 5}), std::error_code());
    EXPECT_EQ(error_of(dict, {.max_values = 4}), Errc::too_large);
    EXPECT_EQ(error_of("\0"sv, {.max_values = 0}), Errc::too_large);
}

TEST(Packify, TakesNoMemoryForACountThatLies) {
    EXPECT_EQ(error_of("\xca@\xff\xff\xff\xff\x01\0"sv), Errc::malformed);
    EXPECT_EQ(error_of("\xcd\xc0\xff\xff\xff\xff\0\0\0\x01\0"sv), Errc::malformed);
    EXPECT_EQ(error_of("\xc1\xff\xff\xff\xff"
                       "a"sv),
              Errc::malformed);
    std::string many = "\xca@\x00\x10\x00\x00"s;
    many += std::string(0x100000, '\1') + std::string(0x100000, '\0');
    EXPECT_EQ(error_of(many), Errc::too_large);
    EXPECT_EQ(error_of(many, {.max_values = 0x100001}), std::error_code());
}

}  // namespace
}  // namespace netaio
