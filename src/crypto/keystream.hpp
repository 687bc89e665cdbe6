#pragma once

#include <initializer_list>
#include <netaio/bytes.hpp>
#include <span>

namespace netaio::crypto {

/// XORs data in place with the keystream of protocol.md §6, whose block i is
/// SHA-256(prefix || u32 i): v0.0.9's prefix is a one-time key, v0.0.8's the iv and the key.
void xor_keystream(std::initializer_list<ByteView> prefix, std::span<char> data) noexcept;

}  // namespace netaio::crypto
