#pragma once

#include <netaio/body.hpp>
#include <netaio/environment.hpp>
#include <optional>

/// What all ciphers do with a body. They change its content; or, when the uri is to be hidden, the
/// whole encoded body, and the ciphertext is split at a random place into what travels as uri and
/// content (protocol.md §6).
namespace netaio::plugins {

/// Calls `seal(std::span<char> bytes)`, which replaces the plaintext, all but the last `growth`
/// bytes, by a ciphertext as long as all of them. Errc::too_large when that is over the size rule;
/// the body is then as it was.
template <class Seal>
std::error_code encrypt_body(Body& body, bool hide_uri, std::size_t growth, Random& random,
                             Seal&& seal) {
    const std::size_t size = body.encoded().size() + growth;
    if (size > Body::payload_max + (hide_uri ? 0 : 2)) {
        return Errc::too_large;
    }
    if (growth > 0) {
        if (const auto error = body.resize_content(body.content().size() + growth)) {
            return error;
        }
    }
    seal(hide_uri ? body.mutable_encoded() : body.mutable_content());
    return hide_uri ? body.wrap(random.between(1, static_cast<std::uint32_t>(size) - 1))
                    : std::error_code();
}

/// Calls `open(std::span<char> bytes)`, which replaces the ciphertext by the plaintext and gives
/// its size, which may be less, or nothing. Errc::decrypt_failed then, and when the result is over
/// the size rule.
template <class Open>
std::error_code decrypt_body(Body& body, bool hide_uri, Open&& open) {
    const std::optional<std::size_t> size =
        open(hide_uri ? body.mutable_payload() : body.mutable_content());
    if (!size) {
        return Errc::decrypt_failed;
    }
    if (hide_uri) {
        body.unwrap(*size);
        return body.encoded().size() - 2 > Body::payload_max ? Errc::decrypt_failed
                                                             : std::error_code();
    }
    return body.resize_content(*size) ? Errc::decrypt_failed : std::error_code();
}

}  // namespace netaio::plugins
