#include <algorithm>
#include <netaio/chat/rooms.hpp>
#include <netaio/chat/shown_text.hpp>
#include <stdexcept>

#include "rooms_impl.hpp"

namespace netaio::chat {

Rooms::Impl::Impl(const Identity& identity, Vault& vault, Environment environment,
                  RoomsEvents events, Send send, IsStranger is_stranger)
    : identity_(identity),
      me_(identity.public_key()),
      vault_(&vault),
      environment_(std::move(environment)),
      events_(std::move(events)),
      send_(std::move(send)),
      is_stranger_(std::move(is_stranger)),
      rooms_(Room::load(me_, vault)),
      receipts_(vault),
      debts_(vault),
      lobby_(vault) {
    for (auto& [id, room] : rooms_) {
        room.restore_owed(oldest_owed_epoch(room));
    }
}

const Room* Rooms::Impl::find(const RoomId& id) const {
    const auto found = rooms_.find(id);
    return found == rooms_.end() ? nullptr : &found->second;
}

Room* Rooms::Impl::find(const RoomId& id) {
    const auto found = rooms_.find(id);
    return found == rooms_.end() ? nullptr : &found->second;
}

Result<MessageId> Rooms::Impl::carry(const PublicKey& to, const Content& content) {
    auto sent = send_(to, content);
    if (!sent) {
        environment_.log(LogLevel::error,
                         "a " + content.kind + " cannot be sent: " + sent.error().message());
    }
    return sent;
}

void Rooms::Impl::notice(Notice::Kind kind, const RoomId& id, std::string text) const {
    if (events_.noticed) {
        events_.noticed({kind, id, std::move(text)});
    }
}

void Rooms::Impl::changed() const {
    if (events_.changed) {
        events_.changed();
    }
}

std::string Rooms::Impl::name_of(const Room& room) const {
    return "the room " + chat::shown(room.state().name);
}

Result<RoomId> Rooms::Impl::make(const std::string& name) {
    if (rooms_.size() >= rooms_max) {
        return Errc::queue_full;
    }
    try {
        RoomLog log = RoomLog::create(name, identity_, *environment_.random);
        const RoomId id = log.state().id;
        Room& room = rooms_.emplace(id, Room(std::move(log), me_, *vault_, now())).first->second;
        if (const auto error = begin_epoch(room)) {
            return error;
        }
        changed();
        return id;
    } catch (const std::invalid_argument&) {
        return Errc::malformed;
    }
}

// Everybody who is a member before or after is told.
std::error_code Rooms::Impl::write(Room& room, RoomAct what) {
    const auto record = room.log().next(std::move(what), identity_);
    if (!record) {
        return record.error();
    }
    if (const auto appended = room.append(*record, now()); !appended) {
        return appended.error();
    }
    const RoomDebt owed{.record = record->number};
    const auto* const added = std::get_if<AddMember>(&record->act);
    for_others(room, [&](const PublicKey& to) {
        if (!added || added->member != to) {
            give(room, to, owed);
        }
    });
    if (const auto* const removed = std::get_if<RemoveMember>(&record->act)) {
        give(room, removed->member, owed);
        forget_receipts(room, removed->member);
    }
    changed();
    return {};
}

std::error_code Rooms::Impl::begin_epoch(Room& room) {
    const std::uint64_t epoch = room.state().epoch + 1;
    const SecretKey key = SecretKey::make(*environment_.random);
    if (const auto error = write(room, BeginEpoch{epoch, room_key_hash(room.id(), epoch, key)})) {
        return error;
    }
    if (const auto error = room.add_key(epoch, key)) {
        return error;
    }
    give_to_members(room, {.epoch = epoch});
    room.forget_keys(now(), oldest_owed_epoch(room));
    return {};
}

void Rooms::Impl::forget_receipts(const Room& room, const PublicKey& gone) {
    for (const RoomReceipts::Sent& sent : receipts_.forget(room.id(), gone)) {
        tell_mark(sent.message, [&](Reach& reach) {
            --reach.members;
            reach.delivered -= sent.mark >= Mark::delivered;
        });
    }
    forgive(room, gone);
}

std::error_code Rooms::Impl::invite(const RoomId& id, const PublicKey& whom) {
    Room* const room = find(id);
    if (!room) {
        return Errc::not_connected;
    }
    if (const auto error = write(*room, AddMember{whom})) {
        return error;
    }
    if (room->state().key_is_due) {
        give(*room, whom, {.record = 0});
        return begin_epoch(*room);
    }
    give(*room, whom, {.record = 0, .epoch = room->state().epoch});
    return {};
}

std::error_code Rooms::Impl::remove(const RoomId& id, const PublicKey& whom) {
    Room* const room = find(id);
    if (!room) {
        return Errc::not_connected;
    }
    if (whom == me_) {
        return Errc::unsupported;
    }
    if (const auto error = write(*room, RemoveMember{whom})) {
        return error;
    }
    const std::error_code error = begin_epoch(*room);
    try_all_again(*room);
    return error;
}

std::error_code Rooms::Impl::act(const RoomId& id, RoomAct what) {
    Room* const room = find(id);
    if (!room) {
        return Errc::not_connected;
    }
    return write(*room, std::move(what));
}

std::error_code Rooms::Impl::leave(const RoomId& id) {
    Room* const room = find(id);
    if (!room) {
        return Errc::not_connected;
    }
    if (!room->is_member()) {
        return Errc::auth_failed;
    }
    if (room->state().owner == me_) {
        return Errc::unsupported;
    }
    room->change([](Room::Kept& kept) { kept.asked_to_leave = true; });
    for (const auto& who : {std::optional(room->state().owner), room->state().stand_in}) {
        if (who && *who != me_) {
            give(*room, *who, {.leave = true});
        }
    }
    return {};
}

std::vector<RoomView> Rooms::Impl::views() const {
    std::vector<RoomView> views;
    for (const auto& [id, room] : rooms_) {
        RoomView view{.id = id,
                      .name = room.state().name,
                      .owner = room.state().owner,
                      .members = room.state().members,
                      .is_member = room.is_member(),
                      .unread = static_cast<std::size_t>(room.kept().unread.count)};
        if (const RoomRecord* const removal = room.removal(); removal && !view.is_member) {
            view.removed_by = removal->by;
        }
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<Line> Rooms::Impl::not_shown(const RoomId& id, std::size_t max) const {
    std::vector<Line> lines;
    if (const Room* const room = find(id)) {
        const Unread& unread = room->kept().unread;
        for (const KeptLine& kept :
             chat::not_shown(*vault_, ByteView(id), unread, unread.after + max)) {
            lines.push_back(RoomLine::unpack(kept, room->history().author(kept.number)).line);
        }
    }
    return lines;
}

void Rooms::Impl::shown(const RoomId& id, std::uint64_t up_to) {
    Room* const room = find(id);
    const auto lines = room ? chat::not_shown(*vault_, ByteView(id), room->kept().unread, up_to)
                            : std::vector<KeptLine>();
    if (lines.empty()) {
        return;
    }
    Unread unread = room->kept().unread;
    for (const KeptLine& kept : lines) {
        const auto author = room->history().author(kept.number);
        const auto carried = RoomLine::unpack(kept, author).carried;
        if (carried && events_.read) {
            events_.read(*author, *carried);
        }
        unread.count -= author != me_;
    }
    unread.after = lines.back().number;
    room->change([&](Room::Kept& kept) { kept.unread = unread; });
    changed();
}

Rooms::Rooms(const Identity& identity, Vault& vault, Environment environment, RoomsEvents events,
             Send send, IsStranger is_stranger)
    : impl_(std::make_unique<Impl>(identity, vault, std::move(environment), std::move(events),
                                   std::move(send), std::move(is_stranger))) {}
Rooms::~Rooms() = default;

Result<RoomId> Rooms::make(const std::string& name) {
    return impl_->make(name);
}
std::error_code Rooms::invite(const RoomId& room, const PublicKey& whom) {
    return impl_->invite(room, whom);
}
std::error_code Rooms::remove(const RoomId& room, const PublicKey& whom) {
    return impl_->remove(room, whom);
}
std::error_code Rooms::rename(const RoomId& room, const std::string& name) {
    return impl_->act(room, RenameRoom{name});
}
std::error_code Rooms::name_stand_in(const RoomId& room, const std::optional<PublicKey>& whom) {
    return impl_->act(room, NameStandIn{whom});
}
std::error_code Rooms::leave(const RoomId& room) {
    return impl_->leave(room);
}
Result<MessageId> Rooms::say(const RoomId& room, const std::string& text) {
    return impl_->say(room, text);
}
std::vector<RoomView> Rooms::views() const {
    return impl_->views();
}
std::vector<Line> Rooms::order(const RoomId& room, std::uint64_t before, std::size_t max) const {
    return impl_->order(room, before, max);
}
std::vector<Line> Rooms::not_shown(const RoomId& room, std::size_t max) const {
    return impl_->not_shown(room, max);
}
void Rooms::shown(const RoomId& room, std::uint64_t up_to) {
    impl_->shown(room, up_to);
}
std::error_code Rooms::came(const PublicKey& from, const Content& content,
                            const std::optional<MessageId>& id) {
    return impl_->came(from, content, id);
}
void Rooms::marked(const PublicKey& to, const MessageId& id, Mark mark) {
    impl_->marked(to, id, mark);
}
void Rooms::tick() {
    impl_->tick();
}

}  // namespace netaio::chat
