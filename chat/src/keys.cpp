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

// The check takes about as long as that of a signature, and the same few people come again and
// again.
bool is_point(const unsigned char* octets) {
    using Octets = std::array<unsigned char, key_size>;
    thread_local std::array<std::optional<Octets>, 64> seen_lately;
    auto& seen = seen_lately[octets[0] % seen_lately.size()];
    if (seen && std::equal(seen->begin(), seen->end(), octets)) return true;
    if (crypto_core_ed25519_is_valid_point(octets) != 1) return false;
    std::copy_n(octets, key_size, seen.emplace().begin());
    return true;
}

}  // namespace

Result<PublicKey> PublicKey::parse(ByteView bytes) {
    if (bytes.size() != key_size || !is_point(bytes.octets())) {
        return Errc::malformed;
    }
    PublicKey parsed;
    std::copy_n(bytes.octets(), key_size, parsed.bytes_.data());
    return parsed;
}

bool PublicKey::signed_this(ByteView message, ByteView signature) const noexcept {
    return signature.size() == signature_size &&
           crypto_sign_verify_detached(signature.octets(), sodium_bytes(message), message.size(),
                                       bytes_.data()) == 0;
}

AgreementKey PublicKey::agreement_key() const {
    std::array<unsigned char, key_size> converted{};
    if (crypto_sign_ed25519_pk_to_curve25519(converted.data(), bytes_.data()) != 0) {
        throw std::logic_error("a key that parse() let through is no point of the main subgroup");
    }
    return AgreementKey::parse(converted).value();
}

Identity::Identity(const SecretKey& seed) : public_(public_half(seed, secret_)) {}

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

AgreementKeys Identity::agreement_keys() const {
    SecretKey converted;
    crypto_sign_ed25519_sk_to_curve25519(converted.octets().data(), secret_.data());
    return AgreementKeys(converted);
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
