#include <algorithm>
#include <netaio/chat/limits.hpp>
#include <netaio/packify.hpp>
#include <utility>

#include "fields.hpp"
#include "rooms_impl.hpp"

namespace netaio::chat {
namespace {

std::string kept_line(const Line& line) {
    return pack(Dict{{"id", Bytes(ByteView(line.id))},
                     {"text", line.text},
                     {"at", line.at},
                     {"mark", static_cast<std::uint8_t>(line.mark)}})
        .value();
}

Line line_kept(const KeptLine& kept, const PublicKey& from) {
    const Value value = unpack(kept.bytes).value();
    return {.number = kept.number,
            .from = from,
            .id = array_field<16>(value, "id").value(),
            .text = std::string(value.find("text")->as_str().value()),
            .at = number_field<std::uint64_t>(value, "at").value(),
            .mark = static_cast<Mark>(number_field<std::uint8_t>(value, "mark").value())};
}

}  // namespace

Result<MessageId> Rooms::Impl::say(const RoomId& id, const std::string& text) {
    Room* const room = find(id);
    if (!room) {
        return Errc::not_connected;
    }
    const RoomState& state = room->state();
    const SecretKey* const key = room->key(state.epoch);
    if (!room->is_member()) {
        return Errc::auth_failed;
    }
    if (text.empty() || !pack(text)) {
        return Errc::malformed;
    }
    if (text.size() > text_size_max) {
        return Errc::too_large;
    }
    if (state.key_is_due || !key) {
        return Errc::pending;
    }
    const RoomRecord& last = room->log().records().back();
    std::uint64_t number = 0;
    const auto previous = room->history().last_of(me_, &number);
    RoomMessage message{.room = id,
                        .epoch = state.epoch,
                        .from = me_,
                        .record = last.number,
                        .record_hash = last.hash(),
                        .number = number + 1,
                        .previous = previous,
                        .clock = std::max(room->history().clock(), room->kept().clock) + 1,
                        .heads = room->history().heads(),
                        .id = {},
                        .at = now(),
                        .text = text};
    environment_.random->fill(
        std::span(reinterpret_cast<char*>(message.id.data()), message.id.size()));
    message.sign(identity_);
    const std::string bytes = SealedRoomMessage::seal(message, *key, *environment_.random).pack();
    accept(*room, message, message_hash(bytes), bytes);
    return message.id;
}

void Rooms::Impl::accept(Room& room, const RoomMessage& message, const MessageHash& hash,
                         const std::string& bytes) {
    Line line{.from = message.from, .id = message.id, .text = message.text, .at = message.at};
    line.number = vault_->append(ByteView(room.id()), kept_line(line));
    room.history().accept(message, hash, bytes, line.number);
    if (message.from != me_) {
        room.change([](Room::Kept& kept) { ++kept.unread; });
    }
    if (events_.said) {
        events_.said(room.id(), line);
    }
    if (message.from != me_) {
        changed();
        return;
    }
    const RoomReceipts::Message own{room.id(), line.number};
    for (const MemberKey& member : room.state().members) {
        const auto to = person(member);
        if (to && *to != me_) {
            if (const auto sent = carry(*to, {std::string(room_kind::message), bytes})) {
                receipts_.add(*to, *sent, own);
            }
        }
    }
    tell_mark(own);
}

std::error_code Rooms::Impl::came_message(Room& room, const PublicKey& from,
                                          const std::string& bytes) {
    const auto sealed = SealedRoomMessage::unpack(bytes);
    if (!sealed) {
        return sealed.error();
    }
    const MessageHash hash = message_hash(bytes);
    if (room.history().knows(hash) || room.held().contains(hash)) {
        return Errc::replayed;
    }
    // Who waits for it, had seen it.
    const bool witnessed = room.missing().contains(hash);
    std::vector<MessageHash> again;
    const auto error = settle(
        room, hash, {.from = from, .epoch = sealed->epoch, .bytes = bytes, .witnessed = witnessed},
        false, again);
    try_again(room, std::move(again));
    return error;
}

// Which messages are to be tried again after that, is added to `again`.
std::error_code Rooms::Impl::settle(Room& room, const MessageHash& hash, HeldMessage message,
                                    bool held, std::vector<MessageHash>& again) {
    const SealedRoomMessage sealed = SealedRoomMessage::unpack(message.bytes).value();
    Judgement judgement = room.judge(sealed, hash, held, message.witnessed);
    const PublicKey from = message.from;
    if (judgement.wait == Wait::nothing) {
        room.drop(hash);
        if (judgement.refused) {
            refused(room, hash, message, judgement);
        } else {
            if (judgement.lost) {
                notice(Notice::Kind::missing, room.id(),
                       "in " + name_of(room) + " messages are missing that are too old to be had");
            }
            accept(room, *judgement.message, hash, message.bytes);
        }
        for (const auto& [other, waiting] : room.held()) {
            if (std::find(waiting.missing.begin(), waiting.missing.end(), hash) !=
                waiting.missing.end()) {
                again.push_back(other);
            }
        }
        return judgement.refused;
    }
    message.wait = judgement.wait;
    message.missing = judgement.missing;
    if (!room.hold(hash, std::move(message))) {
        notice(Notice::Kind::missing, room.id(),
               "in " + name_of(room) + " too many messages wait for others: one was let go");
        return Errc::queue_full;
    }
    for (const MessageHash& other : judgement.missing) {
        const auto waiting = room.held().find(other);
        if (waiting != room.held().end() && waiting->second.wait == Wait::witness) {
            HeldMessage witnessed = waiting->second;
            witnessed.witnessed = true;
            room.hold(other, std::move(witnessed));
            again.push_back(other);
        }
    }
    if (!held) {
        if (judgement.wait == Wait::records) {
            ask_records(room, from, room.log().records().size());
        } else if (judgement.wait == Wait::key) {
            ask_key(room, from, sealed.epoch);
        } else if (judgement.wait == Wait::messages) {
            ask_messages(room, from, judgement.missing);
        }
    }
    return judgement.refused;
}

void Rooms::Impl::refused(Room& room, const MessageHash& hash, const HeldMessage& message,
                          const Judgement& judgement) {
    const bool is_of_member = room.was_member(member_of(message.from));
    if (judgement.equivocates) {
        notice(Notice::Kind::refused, room.id(),
               "in " + name_of(room) + " somebody said different things to different people: " +
                   short_number(judgement.message->from));
    }
    if (judgement.other_record && is_of_member) {
        if (!room.split() && !room.is_other_told) {
            room.is_other_told = true;
            notice(Notice::Kind::room_split, room.id(),
                   short_number(message.from) + " says that " + name_of(room) +
                       " was told differently to them: asked for what proves it");
        }
        ask_records(room, message.from, SealedRoomMessage::unpack(message.bytes)->record);
    }
    // Others may have taken it, such as a member wrote, and go on from it.
    if (judgement.message || (judgement.refused == Errc::stale && is_of_member)) {
        room.history().refuse(hash);
    }
}

void Rooms::Impl::try_again(Room& room, std::vector<MessageHash> again) {
    while (!again.empty()) {
        const MessageHash hash = again.back();
        again.pop_back();
        const auto held = room.held().find(hash);
        if (held == room.held().end()) {
            continue;
        }
        const HeldMessage message = held->second;
        const auto error = settle(room, hash, message, true, again);
        if (error && !room.held().contains(hash)) {
            notice(Notice::Kind::refused, room.id(),
                   "in " + name_of(room) + " a message was refused: " + error.message());
        }
    }
    look_for_gap(room);
}

void Rooms::Impl::try_all_again(Room& room) {
    std::vector<MessageHash> all;
    for (const auto& [hash, message] : room.held()) {
        all.push_back(hash);
    }
    try_again(room, std::move(all));
    room.forget_keys(now());
}

void Rooms::Impl::look_for_gap(Room& room) {
    const bool is_gap = !room.missing().empty();
    if (is_gap == room.is_gap_told) {
        return;
    }
    room.is_gap_told = is_gap;
    if (is_gap) {
        notice(Notice::Kind::missing, room.id(),
               "in " + name_of(room) + " messages are missing: those after them wait");
    }
    changed();
}

Line Rooms::Impl::line(const RoomId& id, std::uint64_t number) const {
    return line_kept(vault_->lines(ByteView(id), number + 1, 1).at(0),
                     find(id)->history().author(number));
}

std::vector<Line> Rooms::Impl::order(const RoomId& id, std::uint64_t before,
                                     std::size_t max) const {
    std::vector<Line> lines;
    if (const Room* const room = find(id)) {
        for (const std::uint64_t number : room->history().order(before, max)) {
            lines.push_back(line(id, number));
        }
    }
    return lines;
}

void Rooms::Impl::marked(const PublicKey& to, const MessageId& id, Mark mark) {
    for (const RoomReceipts::Message& message : receipts_.marked(to, id, mark)) {
        tell_mark(message);
    }
}

void Rooms::Impl::tell_mark(const RoomReceipts::Message& message) {
    Line own = line(message.room, message.line);
    const Mark mark = receipts_.mark(message);
    if (mark <= own.mark) {
        return;
    }
    own.mark = mark;
    vault_->replace(ByteView(message.room), message.line, kept_line(own));
    if (events_.marked) {
        events_.marked(message.room, own);
    }
}

}  // namespace netaio::chat
