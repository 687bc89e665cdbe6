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

/// A message from one person to another, of some kind. Those kinds that do not prove by themselves
/// whom they are from, as the messages of a Ratchet do, are signed.
struct Letter {
    PublicKey from;
    std::string kind;  ///< e.g. `x3dh`, `ratchet`; UTF-8
    std::string body;
    std::string signature = {};  ///< of signature_size bytes; empty when it is not signed

    /// One that is signed, to that person alone.
    static Letter signed_to(const PublicKey& to, const Identity& from, std::string kind,
                            std::string body);
    /// Whether `from` signed it, to that person.
    bool is_signed_to(const PublicKey& to) const;

    /// The bytes that go into an envelope.
    std::string pack() const;
    /// What pack() gave. Errc::malformed for anything else.
    static Result<Letter> unpack(ByteView packed);

    bool operator==(const Letter&) const = default;
};

}  // namespace netaio::chat
