#pragma once

#include <sodium.h>

#include <netaio/bytes.hpp>
#include <netaio/chat/curve.hpp>
#include <netaio/errc.hpp>
#include <string>

#include "hkdf.hpp"

/// XChaCha20-Poly1305 with keys that each seal once: the nonce comes from the key as well.
namespace netaio::chat {

/// How much longer than its text a sealed text is.
inline constexpr std::size_t seal_overhead = crypto_aead_xchacha20poly1305_ietf_ABYTES;

/// Seals a text under a key that seals nothing else.
std::string seal_once(const SecretKey& key, ByteView info, ByteView text, ByteView associated);
/// The reverse. Errc::decrypt_failed for what was not sealed with all of these.
Result<std::string> open_once(const SecretKey& key, ByteView info, ByteView sealed,
                              ByteView associated);

}  // namespace netaio::chat
