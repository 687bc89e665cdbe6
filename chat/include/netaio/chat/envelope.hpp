#pragma once

#include <cstddef>
#include <netaio/bytes.hpp>
#include <netaio/chat/keys.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <optional>
#include <string>

/// What carries messages past those who pass them on: they see to whom it goes, when, and a size
/// that many messages have, but neither from whom it is nor what it is about.
namespace netaio::chat {

/// Bytes of the smallest envelope's inside; each next size is twice as large.
inline constexpr std::size_t envelope_inside_min = 256;
/// Bytes of the largest envelope's inside.
inline constexpr std::size_t envelope_inside_max = 32'768;
/// How much larger than its inside an envelope is: its version, a key and a tag.
inline constexpr std::size_t envelope_overhead = 1 + 32 + 16;
/// Bytes of what goes into an envelope.
inline constexpr std::size_t envelope_content_max = envelope_inside_max - 4;

/// Seals bytes so that only `to` can open them, under a key made for this alone. They are padded
/// to envelope_inside_min bytes or as often twice that as it takes. Errc::too_large beyond
/// envelope_content_max. Anybody can do so: who it was, the bytes themselves must prove.
Result<std::string> seal_envelope(const PublicKey& to, ByteView content, Random& random);

/// The bytes that were sealed. Errc::decrypt_failed for what is no envelope to this person or was
/// changed, Errc::malformed when something but padding is beside them, Errc::unsupported for an
/// envelope of another version.
Result<std::string> open_envelope(const Identity& own, ByteView envelope);

}  // namespace netaio::chat
