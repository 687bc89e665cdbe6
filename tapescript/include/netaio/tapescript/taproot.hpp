#pragma once

#include <netaio/tapescript/script.hpp>
#include <netaio/tapescript/signing.hpp>
#include <string>
#include <string_view>

namespace netaio::tapescript {

/// What a lock holds of a script that it hides: the script's SHA-256.
class Commitment {
public:
    Commitment(const Script& script);
    /// Throws std::invalid_argument unless there are 32 bytes.
    explicit Commitment(std::string_view sha256);

    std::string_view bytes() const noexcept { return bytes_; }

private:
    std::string bytes_;
};

/// Taproot: one point that is a public key and hides a script. It opens for the key's owner, or
/// for the script, which nobody sees before.
Script make_taproot_lock(const PublicKey& key, const Commitment& committed,
                         std::uint8_t sigflags = 0);
/// The same without the instruction made for it; longer.
Script make_nonnative_taproot_lock(const PublicKey& key, const Commitment& committed,
                                   std::uint8_t sigflags = 0);
/// The key owner's witness. Throws std::invalid_argument when `sigflags` leave out every field, or
/// message_to_sign() does.
Script make_taproot_witness_keyspend(const SigningKey& key, const Commitment& committed,
                                     const SigFields& fields, const SignOptions& options = {});
/// Brings the script; what it asks for comes before it. Throws std::invalid_argument for an empty
/// script.
Script make_taproot_witness_scriptspend(const PublicKey& key, const Script& committed);

/// A taproot lock whose hidden script runs any script the key has signed.
Script make_graftap_lock(const PublicKey& key, std::uint8_t sigflags = 0);
Script make_graftap_witness_keyspend(const SigningKey& key, const SigFields& fields,
                                     const SignOptions& options = {});
/// A script, signed for good; what it asks for comes before it.
Script make_graftap_witness_scriptspend(const SigningKey& key, const Script& surrogate);

}  // namespace netaio::tapescript
