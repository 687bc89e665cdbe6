#pragma once

#include <cstdint>
#include <netaio/tapescript/error.hpp>
#include <netaio/tapescript/script.hpp>
#include <netaio/tapescript/signing.hpp>
#include <span>
#include <string>
#include <string_view>

namespace netaio::tapescript {

/// A key's word that another key may act for it for a while.
struct Certificate {
    static constexpr std::size_t packed_size = 105;

    /// Who may act.
    PublicKey delegate;
    /// From when, and until when (excluded), in Unix seconds; 0 to 2^31 - 1.
    std::int64_t begin = 0;
    std::int64_t end = 0;
    /// Whether the delegate may delegate further, where the lock allows chains.
    bool can_further_delegate = true;
    /// The 64 bytes with which the delegating key signed the preimage.
    std::string signature = {};

    /// What is signed: 41 bytes. Throws std::invalid_argument for times out of range.
    std::string preimage() const;
    /// Preimage and signature: 105 bytes. Throws std::invalid_argument without a signature too.
    std::string pack() const;
    /// The reverse, for bytes from anywhere; whether the signature is right shows only in a lock.
    static Result<Certificate> unpack(std::string_view packed);
};

/// What a certificate is to say.
struct CertificateOptions {
    PublicKey delegate;
    std::int64_t begin;
    std::int64_t end;
    bool can_further_delegate = true;
};

/// A certificate signed by `root`. Throws std::invalid_argument for times out of range.
Certificate make_delegate_key_cert(const SigningKey& root, const CertificateOptions& options);

/// A lock that opens for a key with a certificate from `root`, within the certificate's time.
Script make_delegate_key_lock(const PublicKey& root, std::uint8_t sigflags = 0);
/// A signature of the delegate, and its certificate.
Script make_delegate_key_witness(const SigningKey& delegate, const Certificate& certificate,
                                 const SigFields& fields, const SignOptions& options = {});

/// The same lock for a delegate of a delegate, and so on, as far as the certificates allow.
Script make_delegate_key_chain_lock(const PublicKey& root, std::uint8_t sigflags = 0);
/// A signature of the last delegate, and the certificates from its own up to that of the root.
/// Throws std::invalid_argument without certificates.
Script make_delegate_key_chain_witness(const SigningKey& delegate,
                                       std::span<const Certificate> certificates,
                                       const SigFields& fields, const SignOptions& options = {});

}  // namespace netaio::tapescript
