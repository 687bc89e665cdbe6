#pragma once

#include <chrono>
#include <netaio/tapescript/script.hpp>
#include <netaio/tapescript/signing.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace netaio::tapescript {

/// A lock that opens for the receiver with a preimage, or, once the time is over, for who gave.
struct HtlcOptions {
    PublicKey receiver;
    PublicKey refund;
    /// The preimage itself, or else its hash. One of them is required; the hash wins.
    std::string preimage = {};
    std::string digest = {};
    /// How long SHAKE-256 hashes are, in bytes; SHA-256 locks ignore it.
    std::uint8_t hash_size = 20;
    /// How long the receiver has.
    std::chrono::seconds timeout = std::chrono::hours(24);
    /// Since when, in Unix seconds; nothing stands for the machine's clock.
    std::optional<std::int64_t> now = {};
    std::uint8_t sigflags = 0;
};

/// Throw std::invalid_argument when preimage and digest are missing, or the digest has not the
/// hash's size.
Script make_htlc_sha256_lock(const HtlcOptions& options);
Script make_htlc_shake256_lock(const HtlcOptions& options);
/// The same with hashes in place of the keys: shorter locks, longer witnesses.
Script make_htlc2_sha256_lock(const HtlcOptions& options);
Script make_htlc2_shake256_lock(const HtlcOptions& options);

/// The receiver's witness, or with any other preimage of at least a byte the refund's. Throw
/// std::invalid_argument when the preimage is empty, or message_to_sign() does.
Script make_htlc_witness(const SigningKey& key, std::string_view preimage, const SigFields& fields,
                         const SignOptions& options = {});
Script make_htlc2_witness(const SigningKey& key, std::string_view preimage, const SigFields& fields,
                          const SignOptions& options = {});

/// A lock that opens for the receiver's key, or, once the time is over, for who gave.
struct PtlcOptions {
    PublicKey receiver;
    PublicKey refund;
    /// Added to the receiver's key, which then opens only together with the tweak.
    std::optional<Point> tweak_point = {};
    /// As in HtlcOptions.
    std::chrono::seconds timeout = std::chrono::hours(24);
    std::optional<std::int64_t> now = {};
    std::uint8_t sigflags = 0;
};

/// Throws std::invalid_argument when key or tweak are to be added and are no points.
Script make_ptlc_lock(const PtlcOptions& options);
/// The receiver's witness.
Script make_ptlc_witness(const SigningKey& key, const SigFields& fields,
                         const SignOptions& options = {});
/// The receiver's witness for a lock with a tweak.
Script make_ptlc_witness(const SigningKey& key, const Scalar& tweak, const SigFields& fields,
                         const SignOptions& options = {});
/// The witness of who gave, for when the time is over.
Script make_ptlc_refund_witness(const SigningKey& key, const SigFields& fields,
                                const SignOptions& options = {});

}  // namespace netaio::tapescript
