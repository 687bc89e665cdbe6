#pragma once

#include <map>
#include <netaio/chat/rooms.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "room.hpp"
#include "room_contents.hpp"
#include "room_debts.hpp"
#include "room_line.hpp"
#include "room_lobby.hpp"
#include "room_names.hpp"
#include "room_receipts.hpp"

namespace netaio::chat {

class Rooms::Impl {
public:
    Impl(const Identity& identity, Vault& vault, Environment environment, RoomsEvents events,
         Send send, IsStranger is_stranger);

    // rooms.cpp: what the owner or the stand-in does.
    Result<RoomId> make(const std::string& name);
    std::error_code invite(const RoomId& id, const PublicKey& whom);
    std::error_code remove(const RoomId& id, const PublicKey& whom);
    std::error_code act(const RoomId& id, RoomAct what);
    std::error_code leave(const RoomId& id);
    std::vector<RoomView> views() const;
    std::vector<Line> not_shown(const RoomId& id, std::size_t max) const;
    void shown(const RoomId& id, std::uint64_t up_to);
    const Room* find(const RoomId& id) const;
    Room* find(const RoomId& id);

    // rooms_messages.cpp: what is said.
    Result<MessageId> say(const RoomId& id, const std::string& text);
    std::vector<Line> order(const RoomId& id, std::uint64_t before, std::size_t max) const;
    void marked(const PublicKey& to, const MessageId& id, Mark mark);

    // rooms_came.cpp, rooms_asks.cpp
    std::error_code came(const PublicKey& from, const Content& content,
                         const std::optional<MessageId>& content_id = {});
    void tick();

private:
    std::uint64_t now() const { return environment_.clock->unix_seconds(); }
    Result<MessageId> carry(const PublicKey& to, const Content& content);
    /// Each member but oneself.
    template <class Visit>
    void for_others(const Room& room, const Visit& visit) const {
        for (const PublicKey& member : room.state().members) {
            if (member != me_) {
                visit(member);
            }
        }
    }
    void notice(Notice::Kind kind, const RoomId& id, std::string text) const;
    void changed() const;
    std::string name_of(const Room& room) const;

    // rooms.cpp
    std::error_code write(Room& room, RoomAct what);
    std::error_code begin_epoch(Room& room);
    void forget_receipts(const Room& room, const PublicKey& gone);

    // rooms_debts.cpp: what members are sent as soon as there is room for it.
    void give(const Room& room, const PublicKey& to, const RoomDebt& what);
    void give_to_members(const Room& room, const RoomDebt& what);
    std::error_code pay(const Room& room, const PublicKey& to, RoomDebt& debt);
    std::error_code pay_messages(const Room& room, const PublicKey& to, RoomDebt& debt);
    void pay_all(const Room& room);
    void forgive(const Room& room, const PublicKey& gone);
    void forgive_leaving(const Room& room);
    void log_owed(const std::error_code& error) const;
    bool is_owed(const Room& room, const RoomReceipts::Message& message) const;
    std::uint64_t oldest_owed_epoch(const Room& room) const;
    std::span<const RoomRecord> records_for(const Room& room, const PublicKey& who) const;

    // rooms_came.cpp
    std::error_code came_of_unknown(const RoomId& id, const PublicKey& from,
                                    const Content& content);
    bool is_strangers(const PublicKey& owner) const;
    bool takes_room_of(const PublicKey& owner) const;
    std::error_code came_records(Room& room, const PublicKey& from, ByteView bytes);
    std::error_code came_key(Room& room, const PublicKey& from, ByteView bytes);
    std::error_code came_split(Room& room, const PublicKey& from, ByteView bytes);
    std::error_code came_early(const Room& room, const PublicKey& from, std::string_view kind,
                               ByteView bytes);
    std::error_code came_leave(Room& room, const PublicKey& from);
    std::error_code append(Room& room, const PublicKey& from, const RoomRecord& record);
    void split_found(Room& room, const RoomSplit& split);
    void log_grew(Room& room);
    void tell_removal(Room& room);

    // rooms_messages.cpp
    std::error_code came_message(Room& room, const PublicKey& from, const std::string& bytes,
                                 const std::optional<MessageId>& content_id);
    void came_again(Room& room, const MessageHash& hash, const PublicKey& from,
                    const MessageId& content_id);
    void accept(Room& room, const RoomMessage& message, const MessageHash& hash,
                const std::string& bytes, const std::optional<MessageId>& carried = {});
    void carry_own(const Room& room, const std::vector<PublicKey>& to, const std::string& bytes,
                   const RoomReceipts::Message& own, std::uint64_t number);
    std::error_code settle(Room& room, const MessageHash& hash, HeldMessage message, bool held,
                           std::vector<MessageHash>& again);
    void refused(Room& room, const MessageHash& hash, const HeldMessage& message,
                 const Judgement& judgement);
    void try_again(Room& room, std::vector<MessageHash> again);
    void try_all_again(Room& room);
    void look_for_gap(Room& room);
    RoomLine line(const RoomId& id, std::uint64_t number) const;
    Mark mark_of(const RoomReceipts::Message& message, const Reach& reach) const;
    void tell_mark(const RoomReceipts::Message& message,
                   const std::function<void(Reach&)>& change_reach);

    // rooms_asks.cpp
    std::error_code came_ask(Room& room, const PublicKey& from, ByteView bytes);
    void ask_records(const Room& room, const PublicKey& whom, std::uint64_t first);
    void ask_key(const Room& room, const PublicKey& whom, std::uint64_t epoch);
    void ask_messages(const Room& room, const PublicKey& whom,
                      const std::vector<MessageHash>& missing);
    void ask_messages_of(const Room& room, const PublicKey& whom,
                         std::vector<MessageHash> messages);
    void answer_messages(const Room& room, const PublicKey& who, const AskContent& ask);
    void came_more(Room& room, const PublicKey& from);
    bool may_ask(std::string what);
    void ask_again(Room& room);
    void make_due_key(Room& room);

    const Identity identity_;
    const PublicKey me_;
    Vault* vault_;
    Environment environment_;
    RoomsEvents events_;
    Send send_;
    IsStranger is_stranger_;
    std::map<RoomId, Room> rooms_;
    RoomReceipts receipts_;
    RoomDebts debts_;
    RoomLobby lobby_;
    std::map<std::string, std::uint64_t> asked_;                           // what, and when
    std::map<PublicKey, std::pair<std::uint64_t, std::size_t>> answered_;  // minute, how often
    /// How far somebody was brought messages of a room, and when.
    struct Brought {
        std::uint64_t at = 0;
        LastNumbers up_to = {};
    };
    std::map<std::pair<PublicKey, RoomId>, Brought> brought_;
};

}  // namespace netaio::chat
