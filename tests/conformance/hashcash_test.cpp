#include <gtest/gtest.h>

#include <netaio/hashcash_auth.hpp>
#include <set>

#include "cases.hpp"
#include "crypto/leading_zeros.hpp"
#include "plugins/hashcash_stamp.hpp"

namespace netaio::hashcash_cases {
namespace {

using vectors::Json;

std::string hex_field(const Json& one, const char* name) {
    return vectors::from_hex(one.at(name).get<std::string>());
}

void check_stamp(const Json& one) {
    const Json& expect = one.at("expect");
    plugins::StampNonce nonce;
    hex_field(one, "nonce").copy(nonce.data(), nonce.size());
    const auto bits = one.at("bits").get<unsigned>();
    plugins::Stamp stamp = plugins::unpaid_stamp(plugins::ShortDigest(hex_field(one, "realm")),
                                                 one.at("timestamp").get<std::uint32_t>(), nonce,
                                                 hex_field(one, "body"));
    const std::size_t counted = stamp.size() - 4;
    const auto counter =
        crypto::find_leading_zeros({plugins::view(stamp).substr(0, counted)}, bits, 1'000'000);
    ASSERT_TRUE(counter);
    wire::put_u32(stamp.data() + counted, *counter);
    vectors::expect_bytes(expect.at("stamp"), plugins::view(stamp));
    const crypto::Digest digest = crypto::sha256(plugins::view(stamp));
    vectors::expect_bytes(expect.at("sha256"), digest.view());
    EXPECT_EQ(crypto::leading_zero_bits(digest.view()), expect.at("zero_bits").get<unsigned>());
}

void check_check(const Json& one) {
    const std::chrono::seconds now(one.at("now").get<std::int64_t>());
    const Environment environment{.clock = std::make_shared<test::FixedClock>(now)};
    const HashcashAuth plugin({.realm = hex_field(one, "realm"),
                               .bits = one.at("bits").get<unsigned>(),
                               .seen = std::make_shared<SeenMessages>(
                                   SeenOptions{.ran_before = false, .environment = environment})});
    AuthFields fields;
    fields.set("hc", hex_field(one, "stamp"));
    const std::string body = hex_field(one, "body");
    for (const char* time : {"valid", "again"}) {
        EXPECT_EQ(plugin.check(fields, body, {.environment = environment}),
                  one.at("expect").at(time).get<bool>())
            << time;
    }
}

TEST(HashcashVectors, StampsAreTheSameByteByByte) {
    vectors::for_each_case("hashcash", "stamp", check_stamp);
}

TEST(HashcashVectors, AcceptsTheSameStamps) {
    vectors::for_each_case("hashcash", "check", check_check);
}

TEST(HashcashVectors, AreAllOfAKindThatIsTested) {
    const std::set<std::string> kinds{"stamp", "check"};
    for (const Json& one : vectors::cases("hashcash")) {
        EXPECT_TRUE(kinds.contains(one.at("kind").get<std::string>())) << one.at("name");
    }
}

}  // namespace
}  // namespace netaio::hashcash_cases
