#pragma once

#include <array>
#include <initializer_list>
#include <netaio/bytes.hpp>

namespace netaio::crypto {

/// A tag of 16 bytes.
using Mac = std::array<char, 16>;

inline ByteView view(const Mac& mac) noexcept {
    return {mac.data(), mac.size()};
}

/// The tag of these bytes, one after another, under a key of 16 to 64 bytes: keyed BLAKE2b (RFC
/// 7693), by libsodium. Only who has the key can make it.
Mac mac_of(ByteView key, std::initializer_list<ByteView> parts) noexcept;

}  // namespace netaio::crypto
