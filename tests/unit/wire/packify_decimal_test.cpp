#include <gtest/gtest.h>

#include <netaio/numbers.hpp>
#include <netaio/packify.hpp>
#include <string>
#include <utility>

namespace netaio {
namespace {

using namespace std::string_literals;

std::string normalised(std::string_view text) {
    const auto number = Decimal::parse(text);
    return number ? number->text() : "refused";
}

void expect_all(std::initializer_list<std::pair<std::string, std::string>> cases) {
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(normalised(text), expected) << '\'' << text << '\'';
    }
}

TEST(Decimal, KeepsTheDigitsGiven) {
    expect_all({{"0", "0"},
                {"-0", "-0"},
                {"00", "0"},
                {"+1", "1"},
                {"100", "100"},
                {"1.10", "1.10"},
                {".5", "0.5"},
                {"5.", "5"},
                {"0.000000", "0.000000"},
                {"12345678901234567890123456789012345678901234567890",
                 "12345678901234567890123456789012345678901234567890"}});
}

TEST(Decimal, WritesExponentsAsPythonDoes) {
    expect_all({{"1e5", "1E+5"},
                {"1e0", "1"},
                {"1e-0", "1"},
                {"-.5e3", "-5E+2"},
                {"123e+7", "1.23E+9"},
                {"1.0E+2", "1.0E+2"},
                {"0.00e5", "0E+3"},
                {"00e-9", "0E-9"},
                {"123e-5", "0.00123"},
                {"123e-9", "1.23E-7"},
                {"0.000001", "0.000001"},
                {"0.0000001", "1E-7"},
                {"0e-6", "0.000000"},
                {"0e-7", "0E-7"},
                {"-0e-8", "-0E-8"},
                {std::string(30, '1') + "e-30", "0." + std::string(30, '1')},
                {std::string(30, '1') + "e-37", "1." + std::string(29, '1') + "E-8"},
                {"0e000000000000000000000000005", "0E+5"}});
}

TEST(Decimal, RefusesExponentsBeyondThoseOfPython) {
    expect_all({{"1e999999999999999999", "1E+999999999999999999"},
                {"1e1000000000000000000", "refused"},
                {"10e999999999999999999", "refused"},
                {"0.10e1000000000000000000", "1.0E+999999999999999999"},
                {"0e1000000000000000000", "refused"},
                {"1e-1999999999999999997", "1E-1999999999999999997"},
                {"1e-1999999999999999998", "refused"},
                {"10e-1999999999999999998", "refused"},
                {"1.5e-1999999999999999997", "refused"},
                {"0e-1999999999999999998", "refused"},
                {"1e99999999999999999999999999", "refused"},
                {"1e-99999999999999999999999999", "refused"}});
}

TEST(Decimal, IgnoresUnderscoresAndSpaceAround) {
    expect_all({{" 1 ", "1"},
                {"\t1\n", "1"},
                {"\x1c"
                 "1\x1f",
                 "1"},
                {"\u0085"
                 "1",
                 "1"},
                {"\u00a0"
                 "1\u2028",
                 "1"},
                {"\u3000"
                 "1",
                 "1"},
                {"\u200b"
                 "1",
                 "refused"},
                {"1_000", "1000"},
                {"_1__2_", "12"},
                {"1_e_5", "1E+5"},
                {"n_a_n_5", "NaN5"},
                {"_ 1", "refused"},
                {"1 _", "refused"},
                {"+ 1", "refused"},
                {"1 e5", "refused"},
                {"1 2", "refused"}});
}

TEST(Decimal, ReadsDigitsOfAllScripts) {
    expect_all(
        {{"\u0661\u0662", "12"},
         {"1e\uff19", "1E+9"},
         {"nan\uff19", "NaN9"},
         {"\U0001d7cf.\U0001fbf9", "1.9"},
         {"\uff11\uff0e\uff15", "refused"},  // full-width digits, but also a full-width point
         {"\u00b2", "refused"},
         {"\u00bd", "refused"}});
}

TEST(Decimal, KnowsInfinitiesAndNans) {
    expect_all({{"inf", "Infinity"},
                {"-INFINITY", "-Infinity"},
                {"infin", "refused"},
                {"inf1", "refused"},
                {"nan", "NaN"},
                {"+NaN", "NaN"},
                {"-nan", "-NaN"},
                {"nan007", "NaN7"},
                {"NaN0", "NaN"},
                {"sNaN012", "sNaN12"},
                {"-snan", "-sNaN"},
                {"nan1.5", "refused"},
                {"nane5", "refused"},
                {"sinf", "refused"}});
    EXPECT_TRUE(Decimal("nan5").is_nan());
    EXPECT_FALSE(Decimal("nan5").is_signaling_nan());
    EXPECT_TRUE(Decimal("snan").is_signaling_nan());
    EXPECT_FALSE(Decimal("inf").is_nan());
}

TEST(Decimal, RefusesWhatIsNoNumber) {
    expect_all({{"", "refused"},
                {"_", "refused"},
                {".", "refused"},
                {"+.", "refused"},
                {"e5", "refused"},
                {"1e", "refused"},
                {"1e+", "refused"},
                {"1e5.0", "refused"},
                {"1ee5", "refused"},
                {"1.2.3", "refused"},
                {"--1", "refused"},
                {"+-1", "refused"},
                {"1,5", "refused"},
                {"0x10", "refused"},
                {"1\0"s, "refused"},
                {"\0001"s, "refused"},
                {"1\xff", "refused"}});
}

TEST(Decimal, ThrowsWhenMadeFromWhatIsNoNumber) {
    EXPECT_EQ(Decimal(" 1e5").text(), "1E+5");
    EXPECT_THROW(Decimal("one"), std::invalid_argument);
}

TEST(Integer, ConvertsFromAndToBuiltInTypes) {
    EXPECT_EQ(Integer(0), Integer());
    EXPECT_EQ(Integer(-5).to_int64(), -5);
    EXPECT_EQ(Integer(-5).to_uint64(), std::nullopt);
    EXPECT_EQ(Integer(INT64_MIN).to_int64(), INT64_MIN);
    EXPECT_EQ(Integer(INT64_MAX).to_int64(), INT64_MAX);
    EXPECT_EQ(Integer(UINT64_MAX).to_uint64(), UINT64_MAX);
    EXPECT_EQ(Integer(UINT64_MAX).to_int64(), std::nullopt);
    EXPECT_EQ(Integer(std::uint64_t{1} << 63).to_int64(), std::nullopt);
    EXPECT_EQ(Integer(0x0100).magnitude(), std::string("\1\0", 2));
}

TEST(Integer, ReadsAndWritesDecimalDigitsOfAnyNumber) {
    for (const char* digits :
         {"0", "7", "-1", "999999999", "1000000000", "-18446744073709551616",
          "123456789000000000000000000000000000000000000000000000000000000000000000001"}) {
        const auto number = Integer::parse(digits);
        ASSERT_TRUE(number) << digits;
        EXPECT_EQ(number->to_string(), digits);
    }
    EXPECT_EQ(Integer::parse("+0007"), Integer(7));
    EXPECT_EQ(Integer::parse("-0"), Integer(0));
    EXPECT_EQ(Integer::parse("18446744073709551616")->magnitude(),
              std::string("\1") + std::string(8, '\0'));
    for (const char* text : {"", "-", "+-1", "1 ", "0x1", "1_0"}) {
        EXPECT_EQ(Integer::parse(text), std::nullopt) << text;
    }
}

TEST(Integer, IsOrderedByValue) {
    EXPECT_LT(Integer(-256), Integer(-255));
    EXPECT_LT(Integer(-1), Integer(0));
    EXPECT_LT(Integer(255), Integer(256));
    EXPECT_LT(Integer(0x80), Integer(0x81));
}

}  // namespace
}  // namespace netaio
