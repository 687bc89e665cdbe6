#pragma once

#include <netaio/tapescript/script.hpp>
#include <netaio/tapescript/signing.hpp>
#include <string>
#include <string_view>

namespace netaio::tapescript {

/// Adapter signatures: a signature that is encrypted with a tweak (a scalar, whose point is
/// public). Anybody can check it before it is decrypted, and who sees it both encrypted and
/// decrypted learns the tweak.

/// The locks of an adapter signature.
struct AdapterLocks {
    Script check;  ///< opens for the encrypted signature, a make_adapter_witness()
    Script lock;   ///< opens for the decrypted signature, pushed
};

/// The same with the script that decrypts, which shows the tweak.
struct AdapterLocksWithTweak {
    Script check;
    Script decrypt;  ///< turns what make_adapter_witness() pushes into nonce and signature
    Script lock;
};

/// The locks for a key and a tweak's point.
AdapterLocks make_adapter_locks_pub(const PublicKey& key, const Point& tweak_point,
                                    std::uint8_t sigflags = 0);
/// The locks for a key and a tweak, of which the highest bit is ignored.
AdapterLocksWithTweak make_adapter_locks_prv(const PublicKey& key, const Scalar& tweak,
                                             std::uint8_t sigflags = 0);

/// One lock that checks an encrypted signature, decrypts it with the tweak that the witness pushes
/// before it, and checks the result. Prefer make_adapter_locks_pub(), which shows no tweak.
Script make_adapter_lock_pub(const PublicKey& key, const Point& tweak_point,
                             std::uint8_t sigflags = 0);
/// The same for the point of a tweak.
Script make_adapter_lock_prv(const PublicKey& key, const Scalar& tweak, std::uint8_t sigflags = 0);

/// An encrypted signature and its nonce's point. Its nonce depends on key and message alone, as the
/// reference's does: make no two of them for the same key and fields but different tweak points, or
/// the difference shows the key. Throws std::invalid_argument when there are no
/// fields, when the tweak is no point, or when message_to_sign() does.
Script make_adapter_witness(const SigningKey& key, const Point& tweak_point,
                            const SigFields& fields, const SignOptions& options = {});

/// The script that decrypts what make_adapter_witness() pushes.
Script make_adapter_decrypt(const Scalar& tweak);
/// The 64-byte signature in an adapter witness. Throws std::invalid_argument when that is not two
/// pushes of 32 bytes, the second of them a point.
std::string decrypt_adapter(const Script& adapter_witness, const Scalar& tweak);

}  // namespace netaio::tapescript
