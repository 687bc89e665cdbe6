#pragma once

#include <netaio/bytes.hpp>
#include <netaio/chat/keys.hpp>
#include <netaio/errc.hpp>
#include <netaio/value.hpp>
#include <string>

/// What is in an envelope.
namespace netaio::chat {

/// Bytes of what a letter is named for.
inline constexpr std::size_t letter_kind_max = 32;

/// A message from one person to another, of some kind. What is in it proves whom it is from, as the
/// messages of a Ratchet do.
struct Letter {
    PublicKey from;
    std::string kind;  ///< e.g. `x3dh`, `ratchet`; UTF-8
    std::string body;

    /// The bytes that go into an envelope.
    std::string pack() const;
    /// What pack() gave. Errc::malformed for anything else.
    static Result<Letter> unpack(ByteView packed);

    bool operator==(const Letter&) const = default;
};

}  // namespace netaio::chat
