#include <algorithm>
#include <netaio/chat/limits.hpp>
#include <netaio/chat/rooms.hpp>

#include "desk.hpp"
#include "misuse.hpp"

/// What is typed of rooms.
namespace netaio::chat_app {

void Desk::make_room(const command::MakeRoom& asked) {
    const auto room = chat_.make_room(asked.name);
    if (!room) {
        expect_done(room.error(), "the room is not made",
                    {{Errc::malformed, "its name has 1 to " + std::to_string(chat::name_size_max) +
                                           " bytes, of UTF-8"},
                     {Errc::queue_full,
                      "there are " + std::to_string(chat::rooms_max) + ", and no more can be"}});
    } else {
        calls_.wake();
        choose(*room);
    }
}

void Desk::invite(const command::Invite& asked) {
    const chat::RoomId room = chosen_room();
    const chat::PublicKey whom = names_.person(asked.name);
    const std::string name = names_.of(whom);
    expect_done(chat_.invite(room, whom), "not invited",
                {{Errc::auth_failed, why_refused(whom).value_or(why_not_mine(room))},
                 {Errc::malformed, name + " is in " + names_.of(room) + " already"},
                 {Errc::too_large, why_full(room)},
                 {Errc::queue_full, "too much waits for " + name + " already"}});
}

void Desk::remove(const command::Remove& asked) {
    const chat::RoomId room = chosen_room();
    const chat::PublicKey whom = names_.person(asked.name);
    const auto view = view_of(room);
    const bool is_owner = view && view->owner == whom;
    expect_done(chat_.remove(room, whom), "not removed",
                {{Errc::auth_failed, why_not_mine(room)},
                 {Errc::malformed, names_.of(whom) +
                                       (is_owner ? " is the owner of " : " is no member of ") +
                                       names_.of(room)},
                 {Errc::too_large, why_full(room)}});
}

void Desk::leave() {
    const chat::RoomId room = chosen_room();
    expect_done(chat_.leave(room), "not left",
                {{Errc::auth_failed, why_none_of(room)},
                 {Errc::unsupported,
                  "its owner, which you are, cannot; /remove NAME ends it for the others"}});
}

void Desk::name_stand_in(const command::NameStandIn& asked) {
    const chat::RoomId room = chosen_room();
    const auto whom = asked.name ? std::optional(names_.person(*asked.name)) : std::nullopt;
    const auto view = view_of(room);
    expect_done(chat_.name_stand_in(room, whom), "not named",
                {{Errc::auth_failed, view && view->is_member
                                         ? "only the owner of " + names_.of(room) + ", " +
                                               names_.of(view->owner) + ", says who stands in"
                                         : why_none_of(room)},
                 {Errc::malformed,
                  (whom ? names_.of(*whom) : "that") + " is no member: /invite them first"},
                 {Errc::too_large, why_full(room)}});
}

void Desk::show_rooms() const {
    for (const chat::RoomView& room : chat_.rooms()) {
        std::string members;
        for (const chat::PublicKey& member : room.members) {
            members += " " + names_.of(member);
        }
        tell(names_.of(room.id) + (room.is_member ? "" : "  (left)") + ":" + members);
    }
    if (chat_.rooms().empty()) {
        tell("none yet; /room NAME makes one");
    }
}

chat::RoomId Desk::chosen_room() const {
    const auto* const room = chosen_ ? std::get_if<chat::RoomId>(&*chosen_) : nullptr;
    if (!room) {
        throw Misuse("choose a room first, as with /to #NAME; /rooms lists them");
    }
    return *room;
}

std::optional<chat::RoomView> Desk::view_of(const chat::RoomId& room) const {
    const auto rooms = chat_.rooms();
    const auto view = std::ranges::find(rooms, room, &chat::RoomView::id);
    return view == rooms.end() ? std::nullopt : std::optional(*view);
}

std::string Desk::why_none_of(const chat::RoomId& room) const {
    const auto view = view_of(room);
    if (!view || !view->removed_by) {
        return "you are no member of " + names_.of(room);
    }
    return names_.of(*view->removed_by) + " removed you from " + names_.of(room) + "; its owner, " +
           names_.of(view->owner) + ", can invite you again";
}

std::string Desk::why_not_mine(const chat::RoomId& room) const {
    const auto view = view_of(room);
    if (!view || !view->is_member) return why_none_of(room);
    return "only the owner of " + names_.of(room) + ", " + names_.of(view->owner) +
           ", says who is in it, and while they are away whom they named for that";
}

std::string Desk::why_full(const chat::RoomId& room) const {
    return names_.of(room) + " is full: it has at most " + std::to_string(chat::room_members_max) +
           " members, and " + std::to_string(chat::room_records_max) +
           " changes of them; /room NAME makes another";
}

}  // namespace netaio::chat_app
