#pragma once

#include <array>
#include <netaio/auth_fields.hpp>
#include <netaio/environment.hpp>
#include <optional>

namespace netaio::plugins {

using Nonce = std::array<char, 16>;
inline ByteView view(const Nonce& nonce) noexcept {
    return std::string_view(nonce.data(), nonce.size());
}

/// What a field holds, when that has a nonce's size. A tag over parts without their lengths says
/// nothing of where one ends: a nonce of any size would let whoever passes a message on move bytes
/// between it and the body.
inline std::optional<ByteView> read_nonce(const AuthFields& fields,
                                          std::string_view name) noexcept {
    const auto bytes = fields.bytes(name);
    return bytes && bytes->size() == Nonce{}.size() ? bytes : std::nullopt;
}

/// The nonce that a message is sent with: what the field holds, or a new one instead of bytes of
/// another size. Nothing when the field holds no bytes.
inline std::optional<Nonce> nonce_to_send(const AuthFields& fields, std::string_view name,
                                          Random& random) {
    Nonce nonce;
    if (const auto given = read_nonce(fields, name)) {
        given->copy(nonce.data(), nonce.size());
    } else if (fields.contains(name) && !fields.bytes(name)) {
        return std::nullopt;
    } else {
        random.fill(nonce);
    }
    return nonce;
}

}  // namespace netaio::plugins
