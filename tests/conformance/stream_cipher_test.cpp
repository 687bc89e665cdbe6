#include <gtest/gtest.h>

#include <netaio/stream_cipher.hpp>
#include <optional>
#include <set>

#include "cases.hpp"
#include "crypto/hmac.hpp"
#include "crypto/keystream.hpp"
#include "crypto/memory.hpp"

namespace netaio::stream_cipher_cases {
namespace {

using vectors::Json;

constexpr std::size_t iv_size = 16;

std::string_view divergence(const Json& one) {
    return vectors::divergence("stream_cipher", one);
}

std::string hex_field(const Json& one, const char* name) {
    return vectors::from_hex(one.at(name).get<std::string>());
}

std::string symcrypt(Dialect dialect, ByteView key, ByteView iv, std::string data) {
    if (dialect == Dialect::v0_0_9) {
        crypto::xor_keystream({crypto::OneTimeKeys(key, "enc").derive(iv).view()}, data);
    } else {
        crypto::xor_keystream({iv, key}, data);
    }
    return data;
}

std::string tag(Dialect dialect, ByteView key, ByteView iv, ByteView data) {
    if (dialect == Dialect::v0_0_9) {
        const auto one_time = crypto::OneTimeKeys(key, "mac").derive(iv);
        return crypto::Hmac(one_time.view()).update(data).finish().view().str();
    }
    return crypto::HmacKeyV008(key).start(data.size()).update(data).finish().view().str();
}

std::string seal(Dialect dialect, ByteView key, ByteView iv, const std::string& plaintext) {
    const std::string ciphertext = symcrypt(dialect, key, iv, plaintext);
    return iv.str() + tag(dialect, key, iv, ciphertext) + ciphertext;
}

std::optional<std::string> unseal(Dialect dialect, ByteView key, ByteView sealed) {
    if (sealed.size() < iv_size + crypto::Digest::size) return std::nullopt;
    const ByteView iv = sealed.substr(0, iv_size);
    const ByteView ciphertext = sealed.substr(iv_size + crypto::Digest::size);
    if (!crypto::constant_time_equal(tag(dialect, key, iv, ciphertext),
                                     sealed.substr(iv_size, crypto::Digest::size))) {
        return std::nullopt;
    }
    return symcrypt(dialect, key, iv, ciphertext.str());
}

void check_keystream(const Json& one) {
    const auto start = one.at("start").get<std::size_t>();
    const auto length = one.at("length").get<std::size_t>();
    const std::string stream = symcrypt(vectors::dialect_of(one), hex_field(one, "key"),
                                        hex_field(one, "iv"), std::string(start + length, '\0'));
    vectors::expect_bytes(one.at("expect").at("keystream"), ByteView(stream).substr(start));
}

void check_symcrypt(const Json& one) {
    vectors::expect_bytes(one.at("expect"), symcrypt(vectors::dialect_of(one),
                                                     hex_field(one, "key"), hex_field(one, "iv"),
                                                     vectors::bytes_field(one.at("plaintext"))));
}

void check_seal(const Json& one) {
    const auto iv = vectors::from_hex(one.at("env").at("random").at(0).get<std::string>());
    vectors::expect_bytes(one.at("expect").at("sealed"),
                          seal(vectors::dialect_of(one), hex_field(one, "key"), iv,
                               vectors::bytes_field(one.at("plaintext"))));
}

void check_unseal(const Json& one) {
    const auto plaintext =
        unseal(vectors::dialect_of(one), hex_field(one, "key"), hex_field(one, "sealed"));
    if (vectors::expects_error(one)) {
        EXPECT_FALSE(plaintext);
        return;
    }
    ASSERT_TRUE(plaintext);
    vectors::expect_bytes(one.at("expect").at("plaintext"), *plaintext);
}

void check_encrypt(const Json& one) {
    const auto options = vectors::stream_options(one.at("config"), vectors::dialect_of(one));
    if (divergence(one) == "refused") {
        EXPECT_THROW(Sha256StreamCipher{options}, std::invalid_argument);
        return;
    }
    const Sha256StreamCipher plugin(options);
    const vectors::CaseEnvironment outside(one);
    const PluginContext context{.environment = outside.environment};
    OwnedMessage message = vectors::message_of(one.at("message"));
    const auto error = plugin.encrypt(message.body(), message.auth(), context);
    if (vectors::expects_error(one)) {
        EXPECT_EQ(error, Errc::too_large);
        return;
    }
    ASSERT_FALSE(error) << error.message();
    vectors::expect_bytes(one.at("expect").at("encoded"), vectors::encode(message));
    EXPECT_TRUE(outside.random->done());

    ASSERT_TRUE(one.at("expect").at("roundtrip").get<bool>());
    ASSERT_FALSE(plugin.decrypt(message.body(), message.auth(), context));
    const OwnedMessage original = vectors::message_of(one.at("message"));
    EXPECT_EQ(message.uri(), original.uri());
    EXPECT_EQ(message.content(), original.content());
}

void check_decrypt(const Json& one) {
    const auto options = vectors::stream_options(one.at("config"), vectors::dialect_of(one));
    if (divergence(one) == "refused") {
        EXPECT_THROW(Sha256StreamCipher{options}, std::invalid_argument);
        return;
    }
    const vectors::CaseEnvironment outside(one);
    OwnedMessage message = vectors::decode(vectors::bytes_field(one.at("encoded")));
    const auto error = Sha256StreamCipher(options).decrypt(message.body(), message.auth(),
                                                           {.environment = outside.environment});
    if (vectors::expects_error(one)) {
        EXPECT_EQ(error, Errc::decrypt_failed);
        return;
    }
    ASSERT_FALSE(error) << error.message();
    vectors::expect_message(one.at("expect").at("message"), message);
}

struct Layers {
    explicit Layers(const Json& one) {
        const Dialect dialect = vectors::dialect_of(one);
        const auto plugin = [&](const char* name) { return one.value(name, Json()); };
        inner = {.auth = vectors::auth_plugin(plugin("inner_auth"), dialect),
                 .cipher = vectors::cipher_plugin(plugin("inner_cipher"), dialect)};
        outer = {.auth = vectors::auth_plugin(plugin("outer_auth"), dialect),
                 .cipher = vectors::cipher_plugin(plugin("outer_cipher"), dialect)};
    }

