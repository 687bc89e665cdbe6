#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <netaio/bytes.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <span>

/// The keys that two people agree on a secret with: Curve25519's (RFC 7748).
namespace netaio::chat {

/// Bytes of every key, public and secret.
inline constexpr std::size_t key_size = 32;

/// A secret of key_size bytes, wiped from memory when it goes.
class SecretKey {
public:
    /// All zeros, to be written.
    SecretKey() noexcept = default;
    SecretKey(const SecretKey&) noexcept = default;
    SecretKey& operator=(const SecretKey&) noexcept = default;
    ~SecretKey();

    /// Of bytes that nobody can predict.
    static SecretKey make(Random& random);
    /// Errc::malformed unless there are key_size bytes.
    static Result<SecretKey> parse(ByteView bytes);

    /// The bytes; valid as long as this object.
    ByteView reveal() const noexcept { return std::as_bytes(std::span(bytes_)); }
    /// The bytes, to be written.
    std::span<unsigned char, key_size> octets() noexcept { return bytes_; }

private:
    std::array<unsigned char, key_size> bytes_{};
};

/// The public half of AgreementKeys.
class AgreementKey {
public:
    /// Errc::malformed unless the bytes are a number below 2^255 - 19, little end first. Points of
    /// low order are found out when they are used: see AgreementKeys::agree().
    static Result<AgreementKey> parse(ByteView bytes);

    ByteView bytes() const noexcept { return std::as_bytes(std::span(bytes_)); }

    auto operator<=>(const AgreementKey&) const = default;

private:
    friend class AgreementKeys;
    AgreementKey() noexcept = default;

    std::array<unsigned char, key_size> bytes_{};
};

/// A key pair for X25519.
class AgreementKeys {
public:
    /// Those of a secret, which may be any.
    explicit AgreementKeys(const SecretKey& secret);
    /// New ones.
    static AgreementKeys make(Random& random);

    const AgreementKey& public_key() const noexcept { return public_; }
    const SecretKey& secret() const noexcept { return secret_; }

    /// What the owner of the other key comes to as well; not to be used as a key before it went
    /// through a hash. Errc::malformed for a key with which everybody comes to the same: a point
    /// of low order.
    Result<SecretKey> agree(const AgreementKey& theirs) const;

private:
    SecretKey secret_;
    AgreementKey public_;
};

}  // namespace netaio::chat
