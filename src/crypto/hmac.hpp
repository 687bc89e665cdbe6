#pragma once

#include "sha256.hpp"

/// The message authentication of protocol.md §5 and the key derivation it shares with §6.
namespace netaio::crypto {

/// The one-time keys of v0.0.9: SHA-256(SHA-256(key) || SHA-256(nonce) || SHA-256(purpose)).
class OneTimeKeys {
public:
    /// The purpose is "mac" or "enc".
    OneTimeKeys(ByteView key, ByteView purpose) noexcept
        : key_(sha256(key)), purpose_(Block::last(3 * Digest::size, sha256(purpose))) {}

    Digest derive(ByteView nonce) const noexcept;

private:
    Digest key_;
    Block purpose_;
};

/// HMAC-SHA-256 but for its pads, which are 136 bytes long where the standard has 64. So no
/// library's HMAC gives the same tag. A copy goes on from the same state.
class Hmac {
public:
    static constexpr std::size_t pad_size = 136;

    /// The key is 64 bytes long at most.
    explicit Hmac(ByteView key) noexcept;

    Hmac& update(ByteView bytes) noexcept {
        inner_.update(bytes);
        return *this;
    }
    /// The tag of all bytes given; nothing can be added afterwards.
    Digest finish() noexcept;

private:
    Sha256 inner_;
    Block outer_;  // the first of the pad's 136 bytes
};

/// A key of v0.0.8, which is replaced by its digest when it is longer than 32 bytes or the message.
class HmacKeyV008 {
public:
    explicit HmacKeyV008(ByteView key) noexcept;

    /// An Hmac for a message of that many bytes.
    Hmac start(std::size_t message_size) const noexcept {
        return key_size_ <= message_size ? plain_ : hashed_;
    }

private:
    std::size_t key_size_;
    Hmac hashed_;
    Hmac plain_;
};

}  // namespace netaio::crypto