    Plugins inner;
    Plugins outer;
};

void check_layers_encrypt(const Json& one) {
    const Layers layers(one);
    const vectors::CaseEnvironment outside(one);
    const PluginContext context{.environment = outside.environment};
    OwnedMessage message = vectors::message_of(one.at("message"));
    for (const Plugins& layer : {layers.inner, layers.outer}) {
        if (layer.cipher) {
            ASSERT_FALSE(layer.cipher->encrypt(message.body(), message.auth(), context));
        }
        if (layer.auth) {
            ASSERT_FALSE(layer.auth->make(message.auth(), message.body().encoded(), context));
        }
    }
    vectors::expect_bytes(one.at("expect").at("encoded"), vectors::encode(message));
    EXPECT_TRUE(outside.random->done());
}

// Compares step for step what the layers do with a message; an error ends them.
class Receiver {
public:
    explicit Receiver(const Json& one)
        : message_(vectors::decode(vectors::bytes_field(one.at("encoded")))),
          steps_(one.at("expect").value("steps", Json::array())) {}

    // Whether the next step can be taken.
    bool check(const AuthPlugin* plugin, const char* stage) {
        if (!plugin) return true;
        const bool valid = plugin->check(message_.auth(), message_.body().encoded(), context_);
        if (!steps_.empty()) {
            EXPECT_EQ(valid, next_step(stage).get<bool>());
        }
        return valid;
    }
    bool decrypt(const CipherPlugin* plugin, const char* stage) {
        if (!plugin) return true;
        error_ = plugin->decrypt(message_.body(), message_.auth(), context_);
        if (!error_ && !steps_.empty()) vectors::expect_message(next_step(stage), message_);
        return !error_;
    }

    const Message& message() const { return message_; }
    std::error_code error() const { return error_; }
    bool all_steps_taken() const { return next_ == steps_.size(); }

private:
    const Json& next_step(const char* stage) {
        const Json& step = steps_.at(next_++);
        EXPECT_EQ(step.at(0).get<std::string>(), stage);
        return step.at(1);
    }

    Environment environment_ = test::fixed_environment();
    PluginContext context_{.environment = environment_};
    OwnedMessage message_;
    Json steps_;
    std::size_t next_ = 0;
    std::error_code error_;
};

void check_layers_receive(const Json& one) {
    const Layers layers(one);
    Receiver receiver(one);
    const bool passed = receiver.check(layers.outer.auth.get(), "outer_auth") &&
                        receiver.decrypt(layers.outer.cipher.get(), "outer_cipher") &&
                        receiver.check(layers.inner.auth.get(), "inner_auth") &&
                        receiver.decrypt(layers.inner.cipher.get(), "inner_cipher");
    const Json& expect = one.at("expect");
    EXPECT_EQ(receiver.error(), vectors::expects_error(one) ? make_error_code(Errc::decrypt_failed)
                                                            : std::error_code());
    EXPECT_TRUE(receiver.all_steps_taken());
    EXPECT_EQ(passed, expect.contains("message"));
    if (passed && expect.contains("message")) {
        vectors::expect_message(expect.at("message"), receiver.message());
    }
}

TEST(StreamCipherVectors, HasTheKeystreamOfTheReference) {
    vectors::for_each_case("stream_cipher", "keystream", check_keystream);
    vectors::for_each_case("stream_cipher", "symcrypt", check_symcrypt);
}

TEST(StreamCipherVectors, SealsFromTheSameParts) {
    vectors::for_each_case("stream_cipher", "seal", check_seal);
    vectors::for_each_case("stream_cipher", "unseal", check_unseal);
}

TEST(StreamCipherVectors, EncryptsAsTheReferenceDoes) {
    vectors::for_each_case("stream_cipher", "encrypt", check_encrypt);
}

TEST(StreamCipherVectors, DecryptsAsTheReferenceDoes) {
    vectors::for_each_case("stream_cipher", "decrypt", check_decrypt);
}

TEST(StreamCipherVectors, LayersInTheOrderOfTheReference) {
    vectors::for_each_case("stream_cipher", "layers_encrypt", check_layers_encrypt);
    vectors::for_each_case("stream_cipher", "layers_receive", check_layers_receive);
}

TEST(StreamCipherVectors, AreAllOfAKindThatIsTested) {
    const std::set<std::string> kinds{"keystream", "symcrypt",  "seal",           "unseal",
                                      "encrypt",   "decrypt",   "layers_encrypt", "layers_receive",
                                      "udp",       "tcp_server"};
    for (const Json& one : vectors::cases("stream_cipher")) {
        EXPECT_TRUE(kinds.contains(one.at("kind").get<std::string>())) << one.at("name");
    }
}

}  // namespace
}  // namespace netaio::stream_cipher_cases
