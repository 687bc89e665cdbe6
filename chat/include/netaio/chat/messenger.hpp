#pragma once

#include <cstdint>
#include <memory>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/prekeys.hpp>
#include <netaio/chat/talk.hpp>
#include <netaio/chat/vault.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace netaio::chat {

/// Bytes of what one message may hold, before it is sealed.
inline constexpr std::size_t content_size_max = 30'000;
/// Bytes of what a message's kind is called.
inline constexpr std::size_t content_kind_max = 64;
/// Messages that wait for one person at most, and bytes of them, sealed and not; and bytes of all
/// that wait. So nobody who takes nothing leaves others without room.
inline constexpr std::size_t waiting_messages_max = 10'000;
inline constexpr std::size_t waiting_bytes_of_one_max = 10'000'000;
inline constexpr std::size_t waiting_bytes_max = 100'000'000;

/// What a message holds: what it is, as a word, and bytes that whoever knows the word reads.
struct Content {
    std::string kind;  ///< e.g. `text`, `room.message`; UTF-8
    std::string bytes;

    bool operator==(const Content&) const = default;
};

/// Told by a Messenger at the end of a call; what they change in the vault is kept together with
/// what the call did, and they may send().
struct MessengerEvents {
    /// A message came, for the first and only time.
    std::function<void(const PublicKey& from, const MessageId& id, std::uint64_t at,
                       const Content& content)>
        came = {};
    /// One's own has come further.
    std::function<void(const PublicKey& to, const MessageId& id, Mark mark)> marked = {};
    std::function<void(const Notice&)> noticed = {};
};

/// Carries messages between two people each, sealed by sessions (X3DH, Double Ratchet), however
/// often and in whatever order envelopes come: each is told once, and what was sent stays until the
/// receiver says that it came. Knows no transport: who has one carries what parcels() gives, again
/// and again, and hands in what came. All of its state is in the vault; each call changes that as a
/// whole or not at all. Not thread-safe.
class Messenger {
public:
    Messenger(const Identity& identity, Vault& vault, Environment environment,
              MessengerEvents events);
    ~Messenger();

    /// Keeps a message for somebody until they have it. Errc::too_large beyond content_size_max,
    /// Errc::queue_full when too much waits, Errc::unsupported for one to oneself. Throws
    /// std::invalid_argument for a kind that is none: empty, longer than content_kind_max, not
    /// UTF-8, or `receipt`, which is the messengers' own.
    Result<MessageId> send(const PublicKey& to, const Content& content);
    /// Says that a message was shown to its receiver here.
    void say_read(const PublicKey& from, const MessageId& id);

    /// What is to be carried, the oldest first; parcels whose receiver is to be begun with first
    /// are not among them: see wants_bundle(). Seals the receipts that are due.
    std::vector<Parcel> parcels();
    /// Whom messages wait for that need their prekeys first, or whose messages cannot be opened
    /// before there is a new session.
    std::vector<PublicKey> wants_bundle() const;
    /// Those of somebody. An error says why they are not believed; those whom nobody waits for are
    /// let be.
    std::error_code bundle_came(const PrekeyBundle& bundle);
    /// A relay says that it keeps that parcel.
    void is_at_relay(std::uint64_t parcel);
    /// Its receiver says that it came, without a relay between. A message is carried on until
    /// their receipt says so; a receipt is not.
    void was_taken(std::uint64_t parcel);

    /// An envelope came. When there is no error, or Errc::replayed, it may be acknowledged to
    /// whoever brought it; other errors say that it is not for us, makes no sense or does not prove
    /// whom it is from, which a notice tells as well: it may be let go, too, as what cannot be
    /// opened is sealed anew by whoever sent it.
    std::error_code receive(ByteView envelope);

    /// For a relay, or somebody who asks: the signed part.
    PrekeyBundle bundle() const;
    /// The same with a one-time prekey that is handed out once, for somebody who asks directly.
    PrekeyBundle bundle_to_hand_out();
    /// One-time prekeys for a relay that has so many left; none while that is enough.
    std::vector<OneTimePrekey> prekeys_for_relay(std::size_t left);
    /// To be called now and then, as Chat::tick() does: makes a new signed prekey when that is due,
    /// and says whether bundle() is another now.
    bool renew_keys();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace netaio::chat
