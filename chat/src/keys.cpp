#include <sodium.h>

#include <algorithm>
#include <netaio/chat/keys.hpp>
#include <optional>
#include <stdexcept>

#include "sodium.hpp"

namespace netaio::chat {
namespace {

static_assert(key_size == crypto_sign_PUBLICKEYBYTES && key_size == crypto_sign_SEEDBYTES);
static_assert(2 * key_size == crypto_sign_SECRETKEYBYTES);
static_assert(signature_size == crypto_sign_BYTES);
static_assert(key_size == crypto_kdf_KEYBYTES);

using SigningKey = std::array<unsigned char, crypto_sign_SECRETKEYBYTES>;

PublicKey public_half(const SecretKey& seed, SigningKey& secret) {
    start_sodium();
    std::array<unsigned char, key_size> made;
    crypto_sign_seed_keypair(made.data(), secret.data(), seed.reveal().octets());
    return PublicKey::parse(made).value();
}

AgreementKeys converted(const SigningKey& secret) {
    SecretKey key;
    crypto_sign_ed25519_sk_to_curve25519(key.octets().data(), secret.data());
    return AgreementKeys(key);
}

using KeyOctets = std::array<unsigned char, key_size>;

// A key that is a point.
struct SeenKey {
    KeyOctets octets;
    std::optional<KeyOctets> converted = {};
};

// Where a key is, if it was seen lately: to check it and to convert it each takes about as long as
// to check a signature, and the same few people come again and again.
std::optional<SeenKey>& seen_lately(const KeyOctets& octets) {
    thread_local std::array<std::optional<SeenKey>, 64> all;
    auto& seen = all[octets[0] % all.size()];
    if (seen && seen->octets != octets) seen.reset();
    return seen;
}

bool is_point(const KeyOctets& octets) {
    auto& seen = seen_lately(octets);
    if (!seen && crypto_core_ed25519_is_valid_point(octets.data()) == 1) seen.emplace(octets);
    return seen.has_value();
}

}  // namespace

Result<PublicKey> PublicKey::parse(ByteView bytes) {
    if (bytes.size() != key_size) {
        return Errc::malformed;
    }
    PublicKey parsed;
    std::copy_n(bytes.octets(), key_size, parsed.bytes_.data());
    if (!is_point(parsed.bytes_)) {
        return Errc::malformed;
    }
    return parsed;
}

bool PublicKey::signed_this(ByteView message, ByteView signature) const noexcept {
    return signature.size() == signature_size &&
           crypto_sign_verify_detached(signature.octets(), sodium_bytes(message), message.size(),
                                       bytes_.data()) == 0;
}

AgreementKey PublicKey::agreement_key() const {
    auto& seen = seen_lately(bytes_);
    if (!seen) seen.emplace(bytes_);
    if (!seen->converted) {
        KeyOctets made{};
        if (crypto_sign_ed25519_pk_to_curve25519(made.data(), bytes_.data()) != 0) {
            throw std::logic_error(
                "a key that parse() let through is no point of the main subgroup");
        }
        seen->converted = made;
    }
    return AgreementKey::parse(*seen->converted).value();
}

Identity::Identity(const SecretKey& seed)
    : public_(public_half(seed, secret_)), agreement_(converted(secret_)) {}

Identity Identity::make(Random& random) {
    return Identity(SecretKey::make(random));
}

Identity::~Identity() {
    sodium_memzero(secret_.data(), secret_.size());
}

std::string Identity::sign(ByteView message) const {
    std::string signature(signature_size, '\0');
    crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                         sodium_bytes(message), message.size(), secret_.data());
    return signature;
}

SecretKey Identity::history_key() const {
    SecretKey key;
    crypto_kdf_derive_from_key(key.octets().data(), key_size, 1, "history ",
                               seed().reveal().octets());
    return key;
}

SecretKey Identity::seed() const {
    SecretKey seed;
    crypto_sign_ed25519_sk_to_seed(seed.octets().data(), secret_.data());
    return seed;
}

}  // namespace netaio::chat
