#pragma once

#include <array>
#include <netaio/hmac_auth.hpp>
#include <optional>

namespace netaio::plugins {

using EncodedTimestamp = std::array<char, 4>;

/// A timestamp as it is authenticated, whatever the dialect sends.
EncodedTimestamp encode_timestamp(std::uint32_t ts) noexcept;
inline ByteView view(const EncodedTimestamp& ts) noexcept {
    return std::string_view(ts.data(), ts.size());
}

/// What a field holds: a number, or, where the dialect has them, exactly four bytes, as tags do not
/// say where a longer timestamp would end (see nonce.hpp). Nothing when it is missing, something
/// else or above 32 bits.
std::optional<std::uint32_t> read_timestamp(const AuthFields& fields, std::string_view name,
                                            Dialect dialect) noexcept;

/// The timestamp that a message is sent with: what the field holds, else the clock's. Nothing when
/// the field holds no timestamp.
std::optional<std::uint32_t> timestamp_to_send(const AuthFields& fields, std::string_view name,
                                               Dialect dialect, const Clock& clock);
/// Writes it as the dialect has it.
void set_timestamp(AuthFields& fields, std::string_view name, std::uint32_t ts, Dialect dialect);

}  // namespace netaio::plugins
