#include <gtest/gtest.h>

#include <algorithm>
#include <netaio/default_peer.hpp>
#include <set>

#include "cases.hpp"
#include "crypto/box.hpp"

namespace netaio::x25519_cipher_cases {
namespace {

using vectors::Json;

std::string hex_field(const Json& one, const char* name) {
    return vectors::from_hex(one.at(name).get<std::string>());
}

void check_keys(const Json& one) {
    const std::string seed = vectors::value_of(one.at("seed")).as_bytes().value().str();
    if (vectors::expects_error(one)) {
        EXPECT_THROW(X25519Cipher({.seed = seed}), std::invalid_argument);
        EXPECT_THROW(crypto::SeedKeys{seed}, std::invalid_argument);
        return;
    }
    const Json& expect = one.at("expect");
    const X25519Cipher plugin({.seed = seed});
    EXPECT_EQ(vectors::to_hex(plugin.verify_key()), expect.at("vkey").get<std::string>());
    EXPECT_EQ(vectors::to_hex(plugin.public_key()), expect.at("pubk").get<std::string>());
    EXPECT_EQ(plugin.hides_uri(), expect.at("encrypt_uri_default").get<bool>());
    EXPECT_EQ(vectors::to_hex(crypto::SeedKeys(seed).private_key.bytes),
              expect.at("curve_private").get<std::string>());
}

std::optional<crypto::SecretKey> shared(const std::string& own_seed, ByteView public_key) {
    return crypto::shared_key(crypto::SeedKeys(own_seed).private_key, public_key);
}

void check_shared(const Json& one) {
    for (const auto& [own, other] :
         {std::pair("seed_a", "seed_b"), std::pair("seed_b", "seed_a")}) {
        const auto key =
            shared(hex_field(one, own), crypto::SeedKeys(hex_field(one, other)).public_key);
        ASSERT_TRUE(key);
        EXPECT_EQ(vectors::to_hex(key->bytes),
                  one.at("expect").at("shared_key").get<std::string>());
    }
}

void check_box(const Json& one) {
    const auto key =
        shared(hex_field(one, "seed_from"), crypto::SeedKeys(hex_field(one, "seed_to")).public_key);
    ASSERT_TRUE(key);
    std::array<char, crypto::box_nonce_size> nonce;
    std::ranges::copy(hex_field(one, "nonce"), nonce.begin());
    std::string bytes = vectors::bytes_field(one.at("plaintext"));
    bytes.resize(bytes.size() + crypto::box_overhead);
    crypto::seal_box(bytes, nonce, *key);
    vectors::expect_bytes(one.at("expect").at("boxed"), bytes);
}

void check_open(const Json& one) {
    const auto key = shared(hex_field(one, "seed"), hex_field(one, "peer_pubk"));
    std::string bytes = hex_field(one, "boxed");
    const auto size = key ? crypto::open_box(bytes, *key) : std::nullopt;
    if (vectors::expects_error(one)) {
        EXPECT_FALSE(size);
        return;
    }
    ASSERT_TRUE(size);
    vectors::expect_bytes(one.at("expect").at("plaintext"), ByteView(bytes).substr(0, *size));
}

// The plugin of a case, and what it is told.
struct Given {
    explicit Given(const Json& one)
        : plugin(vectors::x25519_options(one.at("config"))), outside(one) {
        context.peer_plugin = one.value("peer_plugin", true) ? &peer_plugin : nullptr;
        if (!one.at("peer").is_null()) {
            // Ids and data that are no bytes cannot be had; empty ones are as useless.
            peer.id = vectors::value_of(one.at("peer").at("id")).as_bytes().value_or("").str();
            peer.data = vectors::value_of(one.at("peer").at("data")).as_bytes().value_or("").str();
            context.peer = &peer;
        }
    }

    X25519Cipher plugin;
    vectors::CaseEnvironment outside;
    DefaultPeer peer_plugin;
    Peer peer;
    PluginContext context{.environment = outside.environment};
};

void check_encrypt(const Json& one) {
    const Given given(one);
    OwnedMessage message = vectors::message_of(one.at("message"));
    const auto error = given.plugin.encrypt(message.body(), message.auth(), given.context);
    if (vectors::expects_error(one)) {
        const bool too_long = one.at("name").get<std::string>().starts_with("encrypt/limit");
        EXPECT_EQ(error, too_long ? Errc::too_large : Errc::encrypt_failed);
        return;
    }
    ASSERT_FALSE(error) << error.message();
    vectors::expect_bytes(one.at("expect").at("encoded"), vectors::encode(message));
    EXPECT_TRUE(given.outside.random->done());
}

void check_decrypt(const Json& one) {
    const Given given(one);
    OwnedMessage message = vectors::decode(vectors::bytes_field(one.at("encoded")));
    const auto error = given.plugin.decrypt(message.body(), message.auth(), given.context);
    if (vectors::expects_error(one)) {
        EXPECT_EQ(error, Errc::decrypt_failed);
        return;
    }
    ASSERT_FALSE(error) << error.message();
    vectors::expect_message(one.at("expect").at("message"), message);
}

TEST(X25519CipherVectors, MakesTheKeysOfTheReference) {
    vectors::for_each_case("x25519_cipher", "keys", check_keys);
    vectors::for_each_case("x25519_cipher", "shared", check_shared);
}

TEST(X25519CipherVectors, MakesAndOpensTheSameBoxes) {
    vectors::for_each_case("x25519_cipher", "box", check_box);
    vectors::for_each_case("x25519_cipher", "open", check_open);
}

TEST(X25519CipherVectors, EncryptsAsTheReferenceDoes) {
    vectors::for_each_case("x25519_cipher", "encrypt", check_encrypt);
}

TEST(X25519CipherVectors, DecryptsAsTheReferenceDoes) {
    vectors::for_each_case("x25519_cipher", "decrypt", check_decrypt);
}

TEST(X25519CipherVectors, AreAllOfAKindThatIsTested) {
    const std::set<std::string> kinds{"keys", "shared", "box", "open", "encrypt", "decrypt"};
    for (const Json& one : vectors::cases("x25519_cipher")) {
        EXPECT_TRUE(kinds.contains(one.at("kind").get<std::string>())) << one.at("name");
    }
}

}  // namespace
}  // namespace netaio::x25519_cipher_cases
