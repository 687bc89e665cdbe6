#include "key_pair.hpp"

#include <sodium.h>

#include "start_sodium.hpp"

namespace netaio::crypto {

static_assert(key_size == crypto_scalarmult_BYTES && key_size == crypto_scalarmult_SCALARBYTES);

KeyPair KeyPair::of(const SecretKey& secret) noexcept {
    KeyPair pair{secret, {}};
    crypto_scalarmult_base(pair.public_key.data(), secret.bytes.data());
    return pair;
}

KeyPair KeyPair::random(Random& random) {
    start_sodium();
    SecretKey secret;
    random.fill({reinterpret_cast<char*>(secret.bytes.data()), secret.bytes.size()});
    return of(secret);
}

KeyPair KeyPair::from_seed(ByteView seed) {
    const SeedKeys keys(seed);
    return {keys.private_key, keys.public_key};
}

std::optional<SecretKey> agree(const SecretKey& own, const PublicKey& other) noexcept {
    SecretKey shared;
    if (!is_canonical(other)) {
        return std::nullopt;
    }
    if (crypto_scalarmult(shared.bytes.data(), own.bytes.data(), other.data()) != 0) {
        return std::nullopt;
    }
    return shared;
}

}  // namespace netaio::crypto
