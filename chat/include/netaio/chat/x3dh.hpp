#pragma once

#include <cstdint>
#include <netaio/chat/curve.hpp>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/prekeys.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <netaio/value.hpp>
#include <optional>
#include <string>

/// How two people come to a secret though one of them is away: "The X3DH Key Agreement Protocol",
/// revision 1, with Curve25519 and SHA-256. Both are sure of each other's key afterwards, and
/// neither can prove to anybody else that the other took part.
namespace netaio::chat {

/// What the one who begins tells the other in its first message, to come to the same secret.
struct X3dhHeader {
    PublicKey identity;      ///< who begins
    AgreementKey ephemeral;  ///< made for this alone
    std::uint32_t signed_prekey;
    std::optional<std::uint32_t> one_time_prekey = {};

    /// As it travels: a dict.
    Value to_value() const;
    /// Errc::malformed for anything else.
    static Result<X3dhHeader> from_value(const Value& value);

    bool operator==(const X3dhHeader&) const = default;
};

/// What both come to.
struct X3dhSecret {
    SecretKey shared;
    /// The keys of both, that of the one who began first: to be authenticated with each message.
    std::string associated_data;
};

/// What the one who begins has.
struct X3dhBegun {
    X3dhSecret secret;
    X3dhHeader header;
    AgreementKey their_prekey;  ///< for Ratchet::begin()
};

/// What the other one has.
struct X3dhAnswered {
    X3dhSecret secret;
    AgreementKeys own_prekey;  ///< for Ratchet::answer()
};

/// Begins with somebody. Refuses a bundle as its verify() does, and with Errc::malformed a prekey
/// of low order. Whose bundle it is, is for the caller to look at: `bundle.identity`.
Result<X3dhBegun> x3dh_begin(const Identity& own, const PrekeyBundle& bundle, std::uint64_t now,
                             Random& random);

/// Answers the one who began. Errc::stale for a signed prekey that was forgotten, Errc::replayed
/// for a one-time prekey that was taken, Errc::malformed for one that never was and for a key of
/// low order.
///
/// Anybody can write a header; only the one whose key is in it comes to the secret. So the one-time
/// prekey is still there: when the first message has opened, and not before, it is to be taken, by
/// `prekeys.take(*header.one_time_prekey)`. A first message without one can be sent again by anyone
/// who saw it for as long as its signed prekey is kept: who answers must know headers again.
Result<X3dhAnswered> x3dh_answer(const Identity& own, const Prekeys& prekeys,
                                 const X3dhHeader& header);

}  // namespace netaio::chat
