#pragma once

#include <array>
#include <netaio/bytes.hpp>
#include <optional>
#include <span>

#include "memory.hpp"

/// The keys and boxes of protocol.md §7: NaCl's, by libsodium.
namespace netaio::crypto {

inline constexpr std::size_t key_size = 32;

using PublicKey = std::array<unsigned char, key_size>;

/// A key that is to stay secret, wiped when it goes.
struct SecretKey {
    SecretKey() noexcept = default;
    SecretKey(const SecretKey&) noexcept = default;
    SecretKey& operator=(const SecretKey&) noexcept = default;
    ~SecretKey() { wipe(bytes); }

    std::array<unsigned char, key_size> bytes{};
};

/// The key pairs that come from one seed: an Ed25519 pair, and that pair on Curve25519.
struct SeedKeys {
    /// Throws std::invalid_argument unless the seed is key_size bytes long.
    explicit SeedKeys(ByteView seed);

    PublicKey verify_key;   ///< Ed25519
    PublicKey public_key;   ///< Curve25519
    SecretKey private_key;  ///< Curve25519
};

/// Whether a public key of key_size bytes is written as each honest one is: as a number below
/// 2^255 - 19, so that no key has two names.
bool is_canonical(ByteView public_key) noexcept;

/// The key that the owners of both keys share. Nothing when the public key is none that an honest
/// peer has: of another size, not in canonical form, or a point of low order.
std::optional<SecretKey> shared_key(const SecretKey& own, ByteView public_key) noexcept;

inline constexpr std::size_t box_nonce_size = 24;
/// How much longer than its text a box is: it begins with the nonce and a tag of 16 bytes.
inline constexpr std::size_t box_overhead = box_nonce_size + 16;

/// Makes a box in place of the text that all but the last box_overhead bytes are.
void seal_box(std::span<char> bytes, const std::array<char, box_nonce_size>& nonce,
              const SecretKey& shared) noexcept;
/// The reverse: the size of the text, which the bytes then begin with. Nothing, and the bytes as
/// they were, when they are no box that was made with this key.
std::optional<std::size_t> open_box(std::span<char> bytes, const SecretKey& shared) noexcept;

}  // namespace netaio::crypto
