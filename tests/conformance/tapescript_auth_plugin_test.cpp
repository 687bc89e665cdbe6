#include <gtest/gtest.h>

#include <netaio/default_peer.hpp>
#include <netaio/tapescript_auth.hpp>

#include "cases.hpp"
#include "tapescript_auth_makers.hpp"

namespace netaio::tapescript_auth_plugin_cases {
namespace {

using vectors::Json;

std::string_view divergence(const Json& one) {
    return vectors::divergence("tapescript_auth", one);
}

TapescriptOptions options_of(const Json& one) {
    const Json& config = one.at("config");
    TapescriptOptions options{
        .lock = {{}, vectors::raw(*vectors::config_field(config, "lock"))},
        .seed = vectors::raw(*vectors::config_field(config, "seed")),
        .dialect = vectors::dialect_of(one),
    };
    const auto name = [&](std::string_view field, std::string& value) {
        const Json* given = vectors::config_field(config, field);
        if (given) value = given->at("v").get<std::string>();
    };
    name("witness_field", options.witness_field);
    name("nonce_field", options.nonce_field);
    name("ts_field", options.ts_field);
    if (const Json* use = vectors::config_field(config, "use_peer_lock")) {
        options.use_peer_lock = use->at("v").get<bool>();
    }
    return options;
}

OwnedMessage body_of(const Json& one) {
    return {MessageType::request_uri, vectors::bytes_field(one.at("uri")),
            vectors::bytes_field(one.at("content"))};
}

// The peer of a case and how it is read; no peer for most.
struct Other {
    explicit Other(const Json& one) {
        if (const auto given = one.find("peer"); given != one.end() && !given->is_null()) {
            const Json& data = given->at("data");
            peer = Peer{.id = "p", .data = data.at("t") == "none" ? "" : vectors::raw(data)};
        }
        has_plugin = one.value("peer_plugin", true);
    }

    PluginContext context(const Environment& environment) const {
        return {.environment = environment,
                .peer = peer ? &*peer : nullptr,
                .peer_plugin = has_plugin ? &plugin : nullptr};
    }

    std::optional<Peer> peer;
    DefaultPeer plugin;
    bool has_plugin = true;
};

void check_make(const Json& one) {
    const bool short_seed = vectors::raw(*vectors::config_field(one.at("config"), "seed")).size() !=
                            tapescript::SigningKey::seed_size;
    if (short_seed) {
        EXPECT_THROW(TapescriptAuth{options_of(one)}, std::invalid_argument);
        return;
    }
    const TapescriptAuth plugin(options_of(one));
    const OwnedMessage message = body_of(one);
    AuthFields fields = vectors::fields_of(one.at("fields"));
    if (divergence(one) == "replaced") {
        const Environment environment;
        const PluginContext context{.environment = environment};
        ASSERT_FALSE(plugin.make(fields, message.body().encoded(), context));
        EXPECT_EQ(fields.bytes("nonce").value().size(), 16u);
        EXPECT_TRUE(plugin.check(fields, message.body().encoded(), context));
        return;
    }
    const vectors::CaseEnvironment outside(one);
    const PluginContext context{.environment = outside.environment};
    const auto error = plugin.make(fields, message.body().encoded(), context);
    if (vectors::expects_error(one) || divergence(one) == "error") {
        EXPECT_TRUE(error == Errc::auth_not_possible || error == Errc::too_large);
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
}

void check_check(const Json& one) {
    const TapescriptAuth plugin(options_of(one));
    const OwnedMessage message = body_of(one);
    const vectors::CaseEnvironment outside(one);
    const Other other(one);
    const bool valid = plugin.check(vectors::fields_of(one.at("fields")), message.body().encoded(),
                                    other.context(outside.environment));
    const bool refused = vectors::expects_error(one) || divergence(one) == "invalid";
    EXPECT_EQ(valid, !refused && one.at("expect").at("valid").get<bool>());
}

void check_error_message(const Json& one) {
    const TapescriptAuth plugin(
        {.lock = {{}, "\x01"}, .seed = std::string(32, 's'), .dialect = vectors::dialect_of(one)});
    vectors::expect_bytes(one.at("expect").at("encoded"), vectors::encode(plugin.error()));
}

TEST(TapescriptAuthPluginVectors, MakesTheFieldsOfTheReference) {
    vectors::for_each_case("tapescript_auth", "plugin_make", check_make);
}

TEST(TapescriptAuthPluginVectors, AcceptsWhatTheReferenceAccepts) {
    vectors::for_each_case("tapescript_auth", "plugin_check", check_check);
}

TEST(TapescriptAuthPluginVectors, TellsSendersTheSame) {
    vectors::for_each_case("tapescript_auth", "plugin_error", check_error_message);
}

}  // namespace
}  // namespace netaio::tapescript_auth_plugin_cases
