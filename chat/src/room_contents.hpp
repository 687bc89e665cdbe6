#pragma once

#include <map>
#include <netaio/chat/curve.hpp>
#include <netaio/chat/messenger.hpp>
#include <netaio/chat/room_log.hpp>
#include <netaio/chat/room_record.hpp>
#include <netaio/errc.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "room_message.hpp"

/// What the members of a room send each other one by one, beside what is said.
namespace netaio::chat {

namespace room_kind {
inline constexpr std::string_view records = "room.records";
inline constexpr std::string_view key = "room.key";
inline constexpr std::string_view ask = "room.ask";
inline constexpr std::string_view more = "room.more";
inline constexpr std::string_view message = "room.message";
inline constexpr std::string_view split = "room.split";
inline constexpr std::string_view leave = "room.leave";
}  // namespace room_kind

/// Some of a room's records.
struct RecordsContent {
    RoomId room;
    std::uint64_t count;  ///< how many there are in all
    std::vector<RoomRecord> records;

    /// As many of a log's records from `first` on as go into one content.
    static RecordsContent from(std::span<const RoomRecord> log, std::uint64_t first);
    Content pack() const;
    static Result<RecordsContent> unpack(ByteView bytes);
};

/// The key of an epoch.
struct KeyContent {
    RoomId room;
    std::uint64_t epoch;
    SecretKey key;
    std::uint64_t clock;  ///< of the room, for who is new in it

    Content pack() const;
    static Result<KeyContent> unpack(ByteView bytes);
};

/// How far each member's messages are known: the number of the last one.
using LastNumbers = std::map<PublicKey, std::uint64_t>;
/// Of so many members at most.
inline constexpr std::size_t last_numbers_max = 500;

/// What somebody misses.
struct AskContent {
    RoomId room;
    std::optional<std::uint64_t> first_record = {};
    std::optional<std::uint64_t> epoch = {};  ///< whose key
    std::vector<MessageHash> messages = {};   ///< message_heads_max at most
    /// What is known; all between that and `messages` is missed as well. None: only these.
    std::optional<LastNumbers> known = {};

    Content pack() const;
    static Result<AskContent> unpack(ByteView bytes);
};

Content pack_split(const RoomId& room, const RoomSplit& split);
Result<RoomSplit> unpack_split(ByteView bytes);

/// There is more of what was asked for than came: who asks again gets it.
Content pack_more(const RoomId& room);

/// The sender wants to be a member no longer.
Content pack_leave(const RoomId& room);

/// Which room a content of any of these kinds is about.
Result<RoomId> room_of_content(ByteView bytes);

}  // namespace netaio::chat
