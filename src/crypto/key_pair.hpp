#pragma once

#include <netaio/environment.hpp>

#include "box.hpp"

namespace netaio::crypto {

/// A key pair for X25519 (RFC 7748).
struct KeyPair {
    /// Of these secret bytes.
    static KeyPair of(const SecretKey& secret) noexcept;
    static KeyPair random(Random& random);
    /// Of a seed of `netaio keygen`. Throws std::invalid_argument unless it is 32 bytes long.
    static KeyPair from_seed(ByteView seed);

    SecretKey secret;
    PublicKey public_key{};
};

/// X25519 of the two. Nothing where the public key is none that an honest peer has: not in
/// canonical form, or a point of low order.
std::optional<SecretKey> agree(const SecretKey& own, const PublicKey& other) noexcept;

}  // namespace netaio::crypto
