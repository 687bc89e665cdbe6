#include <algorithm>

#include "rooms_impl.hpp"

namespace netaio::chat {

bool Rooms::takes(std::string_view kind) noexcept {
    return kind == room_kind::records || kind == room_kind::key || kind == room_kind::ask ||
           kind == room_kind::more || kind == room_kind::message || kind == room_kind::split ||
           kind == room_kind::leave;
}

std::error_code Rooms::Impl::came(const PublicKey& from, const Content& content,
                                  const std::optional<MessageId>& content_id) {
    if (!takes(content.kind)) {
        return Errc::unsupported;
    }
    const auto id = room_of_content(content.bytes);
    if (!id) {
        return id.error();
    }
    Room* const room = find(*id);
    if (!room) {
        return came_of_unknown(*id, from, content);
    }
    if (content.kind == room_kind::records) {
        return came_records(*room, from, content.bytes);
    }
    if (content.kind == room_kind::key) {
        return came_key(*room, from, content.bytes);
    }
    if (content.kind == room_kind::ask) {
        return came_ask(*room, from, content.bytes);
    }
    if (content.kind == room_kind::more) {
        came_more(*room, from);
        return {};
    }
    if (content.kind == room_kind::message) {
        return came_message(*room, from, content.bytes, content_id);
    }
    return content.kind == room_kind::split ? came_split(*room, from, content.bytes)
                                            : came_leave(*room, from);
}

// Waits until enough is known of the room to see that one is, or was, a member.
std::error_code Rooms::Impl::came_of_unknown(const RoomId& id, const PublicKey& from,
                                             const Content& content) {
    if (content.kind == room_kind::ask || content.kind == room_kind::more ||
        content.kind == room_kind::leave) {
        return Errc::not_connected;
    }
    if (content.kind == room_kind::records) {
        const auto records = RecordsContent::unpack(content.bytes);
        if (!records) {
            return records.error();
        }
        if (records->records.empty()) {
            return Errc::malformed;
        }
        if (records->records.front().number == 0) {
            if (const auto begun = RoomLog::begin(records->records.front(), id); !begun) {
                return begun.error();
            }
        }
    }
    if (rooms_.size() >= rooms_max || !lobby_.add(id, from, content, now())) {
        return Errc::queue_full;
    }
    std::uint64_t count = 0;
    auto log = lobby_.log(id, count);
    if (!log || !log->was_member(me_)) {
        const std::uint64_t first = log ? log->records().size() : 0;
        if (log && first >= count) {
            (void)lobby_.take(id);
            return Errc::auth_failed;
        }
        if (may_ask(name_in_room(id, from.bytes()) + "record" + std::to_string(first))) {
            (void)carry(from, AskContent{.room = id, .first_record = first}.pack());
        }
        return {};
    }
    if (!takes_room_of(log->state().owner)) {
        (void)lobby_.take(id);
        notice(Notice::Kind::refused, id,
               "a room was refused whose owner you never wrote to: there are too many such; /add "
               "them and be invited again");
        return Errc::queue_full;
    }
    Room& room = rooms_.emplace(id, Room(std::move(*log), me_, *vault_, now())).first->second;
    log_grew(room);
    return {};
}

bool Rooms::Impl::is_strangers(const PublicKey& owner) const {
    return is_stranger_ && is_stranger_(owner);
}

// Anybody can be as many people as they like, and invite.
bool Rooms::Impl::takes_room_of(const PublicKey& owner) const {
    const auto is_one = [this](const auto& each) {
        return is_strangers(each.second.state().owner);
    };
    return !is_strangers(owner) || static_cast<std::size_t>(std::count_if(
                                       rooms_.begin(), rooms_.end(), is_one)) < strangers_rooms_max;
}

std::error_code Rooms::Impl::came_records(Room& room, const PublicKey& from, ByteView bytes) {
    const auto content = RecordsContent::unpack(bytes);
    if (!content) {
        return content.error();
    }
    const std::size_t size = room.log().records().size();
    if (!content->records.empty() && content->records.front().number > size) {
        return came_early(room, from, room_kind::records, bytes);
    }
    std::error_code error;
    for (const RoomRecord& record : content->records) {
        error = append(room, from, record);
        if (error) {
            break;
        }
    }
    if (room.log().records().size() > size) {
        log_grew(room);
    }
    if (!error && content->count > room.log().records().size() && !room.split()) {
        ask_records(room, from, room.log().records().size());
    }
    return error;
}

std::error_code Rooms::Impl::append(Room& room, const PublicKey& from, const RoomRecord& record) {
    const auto appended = room.append(record, now());
    const std::uint64_t size = room.log().records().size();
    if (!appended) {
        // Of another past that began earlier, the first record is what proves it.
        if (record.number < size) {
            ask_records(room, from, record.number / 2);
        }
        return appended.error();
    }
    switch (*appended) {
        case RoomAppended::added:
            if (const auto* const removed = std::get_if<RemoveMember>(&record.act)) {
                forget_receipts(room, removed->member);
            }
            break;
        case RoomAppended::known: break;
        case RoomAppended::early: ask_records(room, from, size); break;
        case RoomAppended::other_past: ask_records(room, from, size - 1); break;
        case RoomAppended::split:
            split_found(room,
                        {room.log().records()[static_cast<std::size_t>(record.number)], record});
            break;
    }
    return {};
}

void Rooms::Impl::split_found(Room& room, const RoomSplit& split) {
    if (room.split()) {
        return;
    }
    room.set_split(split);
    notice(Notice::Kind::room_split, room.id(),
           name_of(room) + " was told differently to different people, which is proved by what " +
               "those signed who write its log: make another one with whom you trust");
    give_to_members(room, {.split = true});
}

// By the time of who was removed: the log has none.
void Rooms::Impl::tell_removal(Room& room) {
    const RoomRecord* const removal = room.removal();
    if (!removal || removal->number <= room.kept().removal_told) {
        return;
    }
    forgive_leaving(room);
    if (room.is_member()) {  // again
        room.change([&](Room::Kept& kept) {
            kept.removal_told = removal->number;
            kept.asked_to_leave = false;
        });
        return;
    }
    const bool asked = room.kept().asked_to_leave;
    Line line{
        .text = asked ? "removed you from this room, as you asked" : "removed you from this room",
        .at = now(),
        .by = removal->by};
    line.number = vault_->append(ByteView(room.id()), RoomLine{line}.pack());
    room.history().add_event(line.number);
    room.change([&](Room::Kept& kept) {
        kept.removal_told = removal->number;
        kept.asked_to_leave = false;
        kept.unread.add(line.number);
    });
    if (events_.said) {
        events_.said(room.id(), line);
    }
}

void Rooms::Impl::log_grew(Room& room) {
    tell_removal(room);
    changed();
    for (const RoomLobby::Waiting& waiting : lobby_.take(room.id())) {
        const auto error = came(waiting.from, waiting.content);
        if (error && error != Errc::replayed) {
            notice(Notice::Kind::refused, room.id(),
                   "of " + name_of(room) +
                       " something was refused that came early: " + error.message());
        }
    }
    try_all_again(room);
}

// Keeps for later what can only be judged with more of the log.
std::error_code Rooms::Impl::came_early(const Room& room, const PublicKey& from,
                                        std::string_view kind, ByteView bytes) {
    if (!lobby_.add(room.id(), from, {std::string(kind), bytes.str()}, now())) {
        return Errc::queue_full;
    }
    ask_records(room, from, room.log().records().size());
    return {};
}

std::error_code Rooms::Impl::came_key(Room& room, const PublicKey& from, ByteView bytes) {
    const auto content = KeyContent::unpack(bytes);
    if (!content) {
        return content.error();
    }
    if (content->epoch > room.state().epoch) {
        return came_early(room, from, room_kind::key, bytes);
    }
    if (const auto error = room.add_key(content->epoch, content->key)) {
        return error;
    }
    if (room.history().empty() && content->clock > room.kept().clock &&
        content->clock < room_clock_max / 2) {
        room.change([&](Room::Kept& kept) { kept.clock = content->clock; });
    }
    try_all_again(room);
    return {};
}

std::error_code Rooms::Impl::came_split(Room& room, const PublicKey& from, ByteView bytes) {
    const auto split = unpack_split(bytes);
    if (!split) {
        return split.error();
    }
    if (room.split()) {
        return {};
    }
    const RoomRecord& one = split->one;
    const RoomRecord& other = split->other;
    const PublicKey& owner = room.state().owner;
    if (one.room != room.id() || other.room != room.id() || one.number != other.number ||
        one.hash() == other.hash()) {
        return Errc::malformed;
    }
    // The owner may write at any time, so this needs no log.
    if (one.by == owner && other.by == owner && one.is_signed() && other.is_signed()) {
        split_found(room, *split);
        return {};
    }
    const std::size_t size = room.log().records().size();
    if (one.number > size) {
        return came_early(room, from, room_kind::split, bytes);
    }
    std::error_code error;
    for (const RoomRecord* const record : {&one, &other}) {
        if (const auto refused = append(room, from, *record)) {
            error = refused;
        }
    }
    if (room.log().records().size() > size) {
        log_grew(room);
    }
    return room.split() ? std::error_code() : error;
}

std::error_code Rooms::Impl::came_leave(Room& room, const PublicKey& from) {
    const RoomState& state = room.state();
    const PublicKey& who = from;
    if (!state.has(who)) {
        return {};
    }
    if ((state.owner != me_ && state.stand_in != me_) || who == state.owner) {
        return Errc::auth_failed;
    }
    // Not at once: that the other one did so already may be on its way.
    room.change([&](Room::Kept& kept) { kept.leaving.emplace(who, now()); });
    return {};
}

}  // namespace netaio::chat
