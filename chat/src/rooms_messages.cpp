#include <algorithm>
#include <netaio/chat/limits.hpp>
#include <netaio/packify.hpp>
#include <utility>

#include "rooms_impl.hpp"

namespace netaio::chat {
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
                         const std::string& bytes, const std::optional<MessageId>& carried) {
    Line line{.from = message.from, .id = message.id, .text = message.text, .at = message.at};
    std::vector<PublicKey> others;
    if (message.from == me_) {
        for_others(room, [&](const PublicKey& to) { others.push_back(to); });
        line.reach.members = others.size();
    }
    line.number = vault_->append(ByteView(room.id()), RoomLine{line, carried}.pack());
    room.history().accept(message, hash, bytes, line.number);
    if (message.from != me_) {
        room.change([&](Room::Kept& kept) { kept.unread.add(line.number); });
    }
    if (events_.said) {
        events_.said(room.id(), line);
    }
    if (message.from == me_) {
        carry_own(room, others, bytes, {room.id(), line.number}, message.number);
    } else {
        changed();
    }
}

void Rooms::Impl::carry_own(const Room& room, const std::vector<PublicKey>& others,
                            const std::string& bytes, const RoomReceipts::Message& own,
                            std::uint64_t number) {
    for (const PublicKey& to : others) {
        if (debts_.find(room.id(), to) != RoomDebt()) {
            give(room, to, {.message = number});
        } else if (const auto sent = send_(to, {std::string(room_kind::message), bytes})) {
            receipts_.add(to, *sent, own);
        } else {
            debts_.put(room.id(), to, {.message = number});
            log_owed(sent.error());
        }
    }
    tell_mark(own, [](Reach&) {});
}

std::error_code Rooms::Impl::came_message(Room& room, const PublicKey& from,
                                          const std::string& bytes,
                                          const std::optional<MessageId>& content_id) {
    const auto sealed = SealedRoomMessage::unpack(bytes);
    if (!sealed) {
        return sealed.error();
    }
    const MessageHash hash = message_hash(bytes);
    if (room.history().knows(hash) || room.held().contains(hash)) {
        if (content_id) {
            came_again(room, hash, from, *content_id);
        }
        return Errc::replayed;
    }
    // Who waits for it, had seen it.
    const bool witnessed = room.missing().contains(hash);
    std::vector<MessageHash> again;
    const auto error = settle(room, hash,
                              {.from = from,
                               .epoch = sealed->epoch,
                               .bytes = bytes,
                               .id = content_id,
                               .witnessed = witnessed},
                              false, again);
    try_again(room, std::move(again));
    return error;
}

// What another member brought before, its author brings now.
void Rooms::Impl::came_again(Room& room, const MessageHash& hash, const PublicKey& from,
                             const MessageId& content_id) {
    const SeenMessage* const message = room.history().find(hash);
    if (!message || message->from != from || !room.kept().unread.has(message->line)) {
        return;
    }
    RoomLine known = line(room.id(), message->line);
    if (!known.carried) {
        known.carried = content_id;
        vault_->replace(ByteView(room.id()), message->line, known.pack());
    }
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
            const bool by_author = judgement.message->from == from;
            accept(room, *judgement.message, hash, message.bytes,
                   by_author ? message.id : std::nullopt);
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
    if (!room.hold(hash, message)) {
        room.let_go(hash, message);
        if (!std::exchange(room.is_letting_go_told, true)) {
            notice(Notice::Kind::missing, room.id(),
                   "in " + name_of(room) +
                       " too many messages wait for others: some were let go, and are asked for "
                       "again");
        }
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
    const bool is_of_member = room.log().was_member(message.from);
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
    room.forget_keys(now(), oldest_owed_epoch(room));
}

void Rooms::Impl::look_for_gap(Room& room) {
    const bool is_gap = !room.wanted().empty();
    if (is_gap == room.is_gap_told) {
        return;
    }
    room.is_gap_told = is_gap;
    room.is_letting_go_told = room.is_letting_go_told && is_gap;
    if (is_gap) {
        notice(Notice::Kind::missing, room.id(),
               "in " + name_of(room) + " messages are missing: those after them wait");
    }
    changed();
}

RoomLine Rooms::Impl::line(const RoomId& id, std::uint64_t number) const {
    return RoomLine::unpack(vault_->lines(ByteView(id), number + 1, 1).at(0),
                            find(id)->history().author(number));
}

std::vector<Line> Rooms::Impl::order(const RoomId& id, std::uint64_t before,
                                     std::size_t max) const {
    std::vector<Line> lines;
    if (const Room* const room = find(id)) {
        for (const std::uint64_t number : room->history().order(before, max)) {
            lines.push_back(line(id, number).line);
        }
    }
    return lines;
}

void Rooms::Impl::marked(const PublicKey& to, const MessageId& id, Mark mark) {
    if (const auto before = receipts_.marked(to, id, mark)) {
        tell_mark(before->message, [&](Reach& reach) {
            reach.delivered += before->mark < Mark::delivered && mark >= Mark::delivered;
            reach.read += mark == Mark::read;
        });
    }
    // There is room for more of what waits for them.
    if (mark >= Mark::delivered) {
        for (const auto& [room_id, room] : rooms_) {
            if (debts_.find(room_id, to) != RoomDebt()) {
                give(room, to, {});
            }
        }
    }
}

Mark Rooms::Impl::mark_of(const RoomReceipts::Message& message, const Reach& reach) const {
    if (reach.delivered == reach.members) {
        return reach.members > 0 && reach.read == reach.members ? Mark::read : Mark::delivered;
    }
    return is_owed(*find(message.room), message)
               ? Mark::waiting
               : std::min(Mark::at_relay, receipts_.mark(message));
}

void Rooms::Impl::tell_mark(const RoomReceipts::Message& message,
                            const std::function<void(Reach&)>& change_reach) {
    const Line before = line(message.room, message.line).line;
    Line own = before;
    change_reach(own.reach);
    own.mark = std::max(own.mark, mark_of(message, own.reach));
    if (own.mark == before.mark && own.reach == before.reach) {
        return;
    }
    vault_->replace(ByteView(message.room), message.line, RoomLine{own}.pack());
    if (events_.reached && own.reach.read > before.reach.read) {
        events_.reached(message.room, own, Mark::read);
    } else if (events_.reached && own.reach.delivered > before.reach.delivered) {
        events_.reached(message.room, own, Mark::delivered);
    }
    if (events_.marked && own.mark > before.mark) {
        events_.marked(message.room, own);
    }
}

}  // namespace netaio::chat
