#pragma once

#include <netaio/tapescript/script.hpp>
#include <netaio/tapescript/signing.hpp>

namespace netaio::tapescript {

/// A lock that a key opens, or any script the key has signed and that opens itself.
Script make_graftroot_lock(const PublicKey& key, std::uint8_t sigflags = 0);
/// The key's own signature.
Script make_graftroot_witness_keyspend(const SigningKey& key, const SigFields& fields,
                                       const SignOptions& options = {});
/// A script, signed for good; what it asks for comes before it. Throws std::invalid_argument for
/// an empty script.
Script make_graftroot_witness_surrogate(const SigningKey& key, const Script& surrogate);

}  // namespace netaio::tapescript
