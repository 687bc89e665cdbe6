#include <gtest/gtest.h>

#include <atomic>
#include <netaio/make.hpp>
#include <netaio/packify.hpp>
#include <netaio/stream_cipher.hpp>
#include <thread>

#include "support/fixed_environment.hpp"

namespace netaio::stream_cipher_tests {
namespace {

constexpr Dialect dialects[] = {Dialect::v0_0_9, Dialect::v0_0_8};

struct StreamCipherTest : testing::Test {
    OwnedMessage encrypted(const Sha256StreamCipher& plugin, ByteView uri, ByteView content) {
        OwnedMessage message = publish(uri, content);
        EXPECT_FALSE(plugin.encrypt(message.body(), message.auth(), context));
        return message;
    }
    std::error_code decrypt(const Sha256StreamCipher& plugin, Message& message) {
        return plugin.decrypt(message.body(), message.auth(), context);
    }

    Environment environment = test::fixed_environment();
    PluginContext context{.environment = environment};
};

void script(Environment& environment, std::uint32_t split) {
    environment.random = std::make_shared<test::ScriptedRandom>(std::vector{std::string(16, 'i')},
                                                                std::vector{split});
}

TEST_F(StreamCipherTest, DecryptsWhatItEncrypted) {
    for (const Dialect dialect : dialects) {
        for (const bool encrypt_uri : {true, false}) {
            const Sha256StreamCipher plugin(
                {.key = "key", .encrypt_uri = encrypt_uri, .dialect = dialect});
            for (const std::size_t size : {0u, 1u, 100u, 65'000u}) {
                const std::string content(size, 'c');
                OwnedMessage message = encrypted(plugin, "uri", content);
                EXPECT_EQ(message.uri() == "uri", !encrypt_uri);
                EXPECT_TRUE(size == 0 || message.content() != content);
                ASSERT_FALSE(decrypt(plugin, message));
                EXPECT_EQ(message.uri(), "uri");
                EXPECT_EQ(message.content(), content);
            }
        }
    }
}

TEST_F(StreamCipherTest, EncryptsAnEmptyMessageToTwoBytes) {
    const Sha256StreamCipher plugin({.key = "key"});
    for (int i = 0; i < 2; ++i) {
        OwnedMessage message;
        ASSERT_FALSE(plugin.encrypt(message.body(), message.auth(), context));
        EXPECT_EQ(message.uri().size(), 1u);
        EXPECT_EQ(message.content().size(), 1u);
        ASSERT_FALSE(decrypt(plugin, message));
        EXPECT_EQ(message.body().encoded(), ByteView("\0\0", 2));
        EXPECT_EQ(OwnedMessage().body().encoded(), ByteView("\0\0", 2));
    }
}

TEST_F(StreamCipherTest, SplitsTheCiphertextAnywhereBetweenItsEnds) {
    const Sha256StreamCipher plugin({.key = "key"});
    for (const std::uint32_t split : {1u, 2u, 9u, 10u}) {
        script(environment, split);
        OwnedMessage message = encrypted(plugin, "uri", "123456");
        EXPECT_EQ(message.uri().size(), split);
        EXPECT_EQ(message.content().size(), 11 - split);
        ASSERT_FALSE(decrypt(plugin, message));
        EXPECT_EQ(message.content(), "123456");
    }
    script(environment, 11);
    OwnedMessage message = publish("uri", "123456");
    EXPECT_THROW(static_cast<void>(plugin.encrypt(message.body(), message.auth(), context)),
                 std::logic_error);
}

TEST_F(StreamCipherTest, ReplacesAnOldVectorAndKeepsOtherFields) {
    const Sha256StreamCipher plugin({.key = "key"});
    OwnedMessage message = publish("uri", "content");
    message.auth().set("iv", "old");
    message.auth().set("nonce", "kept");
    ASSERT_FALSE(plugin.encrypt(message.body(), message.auth(), context));
    EXPECT_EQ(message.auth().bytes("iv").value().size(), 16u);
    EXPECT_EQ(message.auth().bytes("nonce"), "kept");
    ASSERT_FALSE(decrypt(plugin, message));
    EXPECT_EQ(message.content(), "content");
}

TEST_F(StreamCipherTest, InnerAndOuterCiphersUndoEachOtherInReverse) {
    for (const bool hidden : {true, false}) {
        const Sha256StreamCipher inner({.key = "inner", .iv_field = "iv2", .encrypt_uri = hidden});
        const Sha256StreamCipher outer({.key = "outer"});
        OwnedMessage message = encrypted(inner, "uri", "content");
        ASSERT_FALSE(outer.encrypt(message.body(), message.auth(), context));
        ASSERT_FALSE(decrypt(outer, message));
        ASSERT_FALSE(decrypt(inner, message));
        EXPECT_EQ(message.uri(), "uri");
        EXPECT_EQ(message.content(), "content");
    }
}

TEST_F(StreamCipherTest, AWrongKeyGivesGarbageAndNoFailure) {
    const Sha256StreamCipher plugin({.key = "key"});
    const Sha256StreamCipher other({.key = "other"});
    OwnedMessage message = encrypted(plugin, "uri", "content");
    EXPECT_FALSE(decrypt(other, message));
    EXPECT_NE(message.content(), "content");
}

TEST_F(StreamCipherTest, DialectsDoNotReadEachOther) {
    const Sha256StreamCipher newer({.key = "key", .encrypt_uri = false});
    const Sha256StreamCipher older(
        {.key = "key", .encrypt_uri = false, .dialect = Dialect::v0_0_8});
    OwnedMessage message = encrypted(newer, "uri", "content");
    EXPECT_FALSE(decrypt(older, message));
    EXPECT_NE(message.content(), "content");
}

TEST_F(StreamCipherTest, DecryptsInTheBufferTheMessageLiesIn) {
    const Sha256StreamCipher plugin({.key = "key"});
    const OwnedMessage message = encrypted(plugin, "uri", "content");
    std::string buffer = message.body().encoded().str();
    Body body = Body::over(buffer).value();
    ASSERT_FALSE(plugin.decrypt(body, message.auth(), context));
    EXPECT_EQ(body.content(), "content");
    EXPECT_FALSE(body.owns());
}

TEST_F(StreamCipherTest, FailsWithoutAVectorOrWithAWronglyTypedOne) {
    const Sha256StreamCipher plugin({.key = "key"});
    for (const Value& dict :
         {Value(Dict{}), Value(Dict{{"iv2", Bytes("vector")}}), Value(Dict{{"iv", "text"}}),
          Value(Dict{{"iv", 5}}), Value(Dict{{"iv", Value()}})}) {
        const std::string packed = pack(dict).value();
        OwnedMessage message = publish("uri", "content");
        ASSERT_FALSE(message.auth().parse(packed));
        EXPECT_EQ(decrypt(plugin, message), Errc::decrypt_failed);
    }
}

TEST_F(StreamCipherTest, EncryptsUpToTheSizeRuleAndLeavesLargerBodiesAlone) {
    const Sha256StreamCipher hiding({.key = "key"});
    const Sha256StreamCipher open({.key = "key", .encrypt_uri = false});
    const std::string largest(Body::payload_max - 3, 'c');
    EXPECT_FALSE(
        hiding.encrypt(publish("uri", largest.substr(2)).body(), publish("", "").auth(), context));
    EXPECT_FALSE(open.encrypt(publish("uri", largest).body(), publish("", "").auth(), context));

    OwnedMessage message = publish("uri", largest.substr(1));
    EXPECT_EQ(hiding.encrypt(message.body(), message.auth(), context), Errc::too_large);
    EXPECT_EQ(message.uri(), "uri");
    EXPECT_EQ(message.content(), largest.substr(1));
    EXPECT_TRUE(message.auth().empty());
}

TEST_F(StreamCipherTest, FailsToDecryptToMoreThanTheSizeRuleAllows) {
    const auto decrypted = [&](bool encrypt_uri, std::size_t content_size) {
        const Sha256StreamCipher plugin({.key = "key", .encrypt_uri = encrypt_uri});
        std::string buffer = std::string("\0\1u", 3) + std::string(content_size, 'c');
        Body body = Body::over(buffer).value();
        AuthFields fields;
        fields.set("iv", "vector");
        return plugin.decrypt(body, fields, context);
    };
    EXPECT_FALSE(decrypted(false, Body::payload_max - 1));
    EXPECT_EQ(decrypted(false, Body::payload_max), Errc::decrypt_failed);
    EXPECT_FALSE(decrypted(true, Body::payload_max + 1));
    EXPECT_EQ(decrypted(true, Body::payload_max + 2), Errc::decrypt_failed);
}

TEST_F(StreamCipherTest, SaysWhetherItHidesTheUri) {
    EXPECT_TRUE(Sha256StreamCipher({.key = "key"}).hides_uri());
    EXPECT_FALSE(Sha256StreamCipher({.key = "key", .encrypt_uri = false}).hides_uri());
    EXPECT_FALSE(Sha256StreamCipher({.key = "key"}).is_peer_specific());
}

TEST_F(StreamCipherTest, TakesTheKeyNamedAsTheSecretThatMatched) {
    const Sha256StreamCipher both({.keys = {{"new", "two"}, {"old", "one"}}});
    EXPECT_TRUE(both.is_peer_specific());
    const Identities old = Identity{"hmac", "old"};
    const auto read_by = [&](const char* key, const Identities* who) {
        OwnedMessage message = publish("uri", "content");
        const PluginContext known{.environment = environment, .who = who};
        EXPECT_FALSE(both.encrypt(message.body(), message.auth(), known));
        OwnedMessage back = message.own();
        EXPECT_FALSE(both.decrypt(back.body(), back.auth(), known));
        EXPECT_EQ(back.content(), "content");
        return !decrypt(Sha256StreamCipher({.key = key}), message) &&
               message.content() == ByteView("content");
    };
    EXPECT_TRUE(read_by("one", &old));
    EXPECT_TRUE(read_by("two", nullptr));
    EXPECT_FALSE(read_by("one", nullptr));
}

TEST_F(StreamCipherTest, ReadsNoNoiseWhereTheSecretThatMatchedHasNoKey) {
    const Sha256StreamCipher both({.keys = {{"new", "two"}, {"old", "one"}}});
    const Identities other = Identity{"hmac", "other"};
    const PluginContext known{.environment = environment, .who = &other};
    OwnedMessage message = publish("uri", "content");
    EXPECT_EQ(both.encrypt(message.body(), message.auth(), known), Errc::encrypt_failed);
    ASSERT_FALSE(both.encrypt(message.body(), message.auth(), {.environment = environment}));
    EXPECT_EQ(both.decrypt(message.body(), message.auth(), known), Errc::decrypt_failed);
}

// The text of the std::invalid_argument that options cause.
std::string refusal(StreamCipherOptions options) {
    try {
        const Sha256StreamCipher plugin(std::move(options));
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

TEST_F(StreamCipherTest, RefusesOptionsThatCannotWork) {
    EXPECT_EQ(refusal({}), "StreamCipherOptions::key is empty: give both ends the same key");
    EXPECT_EQ(refusal({.keys = {{"a", "one"}, {"a", "two"}}}),
              "two of StreamCipherOptions::keys are named 'a': give each a name of its own; "
              "'default' is that of StreamCipherOptions::key");
    EXPECT_EQ(refusal({.key = "key", .iv_field = ""}),
              "StreamCipherOptions::iv_field is empty: leave it at its default");
}

TEST_F(StreamCipherTest, ServesSeveralThreadsAtOnce) {
    const auto plugin = stream_cipher({.key = "key"});
    const Environment outside;
    std::atomic<int> read = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            const PluginContext own{.environment = outside};
            for (int round = 0; round < 250; ++round) {
                const std::string content(static_cast<std::size_t>(i * 100 + round), 'c');
                OwnedMessage message = publish("uri", content);
                const bool failed = plugin->encrypt(message.body(), message.auth(), own) ||
                                    plugin->decrypt(message.body(), message.auth(), own);
                read += !failed && message.content() == content ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(read, 1000);
}

}  // namespace
}  // namespace netaio::stream_cipher_tests
