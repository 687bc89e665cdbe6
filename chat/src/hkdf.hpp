#pragma once

#include <netaio/bytes.hpp>
#include <span>

namespace netaio::chat {

/// Writes HMAC-SHA256 (RFC 2104) of a message.
void hmac_sha256(ByteView key, ByteView message, std::span<unsigned char, 32> out) noexcept;

/// Writes as many bytes as `out` has, which is 8,160 at most, of HKDF-SHA256 (RFC 5869).
void hkdf_sha256(ByteView salt, ByteView input, ByteView info,
                 std::span<unsigned char> out) noexcept;

}  // namespace netaio::chat
