#pragma once

#include <array>
#include <cstdint>
#include <netaio/bytes.hpp>
#include <netaio/chat/messenger.hpp>
#include <netaio/chat/talk.hpp>
#include <netaio/errc.hpp>
#include <string>
#include <string_view>
#include <vector>

/// What two messengers say to each other within a session.
namespace netaio::chat {

/// What stands for an envelope: its SHA-256.
using EnvelopeHash = std::array<unsigned char, 32>;
EnvelopeHash envelope_hash(ByteView envelope) noexcept;

/// The kind of what says what came; it is of the messengers alone.
inline constexpr std::string_view receipt_kind = "receipt";
/// Bytes of what tells one count of messages from another.
inline constexpr std::size_t count_id_size = 8;

/// A message before it is encrypted. All that one person sends another is counted, for as long as
/// the sender keeps their vault: in whatever session a message comes, and however often it was
/// sealed, it has its number.
struct PlainMessage {
    MessageId id;
    Content content;
    std::uint64_t at;          ///< seconds since 1970
    std::string count = {};    ///< which count it is of; none for what is not counted
    std::uint64_t number = 0;  ///< its place in the count, from 1
    std::uint64_t first = 0;   ///< the first that its sender still kept when it was sealed

    std::string pack() const;
    /// What pack() gave. Errc::malformed for anything else.
    static Result<PlainMessage> unpack(ByteView packed);
};

/// What a receipt says.
struct Receipt {
    std::vector<MessageId> delivered = {};
    std::vector<MessageId> read = {};
    /// Envelopes that came and cannot be opened: they are to be sealed anew.
    std::vector<EnvelopeHash> again = {};

    /// Of each the newest, which fit into one message; others come again.
    static constexpr std::size_t max = 256;
    void add(const Receipt& other);

    std::string pack() const;
    /// What pack() gave. Errc::malformed for anything else.
    static Result<Receipt> unpack(ByteView packed);
};

}  // namespace netaio::chat
