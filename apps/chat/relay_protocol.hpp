#pragma once

#include <cstdint>
#include <netaio/bytes.hpp>
#include <netaio/chat/envelope.hpp>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/mailbox.hpp>
#include <netaio/chat/prekeys.hpp>
#include <netaio/errc.hpp>
#include <netaio/session.hpp>
#include <netaio/value.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What people and a relay say to each other (docs/chat-relay.md). All that reads takes bytes from
/// strangers: Errc::malformed for what makes no sense.
namespace netaio::chat_app {

inline constexpr std::string_view challenge_uri = "chat/challenge";
/// A mailbox's name follows in hexadecimal digits, as in the next.
inline constexpr std::string_view mailbox_uris = "chat/mailbox/";
inline constexpr std::string_view prekeys_uris = "chat/prekeys/";
inline constexpr std::size_t challenge_size = 32;
/// Bytes of the largest envelope there is.
inline constexpr std::size_t envelope_size_max =
    chat::envelope_inside_max + chat::envelope_overhead;

/// Where a relay keeps what is for that person.
chat::MailboxName mailbox_of(const chat::PublicKey& owner);
/// Bytes as lower-case hexadecimal digits.
std::string in_hex(ByteView bytes);
std::string mailbox_uri(const chat::MailboxName& mailbox);
std::string prekeys_uri(const chat::MailboxName& mailbox);
/// The mailbox of those hexadecimal digits.
Result<chat::MailboxName> mailbox_named(ByteView digits);

/// That a mailbox is one's own: asked for by SUBSCRIBE_URI.
struct OwnerProof {
    chat::PublicKey key;
    std::string challenge;
    std::string signature;

    static OwnerProof make(const chat::Identity& owner, ByteView challenge,
                           const SessionKey& relay);
    static Result<OwnerProof> parse(ByteView packed);
    std::string packed() const;
    /// Whether it proves that for this mailbox, to the relay of that key.
    bool holds_for(const chat::MailboxName& mailbox, const SessionKey& relay) const;
};

/// Which envelopes are asked for.
struct FetchTerms {
    std::uint64_t after = 0;
    std::size_t max = 0;

    static Result<FetchTerms> parse(ByteView packed);
    std::string packed() const;
};

/// Envelopes in one answer at most.
inline constexpr std::size_t fetched_max = 256;

std::string pack_envelopes(const std::vector<chat::WaitingEnvelope>& envelopes);
/// What a relay answered; their numbers rise.
Result<std::vector<chat::WaitingEnvelope>> parse_envelopes(ByteView packed);
std::string pack_numbers(std::span<const std::uint64_t> numbers);
Result<std::vector<std::uint64_t>> parse_numbers(ByteView packed);

/// What somebody leaves at a relay for those who write to them first.
struct PublishedPrekeys {
    std::string signed_part;
    std::vector<std::string> one_time;

    static PublishedPrekeys of(const chat::PrekeyBundle& bundle,
                               std::span<const chat::OneTimePrekey> one_time);
    static Result<PublishedPrekeys> parse(ByteView packed);
    std::string packed() const;
};

/// How many one-time prekeys there are.
std::string pack_count(std::size_t count);
Result<std::size_t> parse_count(ByteView packed);

std::string pack_handed_out(const chat::HandedOutPrekeys& prekeys);
/// The bundle that a relay handed out, which is not verified yet.
Result<chat::PrekeyBundle> parse_handed_out(ByteView packed);

/// The value of bytes that strangers sent, within bounds.
Result<Value> unpack_strangers(ByteView packed);

}  // namespace netaio::chat_app
