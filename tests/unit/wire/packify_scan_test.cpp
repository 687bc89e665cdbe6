#include <gtest/gtest.h>

#include <netaio/packify.hpp>
#include <string>
#include <utility>
#include <vector>
#include <wire/packify_scan.hpp>
#include <wire/packify_write.hpp>

namespace netaio::wire {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

using Entries = std::vector<std::pair<std::string, Value>>;

std::error_code scan(ByteView packed, Entries& entries, UnpackLimits limits = {}) {
    return scan_dict(
        packed,
        [&](ByteView key, ByteView value) { entries.emplace_back(key.str(), *unpack(value)); },
        limits);
}

std::error_code scan_error(ByteView packed, UnpackLimits limits = {}) {
    Entries entries;
    return scan(packed, entries, limits);
}

TEST(PackifyScan, ReadsScalarsInPlace) {
    const auto text = scan_scalar("C\x02hi and more");
    ASSERT_TRUE(text);
    EXPECT_EQ(text->type, PackedType::str);
    EXPECT_EQ(text->payload, "hi");
    EXPECT_EQ(text->size, 4U);

    const auto number = scan_scalar("\x84\x01\x02");
    ASSERT_TRUE(number);
    EXPECT_EQ(number->payload, "\1\2");
    EXPECT_EQ(number->size, 3U);
    EXPECT_EQ(uint_of(*number), 0x102U);

    EXPECT_EQ(scan_scalar("\0"sv)->size, 1U);
    EXPECT_EQ(scan_scalar("\x04\x02"
                          "ab")
                  ->size,
              4U);
    EXPECT_EQ(scan_scalar("J@\0"sv), std::nullopt);
    EXPECT_EQ(scan_scalar("T\x01\0"
                          "a"sv),
              std::nullopt);
}

TEST(PackifyScan, ReadsIntegersUpTo64Bits) {
    const auto uint_in = [](ByteView packed) { return uint_of(*scan_scalar(packed)); };
    EXPECT_EQ(uint_in("\x04\x08\xff\xff\xff\xff\xff\xff\xff\xff"sv), UINT64_MAX);
    EXPECT_EQ(uint_in("\x04\x09\0\xff\xff\xff\xff\xff\xff\xff\xff"sv), UINT64_MAX);
    EXPECT_EQ(uint_in("\x04\x09\x01\0\0\0\0\0\0\0\0"sv), std::nullopt);
    EXPECT_EQ(uint_in("E\x01"sv), std::nullopt);
    EXPECT_EQ(uint_in("E\0"sv), 0U);
    EXPECT_EQ(uint_in("A\x01\x01"sv), std::nullopt);
}

TEST(PackifyScan, WalksADictInWireOrder) {
    const Value value = Dict{{"ts", 5}, {"hmac", Bytes("x")}, {"list", List{1, Dict{}}}};
    Entries entries;
    ASSERT_EQ(scan(*pack(value), entries), std::error_code());
    EXPECT_EQ(entries, (Entries{{"ts", 5}, {"hmac", Bytes("x")}, {"list", List{1, Dict{}}}}));
}

TEST(PackifyScan, GivesEveryOneOfEqualKeys) {
    Entries entries;
    const auto packed =
        "M@\x02\x0a\x0a"
        "L@\x02\x03\x02"
        "C\x01"
        "a"
        "D\x01"
        "L@\x02\x03\x02"
        "C\x01"
        "a"
        "D\x02"sv;
    ASSERT_EQ(scan(packed, entries), std::error_code());
    EXPECT_EQ(entries, (Entries{{"a", 1}, {"a", 2}}));
}

TEST(PackifyScan, RefusesWhatIsNoDictOfTextKeys) {
    EXPECT_EQ(scan_error(""), Errc::malformed);
    EXPECT_EQ(scan_error(*pack(List{})), Errc::malformed);
    EXPECT_EQ(scan_error(*pack(Dict{{1, 2}})), Errc::malformed);
    EXPECT_EQ(scan_error(*pack(Dict{{Bytes("a"), 2}})), Errc::malformed);
    EXPECT_EQ(scan_error("M@\x01\x0aL@\x02\x03\x02"
                         "C\x01\xff"
                         "D\x01"),
              Errc::malformed);
}

TEST(PackifyScan, RefusesAMalformedValueOfAnyType) {
    EXPECT_EQ(scan_error("M@\x01\x0aL@\x02\x03\x02"
                         "C\x01"
                         "a"
                         "A\x01"),
              Errc::malformed);
    EXPECT_EQ(scan_error("M@\x01\x0bL@\x02\x03\x03"
                         "C\x01"
                         "a"
                         "H\x01x"),
              Errc::malformed);
    EXPECT_EQ(scan_error("M@\x01\x0cL@\x02\x03\x04"
                         "C\x01"
                         "a"
                         "J@\x01\0"sv),
              Errc::malformed);
}

TEST(PackifyScan, HasTheLimitsOfUnpack) {
    const Value value = Dict{{"a", List{1, 2}}, {"b", Dict{{"c", Tuple{}}}}};
    const std::string packed = *pack(value);
    for (std::size_t depth = 0; depth < 5; ++depth) {
        for (std::size_t values = 0; values < 12; ++values) {
            const UnpackLimits limits{depth, values};
            EXPECT_EQ(!scan_error(packed, limits), unpack(packed, limits).has_value())
                << depth << " " << values;
        }
    }
}

std::string written(std::size_t size, auto write) {
    std::string out(size, '?');
    EXPECT_EQ(write(out.data()), out.data() + size);
    return out;
}

TEST(PackifyWrite, WritesScalarsAsPackDoes) {
    for (const std::size_t length : {0U, 1U, 255U, 256U, 65535U, 65536U}) {
        const std::string text(length, 'x');
        const std::size_t size = packed_bytes_size(length);
        EXPECT_EQ(written(size, [&](char* out) { return write_str(out, text); }), *pack(text));
        EXPECT_EQ(written(size, [&](char* out) { return write_bytes(out, text); }),
                  *pack(Bytes(text)));
    }
    for (const std::uint64_t number :
         {0ULL, 255ULL, 256ULL, 65535ULL, 65536ULL, 0xffffffffULL, 0x100000000ULL, ~0ULL}) {
        const std::size_t size = packed_uint_size(number);
        EXPECT_EQ(written(size, [&](char* out) { return write_uint(out, number); }), *pack(number));
    }
}

void expect_fields_as_packed(const Dict& dict) {
    std::vector<std::string> values;
    for (const auto& [key, value] : dict) {
        values.push_back(*pack(value));
    }
    PackedFields fields;
    for (std::size_t i = 0; i < values.size(); ++i) {
        fields.add(*dict.entries()[i].key.as_str(), values[i]);
    }
    EXPECT_EQ(written(fields.size(), [&](char* out) { return fields.write(out); }), *pack(dict));
}

TEST(PackifyWrite, WritesFieldsInCanonicalOrder) {
    expect_fields_as_packed({});
    expect_fields_as_packed(
        {{"nonce", Bytes("0123456789abcdef")}, {"ts", 1700000000}, {"hmac", "x"}});
    expect_fields_as_packed({{"b", 1}, {"a", 1}, {"aa", 1}, {"c", 300}});
    expect_fields_as_packed({{"long", Bytes(std::string(300, 'x'))}, {"short", 1}});
    expect_fields_as_packed({{std::string(300, 'n'), 1}, {"n", 1}, {"", 1}});
    std::vector<Dict::Entry> many;
    for (int i = 0; i < 300; ++i) {
        many.push_back({"key" + std::to_string(i * 7919 % 300), i});
    }
    expect_fields_as_packed(Dict(std::move(many)));
}

}  // namespace
}  // namespace netaio::wire
