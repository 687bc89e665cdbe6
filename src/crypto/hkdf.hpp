#pragma once

#include <array>
#include <cstddef>

#include "sha256.hpp"

namespace netaio::crypto {

/// The first outputs of HKDF (RFC 5869) with SHA-256: the salt, what is put in, and no more, so
/// each is the HMAC of the one before and its number. So Noise uses it, too.
template <std::size_t Count>
std::array<Digest, Count> hkdf(ByteView salt, ByteView input, ByteView info = {});

namespace detail {
void hkdf(ByteView salt, ByteView input, ByteView info, std::span<Digest> outputs) noexcept;
}

template <std::size_t Count>
std::array<Digest, Count> hkdf(ByteView salt, ByteView input, ByteView info) {
    std::array<Digest, Count> outputs;
    detail::hkdf(salt, input, info, outputs);
    return outputs;
}

}  // namespace netaio::crypto
