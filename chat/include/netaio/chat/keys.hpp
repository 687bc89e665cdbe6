#pragma once

#include <array>
#include <compare>
#include <netaio/bytes.hpp>
#include <netaio/chat/curve.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <netaio/secret.hpp>
#include <span>
#include <string>

namespace netaio::chat {

/// Bytes of a signature.
inline constexpr std::size_t signature_size = 64;

/// A person, as others know them: an Ed25519 key (RFC 8032).
class PublicKey {
public:
    /// Errc::malformed unless the bytes are a point that some secret leads to: in canonical form,
    /// on the curve and in its main subgroup.
    static Result<PublicKey> parse(ByteView bytes);

    /// The key as it travels: key_size bytes, valid as long as this is.
    ByteView bytes() const noexcept { return std::as_bytes(std::span(bytes_)); }
    /// Whether the person signed that.
    bool signed_this(ByteView message, ByteView signature) const noexcept;
    /// The same key on Curve25519.
    AgreementKey agreement_key() const;

    auto operator<=>(const PublicKey&) const = default;

private:
    PublicKey() noexcept = default;

    std::array<unsigned char, key_size> bytes_{};
};

/// What makes somebody that person: the secret of a PublicKey, wiped from memory when it goes.
class Identity {
public:
    /// That of a seed, which may be any.
    explicit Identity(const SecretKey& seed);
    /// A new one.
    static Identity make(Random& random);
    Identity(const Identity&) = default;
    Identity& operator=(const Identity&) = default;
    ~Identity();

    /// Whom others know by it.
    const PublicKey& public_key() const noexcept { return public_; }
    /// A signature of signature_size bytes.
    std::string sign(ByteView message) const;
    /// The same key pair on Curve25519.
    const AgreementKeys& agreement_keys() const noexcept { return agreement_; }
    /// What the person's own history is sealed with.
    SecretKey history_key() const;
    /// What it was made of, for a key file.
    SecretKey seed() const;

private:
    std::array<unsigned char, 2 * key_size> secret_{};
    PublicKey public_;
    AgreementKeys agreement_;
};

/// What two people read to each other to be sure of their keys: 60 digits in twelve groups, the
/// same for both. Half of them are of either key, the half of the lower digits first: 5,200 rounds
/// of SHA-512, so that a key with a number like another's takes long to search for.
std::string safety_number(const PublicKey& one, const PublicKey& other);

/// Ten digits in two groups that tell people with the same name apart: the first of the half that
/// is the key's in each safety number. They are too few to prove anything.
std::string short_number(const PublicKey& key);

/// Writes an identity to a new file that only its owner may read, and which is sealed when there is
/// a passphrase (Argon2id, XChaCha20-Poly1305). Throws Error, and leaves what is there as it was,
/// when there is a file already or it cannot be written.
void save_identity(const std::string& path, const Identity& identity, const Secret& passphrase,
                   Random& random);

/// Reads what save_identity() wrote. Throws Error with a sentence that can be shown:
/// Errc::decrypt_failed for a wrong passphrase, Errc::auth_not_possible when it takes one and there
/// is none, Errc::malformed for what is no key file, and the system's error when it cannot be read
/// or others may read it.
Identity load_identity(const std::string& path, const Secret& passphrase);

/// Whether it takes a passphrase to read an identity. Throws as load_identity() does.
bool is_sealed_identity(const std::string& path);

}  // namespace netaio::chat
