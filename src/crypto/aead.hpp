#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "box.hpp"

/// Sealing with a key that is used for one thing alone: authenticated encryption, by libsodium for
/// what is short and OpenSSL for what is long (bench: session_seal).
namespace netaio::crypto {

/// The two that Noise names AESGCM and ChaChaPoly.
enum class AeadCipher : std::uint8_t { aes_gcm = 1, chacha_poly = 2 };

/// Whether this machine has instructions for AES-GCM, so that it is the faster one.
bool has_fast_aes();

/// A key with what is computed from it once, which is made when it is first needed and given up by
/// rest(). Not thread-safe.
class AeadKey {
public:
    static constexpr std::size_t tag_size = 16;

    AeadKey(AeadCipher cipher, const SecretKey& key) noexcept;
    AeadKey(AeadKey&&) noexcept;
    /// Whoever has a copy sees to it that no number is used twice.
    AeadKey(const AeadKey& other) noexcept : AeadKey(other.cipher_, other.key_) {}
    AeadKey& operator=(AeadKey&&) noexcept;
    ~AeadKey();

    AeadCipher cipher() const noexcept { return cipher_; }

    /// Seals all but the last tag_size bytes in place, which become the tag. No number may be used
    /// twice. Throws std::bad_alloc.
    void seal(std::uint64_t number, ByteView with, std::span<char> bytes);
    /// The reverse. Whether they are what seal() made; they are undefined if not. Throws
    /// std::bad_alloc.
    bool open(std::uint64_t number, ByteView with, std::span<char> bytes);

    /// Puts the next key in the place of this one, from which nobody gets back to it (Noise,
    /// REKEY).
    void advance();
    /// Gives up what can be computed again.
    void rest() noexcept;

private:
    struct Expanded;

    Expanded& expanded();
    void expand();

    SecretKey key_;
    AeadCipher cipher_;
    std::unique_ptr<Expanded> expanded_;
};

}  // namespace netaio::crypto
