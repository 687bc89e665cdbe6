#pragma once

#include <cstddef>
#include <netaio/tapescript/script.hpp>
#include <netaio/tapescript/signing.hpp>
#include <span>

namespace netaio::tapescript {

/// A lock that one key's signature opens: 36 bytes. `sigflags` says which fields a signature may
/// leave out, as in SignOptions.
Script make_single_sig_lock(const PublicKey& key, std::uint8_t sigflags = 0);
/// The same lock with the key's hash in place of the key: 28 bytes, for witnesses that bring the
/// key along.
Script make_single_sig_lock2(const PublicKey& key, std::uint8_t sigflags = 0);

/// A signature for make_single_sig_lock() and make_multisig_lock(). Throws std::invalid_argument
/// when message_to_sign() does.
Script make_single_sig_witness(const SigningKey& key, const SigFields& fields,
                               const SignOptions& options = {});
/// A signature and the key, for make_single_sig_lock2().
Script make_single_sig_witness2(const SigningKey& key, const SigFields& fields,
                                const SignOptions& options = {});

/// A lock that opens with signatures of `quorum` of the keys; the witness is as many
/// make_single_sig_witness(), one after the other. A quorum of 0 opens for anybody. Throws
/// std::invalid_argument when there are fewer different keys than that, or more than 255 keys.
Script make_multisig_lock(std::span<const PublicKey> keys, std::size_t quorum,
                          std::uint8_t sigflags = 0);

}  // namespace netaio::tapescript
