#include <algorithm>
#include <limits>

#include "rooms_impl.hpp"

/// What members are sent later, as it could not be sent at once.
namespace netaio::chat {

// Who is gone sees how that came about, and no more.
std::span<const RoomRecord> Rooms::Impl::records_for(const Room& room, const PublicKey& who) const {
    std::span<const RoomRecord> records = room.log().records();
    while (!room.state().has(who) && !records.empty()) {
        const auto* const removed = std::get_if<RemoveMember>(&records.back().act);
        if (removed && removed->member == who) {
            break;
        }
        records = records.first(records.size() - 1);
    }
    return records;
}

// After what is owed already, so that it comes in order.
void Rooms::Impl::give(const Room& room, const PublicKey& to, const RoomDebt& what) {
    RoomDebt debt = debts_.find(room.id(), to);
    const bool is_first = debt == RoomDebt();
    debt.add(what);
    const std::error_code error = pay(room, to, debt);
    debts_.put(room.id(), to, debt);
    if (error && is_first) {
        log_owed(error);
    }
}

void Rooms::Impl::give_to_members(const Room& room, const RoomDebt& what) {
    for_others(room, [&](const PublicKey& to) { give(room, to, what); });
}

void Rooms::Impl::log_owed(const std::error_code& error) const {
    environment_.log(LogLevel::warning,
                     "what is of a room goes to a member later: " + error.message());
}

// Takes from what is owed to somebody what was sent; an error says why there is more.
std::error_code Rooms::Impl::pay(const Room& room, const PublicKey& to, RoomDebt& debt) {
    const auto records = records_for(room, to);
    while (debt.record && *debt.record < records.size()) {
        const RecordsContent content = RecordsContent::from(records, *debt.record);
        if (const auto sent = send_(to, content.pack()); !sent) {
            return sent.error();
        }
        *debt.record += content.records.size();
    }
    debt.record.reset();
    for (; debt.epoch && *debt.epoch <= room.state().epoch; ++*debt.epoch) {
        const SecretKey* const key = room.key(*debt.epoch);
        if (!key || !room.state().has(to) || !room.log().was_in_epoch(to, *debt.epoch)) {
            continue;
        }
        const KeyContent content{room.id(), *debt.epoch, *key, room.history().clock()};
        if (const auto sent = send_(to, content.pack()); !sent) {
            return sent.error();
        }
    }
    debt.epoch.reset();
    if (const auto error = pay_messages(room, to, debt)) {
        return error;
    }
    if (debt.split && room.split()) {
        if (const auto sent = send_(to, pack_split(room.id(), *room.split())); !sent) {
            return sent.error();
        }
    }
    debt.split = false;
    if (debt.leave && room.is_member() && room.kept().asked_to_leave) {
        if (const auto sent = send_(to, pack_leave(room.id())); !sent) {
            return sent.error();
        }
    }
    debt.leave = false;
    return {};
}

std::error_code Rooms::Impl::pay_messages(const Room& room, const PublicKey& to, RoomDebt& debt) {
    while (debt.message) {
        const auto hash = room.history().hash_of(me_, *debt.message);
        if (!hash) {
            debt.message.reset();
            break;
        }
        const SeenMessage& message = *room.history().find(*hash);
        const auto sealed = room.history().sealed(*hash);
        if (sealed && room.log().was_member(to, message.record)) {
            const auto sent = send_(to, {std::string(room_kind::message), *sealed});
            if (!sent) {
                return sent.error();
            }
            receipts_.add(to, *sent, {room.id(), message.line});
        }
        ++*debt.message;
    }
    return {};
}

void Rooms::Impl::pay_all(const Room& room) {
    const auto debts = debts_.of(room.id());
    for (const auto& [to, debt] : debts) {
        give(room, to, {});
    }
}

// Who was removed need not ask for it, nor once they are invited again.
void Rooms::Impl::forgive_leaving(const Room& room) {
    const auto debts = debts_.of(room.id());
    for (const auto& [to, debt] : debts) {
        RoomDebt rest = debt;
        rest.leave = false;
        debts_.put(room.id(), to, rest);
    }
}

bool Rooms::Impl::is_owed(const Room& room, const RoomReceipts::Message& message) const {
    const std::uint64_t number = room.history().said_at(message.line).number;
    return std::ranges::any_of(debts_.of(room.id()), [&](const auto& each) {
        return each.second.message && *each.second.message <= number;
    });
}

// What is sent later has to be there until then.
std::uint64_t Rooms::Impl::oldest_owed_epoch(const Room& room) const {
    std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
    for (const auto& [to, debt] : debts_.of(room.id())) {
        oldest = std::min(oldest, debt.epoch.value_or(oldest));
        const auto hash = debt.message ? room.history().hash_of(me_, *debt.message) : std::nullopt;
        if (hash) {
            oldest = std::min(oldest, room.history().find(*hash)->epoch);
        }
    }
    return oldest;
}

// Who was removed is sent no more than that.
void Rooms::Impl::forgive(const Room& room, const PublicKey& gone) {
    const RoomDebt debt = debts_.find(room.id(), gone);
    debts_.put(room.id(), gone, {.record = debt.record, .split = debt.split});
    for (auto number = debt.message; number; ++*number) {
        const auto hash = room.history().hash_of(me_, *number);
        if (!hash) {
            break;
        }
        tell_mark({room.id(), room.history().find(*hash)->line},
                  [](Reach& reach) { --reach.members; });
    }
}

}  // namespace netaio::chat
