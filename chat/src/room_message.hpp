#pragma once

#include <array>
#include <cstdint>
#include <netaio/bytes.hpp>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/room_record.hpp>
#include <netaio/chat/talk.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <netaio/value.hpp>
#include <optional>
#include <string>
#include <vector>

/// What is said in a room: signed by who says it, then sealed for all members at once.
namespace netaio::chat {

/// What stands for a message in those that follow it: of its sealed bytes, so that it is known
/// without a key.
using MessageHash = std::array<unsigned char, 32>;

/// How many messages one names as the last that its sender had seen.
inline constexpr std::size_t message_heads_max = 32;
/// No clock of a room goes further.
inline constexpr std::uint64_t room_clock_max = std::uint64_t{1} << 62;

/// An earlier message.
struct MessageRef {
    MessageHash hash;
    std::uint64_t record;  ///< of the log, as it is in that message: it says who got it
    bool operator==(const MessageRef&) const = default;
};

struct RoomMessage {
    RoomId room;
    std::uint64_t epoch;  ///< whose key it is sealed with
    PublicKey from;
    std::uint64_t record;  ///< the last of the log that its sender knew
    RecordHash record_hash;
    std::uint64_t number;                ///< among those of its sender, from 1
    std::optional<MessageRef> previous;  ///< the sender's one before
    std::uint64_t clock;                 ///< Lamport's: one more than the greatest seen
    std::vector<MessageRef> heads;
    MessageId id;
    std::uint64_t at;  ///< seconds since 1970
    std::string text;
    std::string signature = {};

    void sign(const Identity& identity);
    bool is_signed() const;

    std::string pack() const;
    /// Errc::malformed for what is none, Errc::too_large for what is over a limit.
    static Result<RoomMessage> unpack(ByteView packed);

    bool operator==(const RoomMessage&) const = default;
};

/// The same as it travels.
struct SealedRoomMessage {
    RoomId room;
    std::uint64_t epoch;
    std::uint64_t record;  ///< as in the message, so that who has another log sees it
    RecordHash record_hash;
    std::array<unsigned char, 32> salt;  ///< what makes its key another one than all others
    std::string sealed;

    static SealedRoomMessage seal(const RoomMessage& message, const SecretKey& room_key,
                                  Random& random);
    /// Errc::decrypt_failed for another key, or when anything was changed; Errc::malformed when it
    /// says something else inside than outside.
    Result<RoomMessage> open(const SecretKey& room_key) const;

    std::string pack() const;
    static Result<SealedRoomMessage> unpack(ByteView packed);
};

/// The hash of a message, of what SealedRoomMessage::pack() gave.
MessageHash message_hash(ByteView packed);
/// What a log says of a key.
std::array<unsigned char, 32> room_key_hash(const RoomId& room, std::uint64_t epoch,
                                            const SecretKey& key);

}  // namespace netaio::chat
