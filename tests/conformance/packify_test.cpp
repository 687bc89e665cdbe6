#include <gtest/gtest.h>

#include <netaio/packify.hpp>

#include "divergences.hpp"
#include "vectors.hpp"

namespace netaio::packify_cases {
namespace {

using vectors::Json;

const divergences::Divergence* divergence_of(const Json& one) {
    return divergences::find("packify", one.at("name").get<std::string>());
}

void expect_unpacks_to(ByteView packed, const Value& value) {
    const auto unpacked = unpack(packed);
    ASSERT_TRUE(unpacked) << unpacked.error().message();
    EXPECT_TRUE(*unpacked == value);
}

void check_pack(const Json& one) {
    const Value value = vectors::value_of(one.at("value"));
    const auto packed = pack(value);
    if (vectors::expects_error(one)) {
        EXPECT_EQ(packed.error(), Errc::not_encodable);
        return;
    }
    ASSERT_TRUE(packed) << packed.error().message();
    vectors::expect_bytes(one.at("expect").at("packed"), *packed);
    ASSERT_TRUE(one.at("expect").at("roundtrip").get<bool>());
    ASSERT_EQ(divergence_of(one), nullptr);
    expect_unpacks_to(*packed, value);
}

std::string packed_data(const Json& one) {
    return vectors::bytes_field(one.contains("parts") ? one.at("parts") : one.at("data"));
}

void check_divergent_unpack(const Json& one, std::string_view ours) {
    const auto value = unpack(packed_data(one));
    if (ours == "error") {
        EXPECT_EQ(value.error(), Errc::malformed);
        return;
    }
    ASSERT_TRUE(value) << value.error().message();
    EXPECT_EQ(vectors::to_hex(*pack(*value)), ours);
}

void check_unpack(const Json& one) {
    if (const auto* divergence = divergence_of(one)) {
        check_divergent_unpack(one, divergence->ours);
    } else if (vectors::expects_error(one)) {
        EXPECT_EQ(unpack(packed_data(one)).error(), Errc::malformed);
    } else {
        expect_unpacks_to(packed_data(one), vectors::value_of(one.at("expect").at("value")));
    }
}

TEST(PackifyVectors, PacksAsTheReferenceDoes) {
    vectors::for_each_case("packify", "pack", check_pack);
}

TEST(PackifyVectors, UnpacksAsTheReferenceDoes) {
    vectors::for_each_case("packify", "unpack", check_unpack);
}

TEST(PackifyVectors, AreAllOfAKindThatIsTested) {
    for (const Json& one : vectors::cases("packify")) {
        const auto kind = one.at("kind").get<std::string>();
        EXPECT_TRUE(kind == "pack" || kind == "unpack") << one.at("name");
    }
}

}  // namespace
}  // namespace netaio::packify_cases
