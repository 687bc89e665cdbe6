#include <gtest/gtest.h>

#include <netaio/hmac_auth.hpp>
#include <set>

#include "cases.hpp"
#include "crypto/hmac.hpp"

namespace netaio::hmac_auth_cases {
namespace {

using vectors::Json;

std::string_view divergence(const Json& one) {
    return vectors::divergence("hmac_auth", one);
}

OwnedMessage body_of(const Json& one) {
    return {MessageType::request_uri, vectors::bytes_field(one.at("uri")),
            vectors::bytes_field(one.at("content"))};
}

void check_hmac(const Json& one) {
    const std::string key = vectors::from_hex(one.at("key").get<std::string>());
    const std::string nonce = vectors::from_hex(one.at("nonce").get<std::string>());
    const std::string message = vectors::bytes_field(one.at("message"));
    const Json& expect = one.at("expect");
    if (vectors::dialect_of(one) == Dialect::v0_0_9) {
        const auto one_time = crypto::OneTimeKeys(key, "mac").derive(nonce);
        vectors::expect_bytes(expect.at("one_time_key"), one_time.view());
        vectors::expect_bytes(expect.at("hmac"),
                              crypto::Hmac(one_time.view()).update(message).finish().view());
    } else {
        auto mac = crypto::HmacKeyV008(key).start(nonce.size() + message.size());
        vectors::expect_bytes(expect.at("hmac"), mac.update(nonce).update(message).finish().view());
    }
}

void check_make(const Json& one) {
    const auto options = vectors::hmac_options(one.at("config"), vectors::dialect_of(one));
    if (divergence(one) == "refused") {
        EXPECT_THROW(HmacAuth{options}, std::invalid_argument);
        return;
    }
    const HmacAuth plugin(options);
    const OwnedMessage message = body_of(one);
    AuthFields fields = vectors::fields_of(one.at("fields"));
    const vectors::CaseEnvironment outside(one);
    const PluginContext context{.environment = outside.environment};
    const auto error = plugin.make(fields, message.body().encoded(), context);
    if (vectors::expects_error(one) || divergence(one) == "error") {
        EXPECT_EQ(error, Errc::auth_not_possible);
        EXPECT_TRUE(vectors::value_of(fields) == vectors::value_of(one.at("fields")));
        return;
    }
    ASSERT_FALSE(error) << error.message();
    const Json& expect = one.at("expect");
    EXPECT_TRUE(vectors::value_of(fields) == vectors::value_of(expect.at("fields")));
    std::string encoded;
    ASSERT_FALSE(fields.encode_to(encoded));
    vectors::expect_bytes(expect.at("encoded_fields"), encoded);
    EXPECT_EQ(plugin.check(fields, message.body().encoded(), context),
              expect.at("check").get<bool>());
    EXPECT_TRUE(outside.random->done());
}

void check_check(const Json& one) {
    const HmacAuth plugin(vectors::hmac_options(one.at("config"), vectors::dialect_of(one)));
    const OwnedMessage message = body_of(one);
    const vectors::CaseEnvironment outside(one);
    const bool valid = plugin.check(vectors::fields_of(one.at("fields")), message.body().encoded(),
                                    {.environment = outside.environment});
    const bool refused = vectors::expects_error(one) || divergence(one) == "invalid";
    EXPECT_EQ(valid, !refused && one.at("expect").at("valid").get<bool>());
}

void check_error_message(const Json& one) {
    const HmacAuth plugin({.secret = "test", .dialect = vectors::dialect_of(one)});
    vectors::expect_bytes(one.at("expect").at("encoded"), vectors::encode(plugin.error()));
}

TEST(HmacAuthVectors, TagsAsTheReferenceDoes) {
    vectors::for_each_case("hmac_auth", "hmac", check_hmac);
}

TEST(HmacAuthVectors, MakesTheFieldsOfTheReference) {
    vectors::for_each_case("hmac_auth", "make", check_make);
}

TEST(HmacAuthVectors, AcceptsWhatTheReferenceAccepts) {
    vectors::for_each_case("hmac_auth", "check", check_check);
}

TEST(HmacAuthVectors, TellsSendersTheSame) {
    vectors::for_each_case("hmac_auth", "error_message", check_error_message);
}

TEST(HmacAuthVectors, AreAllOfAKindThatIsTested) {
    const std::set<std::string> kinds{"hmac", "make", "check", "error_message"};
    for (const Json& one : vectors::cases("hmac_auth")) {
        EXPECT_TRUE(kinds.contains(one.at("kind").get<std::string>())) << one.at("name");
    }
}

}  // namespace
}  // namespace netaio::hmac_auth_cases
