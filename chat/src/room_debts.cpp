#include "room_debts.hpp"

#include <algorithm>
#include <netaio/packify.hpp>
#include <string>
#include <string_view>

#include "fields.hpp"
#include "room_names.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view owed_kind = "room.owed";

void add_first(std::optional<std::uint64_t>& first, const std::optional<std::uint64_t>& more) {
    if (more) first = std::min(first.value_or(*more), *more);
}

std::string kept_debt(const RoomDebt& debt) {
    Dict fields{{"split", debt.split}, {"leave", debt.leave}};
    if (debt.record) fields.set("record", *debt.record);
    if (debt.epoch) fields.set("epoch", *debt.epoch);
    if (debt.message) fields.set("message", *debt.message);
    return pack(fields).value();
}

RoomDebt debt_kept(ByteView kept) {
    const Value fields = unpack(kept).value();
    const auto first = [&](std::string_view name) -> std::optional<std::uint64_t> {
        if (!fields.find(name)) return std::nullopt;
        return number_field<std::uint64_t>(fields, name).value();
    };
    return {.record = first("record"),
            .epoch = first("epoch"),
            .message = first("message"),
            .split = fields.find("split")->as_bool().value(),
            .leave = fields.find("leave")->as_bool().value()};
}

}  // namespace

void RoomDebt::add(const RoomDebt& more) {
    add_first(record, more.record);
    add_first(epoch, more.epoch);
    add_first(message, more.message);
    split = split || more.split;
    leave = leave || more.leave;
}

RoomDebts::RoomDebts(Vault& vault) : vault_(&vault) {
    vault.each(owed_kind, [&](ByteView name, ByteView kept) {
        debts_[room_in_name(name)].emplace(PublicKey::parse(rest_of_name(name)).value(),
                                           debt_kept(kept));
    });
}

const std::map<PublicKey, RoomDebt>& RoomDebts::of(const RoomId& room) const {
    const auto found = debts_.find(room);
    return found == debts_.end() ? none_ : found->second;
}

RoomDebt RoomDebts::find(const RoomId& room, const PublicKey& to) const {
    const auto& in_room = of(room);
    const auto found = in_room.find(to);
    return found == in_room.end() ? RoomDebt() : found->second;
}

void RoomDebts::put(const RoomId& room, const PublicKey& to, const RoomDebt& debt) {
    if (debt == find(room, to)) return;
    const std::string name = name_in_room(room, to.bytes());
    if (debt == RoomDebt()) {
        vault_->erase(owed_kind, name);
        debts_[room].erase(to);
        if (debts_[room].empty()) debts_.erase(room);
    } else {
        vault_->put(owed_kind, name, kept_debt(debt));
        debts_[room].insert_or_assign(to, debt);
    }
}

}  // namespace netaio::chat
