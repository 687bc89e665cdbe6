#include <gtest/gtest.h>

#include <atomic>
#include <netaio/hmac_auth.hpp>
#include <netaio/packify.hpp>
#include <thread>

#include "support/fixed_environment.hpp"
#include "support/log_lines.hpp"
#include "wire/endian.hpp"

namespace netaio {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr Dialect dialects[] = {Dialect::v0_0_9, Dialect::v0_0_8};
constexpr ByteView body("\0\3urisome content", 17);

struct HmacAuthTest : testing::Test {
    AuthFields made(const HmacAuth& plugin, ByteView encoded_body = body) {
        AuthFields fields;
        EXPECT_FALSE(plugin.make(fields, encoded_body, context));
        return fields;
    }

    Environment environment = test::fixed_environment();
    PluginContext context{.environment = environment};
};

// The fields a dict of any values is received as.
AuthFields received(const Value& dict) {
    const std::string packed = pack(dict).value();
    AuthFields fields;
    EXPECT_FALSE(fields.parse(packed));
    return fields.clone();
}

std::string ts_bytes(std::uint32_t ts) {
    std::string bytes(4, '\0');
    wire::put_u32(bytes.data(), ts);
    return bytes;
}

std::string changed(ByteView bytes, std::size_t at) {
    std::string other = bytes.str();
    other.at(at) = static_cast<char>(other.at(at) ^ 1);
    return other;
}

TEST_F(HmacAuthTest, AcceptsWhatItMade) {
    for (const Dialect dialect : dialects) {
        const HmacAuth plugin({.secret = "test", .dialect = dialect});
        EXPECT_TRUE(plugin.check(made(plugin), body, context));
    }
}

TEST_F(HmacAuthTest, AcceptsTheSameSecretAsTextAndBytesAndOfAnyLength) {
    for (const std::string& secret : {"s"s, "\0\xff"s, std::string(1000, 's')}) {
        const HmacAuth sender({.secret = secret});
        const HmacAuth receiver({.secret = ByteView(secret)});
        EXPECT_TRUE(receiver.check(made(sender), body, context));
    }
}

TEST_F(HmacAuthTest, RefusesAnotherSecret) {
    for (const Dialect dialect : dialects) {
        const HmacAuth sender({.secret = "test", .dialect = dialect});
        const HmacAuth receiver({.secret = "tess", .dialect = dialect});
        EXPECT_FALSE(receiver.check(made(sender), body, context));
    }
}

TEST_F(HmacAuthTest, RefusesAnyChangedByteOfTheBody) {
    for (const Dialect dialect : dialects) {
        const HmacAuth plugin({.secret = "test", .dialect = dialect});
        const AuthFields fields = made(plugin);
        for (std::size_t at = 0; at < body.size(); ++at) {
            EXPECT_FALSE(plugin.check(fields, changed(body, at), context)) << at;
        }
        EXPECT_FALSE(plugin.check(fields, body.substr(1), context));
        EXPECT_FALSE(plugin.check(fields, body.str() + "x", context));
    }
}

TEST_F(HmacAuthTest, RefusesAnyChangedByteOfNonceTimestampAndTag) {
    const HmacAuth plugin({.secret = "test"});
    for (const char* name : {"nonce", "ts", "hmac"}) {
        const AuthFields fields = made(plugin);
        const std::string value = fields.bytes(name).value().str();
        for (std::size_t at = 0; at < value.size(); ++at) {
            AuthFields other = fields.clone();
            other.set(name, changed(value, at));
            EXPECT_FALSE(plugin.check(other, body, context)) << name << at;
        }
        AuthFields shorter = fields.clone();
        shorter.set(name, value.substr(1));
        EXPECT_FALSE(plugin.check(shorter, body, context)) << name;
        AuthFields missing = fields.clone();
        missing.erase(name);
        EXPECT_FALSE(plugin.check(missing, body, context)) << name;
    }
}

TEST_F(HmacAuthTest, RefusesAnotherTimestampOfTheOlderDialect) {
    const HmacAuth plugin({.secret = "test", .dialect = Dialect::v0_0_8});
    AuthFields fields = made(plugin);
    const auto ts = fields.integer("ts").value();
    for (const std::uint64_t other : {ts + 1, std::uint64_t{0}, ts + (std::uint64_t{1} << 32)}) {
        fields.set_integer("ts", other);
        EXPECT_FALSE(plugin.check(fields, body, context)) << other;
    }
    fields.set_integer("ts", ts);
    EXPECT_TRUE(plugin.check(fields, body, context));
}

TEST_F(HmacAuthTest, RefusesValuesOfTheWrongType) {
    for (const Dialect dialect : dialects) {
        const HmacAuth plugin({.secret = "test", .dialect = dialect});
        const AuthFields fields = made(plugin);
        std::string packed;
        ASSERT_FALSE(fields.encode_to(packed));
        const Value good = unpack(packed).value();
        ASSERT_TRUE(plugin.check(received(good), body, context));
        for (const char* name : {"nonce", "ts", "hmac"}) {
            for (const Value& wrong : {Value(), Value("text"), Value(-1), Value(true), Value(1.5),
                                       Value(List{1, 2}), Value(Dict{{"a", 1}})}) {
                Value dict = good;
                dict.as_dict()->set(name, wrong);
                EXPECT_FALSE(plugin.check(received(dict), body, context)) << name;
            }
        }
    }
}

// A tag covers its parts one after another without their sizes, so each must have its own.
TEST_F(HmacAuthTest, RefusesMessagesWhereABorderBetweenTheTaggedPartsWasMoved) {
    const HmacAuth plugin({.secret = "test"});
    const AuthFields fields = made(plugin);
    const std::string tagged = fields.bytes("ts").value().str() + body.str();
    for (std::size_t ts = 0; ts <= tagged.size(); ++ts) {
        AuthFields moved = fields.clone();
        moved.set("ts", ByteView(tagged).substr(0, ts));
        EXPECT_EQ(plugin.check(moved, ByteView(tagged).substr(ts), context), ts == 4) << ts;
    }
}

TEST_F(HmacAuthTest, RefusesMessagesOfTheOlderDialectWhereABorderWasMoved) {
    const HmacAuth plugin({.secret = "test", .dialect = Dialect::v0_0_8});
    const AuthFields fields = made(plugin);
    std::string tagged = fields.bytes("nonce").value().str();
    wire::put_u32(tagged.append(4, '\0').data() + 16,
                  static_cast<std::uint32_t>(fields.integer("ts").value()));
    tagged += body;
    for (std::size_t nonce = 0; nonce + 4 <= tagged.size(); ++nonce) {
        AuthFields moved = fields.clone();
        moved.set("nonce", ByteView(tagged).substr(0, nonce));
        moved.set_integer("ts", wire::get_u32(tagged.data() + nonce));
        EXPECT_EQ(plugin.check(moved, ByteView(tagged).substr(nonce + 4), context), nonce == 16)
            << nonce;
    }
}

TEST_F(HmacAuthTest, DialectsDoNotAcceptEachOther) {
    const HmacAuth newer({.secret = "test"});
    const HmacAuth older({.secret = "test", .dialect = Dialect::v0_0_8});
    EXPECT_FALSE(older.check(made(newer), body, context));
    EXPECT_FALSE(newer.check(made(older), body, context));
}

TEST_F(HmacAuthTest, SendsTheTimestampAsItsDialectDoes) {
    EXPECT_EQ(made(HmacAuth({.secret = "test"})).bytes("ts"), "\x65\x53\xf1\x00"s);
    const HmacAuth older({.secret = "test", .dialect = Dialect::v0_0_8});
    EXPECT_EQ(made(older).integer("ts"), 1'700'000'000u);
    EXPECT_FALSE(made(older).bytes("ts"));
}

TEST_F(HmacAuthTest, InnerAndOuterPluginsMayShareNonceAndTimestamp) {
    for (const Dialect dialect : dialects) {
        const HmacAuth inner({.secret = "inner", .hmac_field = "hmac2", .dialect = dialect});
        const HmacAuth outer({.secret = "outer", .dialect = dialect});
        AuthFields fields = made(inner);
        const std::string nonce = fields.bytes("nonce").value().str();
        ASSERT_FALSE(outer.make(fields, body, context));
        EXPECT_EQ(fields.bytes("nonce"), nonce);
        EXPECT_EQ(fields.size(), 4u);
        EXPECT_TRUE(outer.check(fields, body, context));
        EXPECT_TRUE(inner.check(fields, body, context));
    }
}

TEST_F(HmacAuthTest, ReplacesANonceThatIsNotSixteenBytes) {
    const HmacAuth plugin({.secret = "test"});
    for (const std::size_t size : {0u, 15u, 17u}) {
        AuthFields fields;
        fields.set("nonce", std::string(size, 'n'));
        ASSERT_FALSE(plugin.make(fields, body, context));
        EXPECT_EQ(fields.bytes("nonce").value().size(), 16u);
        EXPECT_TRUE(plugin.check(fields, body, context));
    }
}

TEST_F(HmacAuthTest, CannotMakeWithAWrongNonceOrTimestampAndLeavesTheFieldsAlone) {
    for (const Dialect dialect : dialects) {
        const HmacAuth plugin({.secret = "test", .dialect = dialect});
        for (const Value& dict :
             {Value(Dict{{"ts", "text"}}), Value(Dict{{"ts", -1}}), Value(Dict{{"ts", 1LL << 32}}),
              Value(Dict{{"ts", Bytes("\0\0\0\0\1"s)}}), Value(Dict{{"ts", Bytes("\0\0\1"s)}}),
              Value(Dict{{"ts", Bytes(""s)}}), Value(Dict{{"nonce", 5}})}) {
            AuthFields fields = received(dict);
            EXPECT_EQ(plugin.make(fields, body, context), Errc::auth_not_possible);
            std::string packed;
            ASSERT_FALSE(fields.encode_to(packed));
            EXPECT_EQ(packed, pack(dict).value());
        }
    }
}

TEST_F(HmacAuthTest, KeepsOtherFieldsAndReplacesAnOldTag) {
    const HmacAuth plugin({.secret = "test"});
    AuthFields fields;
    fields.set("iv", "vector");
    fields.set("hmac", "old");
    ASSERT_FALSE(plugin.make(fields, body, context));
    EXPECT_EQ(fields.bytes("iv"), "vector");
    EXPECT_EQ(fields.size(), 4u);
    EXPECT_TRUE(plugin.check(fields, body, context));
}

TEST_F(HmacAuthTest, DrawsNothingButTheNonce) {
    const auto random =
        std::make_shared<test::ScriptedRandom>(std::vector<std::string>{"0123456789abcdef"});
    environment.random = random;
    EXPECT_EQ(made(HmacAuth({.secret = "test"})).bytes("nonce"), "0123456789abcdef");
    EXPECT_TRUE(random->done());
}

TEST_F(HmacAuthTest, TellsSendersThatAuthenticationFailed) {
    const OwnedMessage error = HmacAuth({.secret = "test"}).error();
    EXPECT_EQ(error.type(), MessageType::auth_error);
    EXPECT_EQ(error.uri(), "ERROR");
    EXPECT_EQ(error.content(), "HMAC auth failed");
    EXPECT_FALSE(HmacAuth({.secret = "test"}).is_peer_specific());
}

// What a plugin says of who sent fields that it accepts.
std::string who_sent(const HmacAuth& plugin, const AuthFields& fields,
                     const Environment& environment) {
    Verdict verdict;
    const PluginContext context{.environment = environment, .verdict = &verdict};
    return plugin.check(fields, body, context) ? verdict.who.str() : "refused";
}

TEST_F(HmacAuthTest, VouchesByTheNameOfTheSecret) {
    const HmacAuth one({.secret = "one"});
    const HmacAuth two({.secrets = {{"second", "two"}}});
    const HmacAuth both({.secret = "one", .secrets = {{"second", "two"}}});
    EXPECT_EQ(who_sent(one, made(one), environment), "hmac:default");
    EXPECT_EQ(who_sent(both, made(one), environment), "hmac:default");
    EXPECT_EQ(who_sent(both, made(two), environment), "hmac:second");
    EXPECT_EQ(who_sent(two, made(one), environment), "refused");
}

TEST_F(HmacAuthTest, AcceptsAllItsSecretsAndNoOther) {
    for (const Dialect dialect : dialects) {
        const HmacAuth all(
            {.secrets = {{"a", "one"}, {"b", "two"}, {"c", "three"}}, .dialect = dialect});
        for (const char* secret : {"one", "two", "three"}) {
            const HmacAuth sender({.secret = secret, .dialect = dialect});
            EXPECT_TRUE(all.check(made(sender), body, context)) << secret;
        }
        const HmacAuth stranger({.secret = "four", .dialect = dialect});
        EXPECT_EQ(who_sent(all, made(stranger), environment), "refused");
    }
}

TEST_F(HmacAuthTest, MakesWithTheSecretThatItsReceiverUsedElseTheFirst) {
    const HmacAuth both({.secrets = {{"new", "two"}, {"old", "one"}}});
    const auto made_for = [&](const Identities* who) {
        AuthFields fields;
        EXPECT_FALSE(both.make(fields, body, {.environment = environment, .who = who}));
        return who_sent(both, fields, environment);
    };
    const Identities old = Identity{"hmac", "old"};
    const Identities gone = Identity{"hmac", "older"};
    const Identities other_kind = Identity{"key", "old"};
    const Identities several = {{"key", "ab"}, {"hmac", "gone"}, {"hmac", "old"}};
    EXPECT_EQ(made_for(nullptr), "hmac:new");
    EXPECT_EQ(made_for(&old), "hmac:old");
    EXPECT_EQ(made_for(&gone), "hmac:new");
    EXPECT_EQ(made_for(&other_kind), "hmac:new");
    EXPECT_EQ(made_for(&several), "hmac:old");
}

TEST_F(HmacAuthTest, DependsOnTheReceiverOnlyWithSeveralSecrets) {
    EXPECT_FALSE(HmacAuth({.secrets = {{"a", "one"}}}).is_peer_specific());
    EXPECT_TRUE(HmacAuth({.secret = "one", .secrets = {{"a", "two"}}}).is_peer_specific());
}

// The text of the std::invalid_argument that options cause.
std::string refusal(HmacOptions options) {
    try {
        const HmacAuth plugin(std::move(options));
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

TEST_F(HmacAuthTest, RefusesOptionsThatCannotWork) {
    EXPECT_EQ(refusal({}), "HmacOptions::secret is empty: give both ends the same secret");
    EXPECT_EQ(refusal({.secrets = {{"", "one"}}}),
              "one of HmacOptions::secrets has no name: give each one of its own");
    EXPECT_EQ(refusal({.secrets = {{"a", ""}}}),
              "'a' of HmacOptions::secrets is empty: give both ends the same secret");
    EXPECT_EQ(
        refusal({.secrets = {{"a", "one"}, {"a", "two"}}}),
        "two of HmacOptions::secrets are named 'a': give each a name of its own; 'default' is "
        "that of HmacOptions::secret");
    EXPECT_NE(refusal({.secret = "one", .secrets = {{"default", "two"}}}), "");
    EXPECT_TRUE(refusal({.secret = "one", .secrets = {{"b", "two"}, {"c", "one"}}})
                    .starts_with("'default' and 'c' have the same secret"));
    EXPECT_EQ(refusal({.secret = "test", .hmac_field = ""}),
              "a field of HmacOptions has no name: leave it at its default");
    constexpr auto shared =
        "two fields of HmacOptions share a name: tag, nonce and timestamp need one each";
    EXPECT_EQ(refusal({.secret = "test", .hmac_field = "nonce"}), shared);
    EXPECT_EQ(refusal({.secret = "test", .hmac_field = "ts"}), shared);
    EXPECT_EQ(refusal({.secret = "test", .nonce_field = "ts"}), shared);
}

TEST_F(HmacAuthTest, ServesSeveralThreadsAtOnce) {
    const auto plugin = hmac_auth({.secret = "test"});
    const Environment outside;
    std::atomic<int> accepted = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            const std::string mine = body.str() + std::to_string(i);
            for (int round = 0; round < 250; ++round) {
                AuthFields fields;
                const PluginContext own{.environment = outside};
                const bool failed = static_cast<bool>(plugin->make(fields, mine, own));
                accepted += !failed && plugin->check(fields, mine, own) ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(accepted, 1000);
}

TEST(AuthPlugin, TellsSendersThatAuthenticationFailedUnlessItSaysMore) {
    struct Silent final : AuthPlugin {
        std::error_code make(AuthFields&, ByteView, const PluginContext&) const override {
            return {};
        }
        bool check(const AuthFields&, ByteView, const PluginContext&) const override {
            return true;
        }
    };
    EXPECT_EQ(Silent().error().type(), MessageType::auth_error);
    EXPECT_EQ(Silent().error().content(), "auth failed");
}

struct FreshHmacAuthTest : HmacAuthTest {
    HmacOptions options(Dialect dialect = Dialect::v0_0_9) const {
        return {.secret = "test", .dialect = dialect, .max_age = 2min, .seen = seen};
    }
    // What a plugin says of the fields, as the dispatcher asks.
    Verdict refused(const HmacAuth& plugin, const AuthFields& fields, ByteView encoded_body = body,
                    std::uint64_t node = 0) const {
        Verdict verdict;
        PluginContext asked = context;
        asked.verdict = &verdict;
        asked.node = node;
        if (plugin.check(fields, encoded_body, asked)) {
            verdict.why = {};
        }
        return verdict;
    }

    std::shared_ptr<test::FixedClock> clock = std::make_shared<test::FixedClock>();
    std::shared_ptr<SeenMessages> seen = std::make_shared<SeenMessages>(
        SeenOptions{.ran_before = false, .environment = {.clock = clock}});
};

constexpr Errc passes{};

TEST_F(FreshHmacAuthTest, TakesAMessageOnceInBothDialects) {
    for (const Dialect dialect : dialects) {
        const HmacAuth plugin(options(dialect));
        const AuthFields first = made(plugin);
        EXPECT_EQ(refused(plugin, first).why, passes);
        const Verdict again = refused(plugin, first);
        EXPECT_EQ(again.why, Errc::replayed);
        EXPECT_TRUE(again.copy);
        EXPECT_EQ(refused(plugin, made(plugin)).why, passes) << "the same with another nonce";
        clock->advance(6s);
        EXPECT_FALSE(refused(plugin, first).copy);
        clock->advance(-6s);
    }
}

TEST_F(FreshHmacAuthTest, SaysByHowMuchTheClocksDiffer) {
    const HmacAuth plugin(options());
    AuthFields old;
    old.set("ts", ts_bytes(1'700'000'000 - 193));
    EXPECT_FALSE(plugin.make(old, body, context));
    const Verdict stale = refused(plugin, old);
    EXPECT_EQ(stale.why, Errc::stale);
    EXPECT_NE(stale.says.find("193 s older than the clock here (120 s at most)"), std::string::npos)
        << stale.says;
    AuthFields ahead;
    ahead.set("ts", ts_bytes(1'700'000'000 + 25));
    EXPECT_FALSE(plugin.make(ahead, body, context));
    EXPECT_NE(refused(plugin, ahead).says.find("25 s ahead of the clock here (10 s at most)"),
              std::string::npos);
}

TEST_F(FreshHmacAuthTest, IsFilledByNobodyWithoutTheSecret) {
    const HmacAuth plugin(options());
    const AuthFields forged = made(HmacAuth({.secret = "another"}));
    EXPECT_EQ(refused(plugin, forged).why, Errc::auth_failed);
    AuthFields old;
    old.set("ts", ts_bytes(1));
    EXPECT_FALSE(HmacAuth({.secret = "another"}).make(old, body, context));
    EXPECT_EQ(refused(plugin, old).why, Errc::auth_failed);
    EXPECT_EQ(seen->size(), 0u);
}

TEST_F(FreshHmacAuthTest, IsNotFooledByWhatTheTagDoesNotCover) {
    const HmacAuth plugin(options());
    AuthFields fields = made(plugin);
    EXPECT_EQ(refused(plugin, fields).why, passes);
    fields.set("more", "anything");
    fields.set_integer("number", 7);
    EXPECT_EQ(refused(plugin, fields).why, Errc::replayed);
    const std::uint32_t ts = wire::get_u32(fields.bytes("ts")->data());
    fields.set_integer("ts", ts);
    EXPECT_EQ(refused(plugin, fields).why, Errc::replayed) << "the same timestamp as a number";
}

TEST_F(FreshHmacAuthTest, TellsNodesAndFieldsThatShareATableApart) {
    const HmacAuth plugin(options());
    HmacOptions inner = options();
    inner.hmac_field = "inner";
    const HmacAuth another(inner);
    AuthFields fields = made(plugin);
    EXPECT_FALSE(another.make(fields, body, context));
    EXPECT_EQ(refused(plugin, fields, body, 1).why, passes);
    EXPECT_EQ(refused(another, fields, body, 1).why, passes);
    EXPECT_EQ(refused(plugin, fields, body, 2).why, passes);
    EXPECT_EQ(refused(plugin, fields, body, 2).why, Errc::replayed);
    EXPECT_EQ(refused(HmacAuth(options()), fields, body, 1).why, Errc::replayed)
        << "a plugin that takes the place of another with its table";
}

TEST_F(FreshHmacAuthTest, TellsOfASharedTableThatHadToForget) {
    HmacOptions small = options();
    small.seen = std::make_shared<SeenMessages>(
        SeenOptions{.bytes_max = 4096, .ran_before = false, .environment = {.clock = clock}});
    test::LogLines lines;
    environment.log = lines.log(LogLevel::warning);
    const HmacAuth plugin(small);
    int forgot = 0;
    for (int i = 0; i < 1000; ++i) {
        forgot += refused(plugin, made(plugin)).forgot;
    }
    EXPECT_GT(forgot, 0);
    EXPECT_EQ(lines.all().size(), 1u);
    EXPECT_TRUE(lines.contains("faster than they can be remembered"));
}

TEST_F(FreshHmacAuthTest, IsOffByDefaultAndRefusesTimesThatMakeNoSense) {
    const HmacAuth plugin({.secret = "test"});
    const AuthFields fields = made(plugin);
    EXPECT_EQ(refused(plugin, fields).why, passes);
    EXPECT_EQ(refused(plugin, fields).why, passes);
    EXPECT_THROW(HmacAuth({.secret = "test", .max_age = 0ms}), std::invalid_argument);
    EXPECT_THROW(HmacAuth({.secret = "test", .max_age = -1ms}), std::invalid_argument);
}

TEST_F(FreshHmacAuthTest, WithoutATableOfItsUserRefusesWhatIsDatedAboutItsStart) {
    const HmacAuth plugin({.secret = "test", .max_age = 2min});
    Environment now;
    const PluginContext real{.environment = now};
    AuthFields fields;
    EXPECT_FALSE(plugin.make(fields, body, real));
    const Verdict verdict = refused(plugin, fields);
    EXPECT_EQ(verdict.why, Errc::stale);
    EXPECT_NE(verdict.says.find("too old to be told from a replay"), std::string::npos)
        << verdict.says;
}

}  // namespace
}  // namespace netaio
