#include "people.hpp"

#include <algorithm>
#include <netaio/chat/shown_text.hpp>
#include <netaio/packify.hpp>
#include <utility>

namespace netaio::chat {
namespace {

constexpr std::string_view known_kind = "known";

Value acquaintance_value(const Acquaintance& person) {
    return Dict{{"name", Bytes(person.name)},
                {"verified", person.verified},
                {"refused", person.refused},
                {"added", person.added},
                {"told_name", person.told_name},
                {"unread", Value(person.unread.count)},
                {"shown", Value(person.unread.after)},
                {"last", Value(person.last)}};
}

bool told(const Value& fields, std::string_view name) {
    const Value* const field = fields.find(name);
    return field && field->as_bool().value_or(false);
}

std::uint64_t counted(const Value& fields, std::string_view name) {
    const Value* const field = fields.find(name);
    return field ? field->as_uint().value_or(0) : 0;
}

Acquaintance acquaintance_from(const Value& fields) {
    Acquaintance person;
    const Value* const name = fields.find("name");
    person.name = name ? name->as_bytes().value_or(ByteView()).str() : "";
    person.verified = told(fields, "verified");
    person.refused = told(fields, "refused");
    person.added = told(fields, "added");
    person.told_name = told(fields, "told_name");
    person.unread = {counted(fields, "unread"), counted(fields, "shown")};
    person.last = counted(fields, "last");
    return person;
}

}  // namespace

People::People(Vault& vault) : vault_(vault) {
    load();
}

void People::load() {
    const auto before = std::exchange(people_, {});
    vault_.each(known_kind, [&](ByteView name, ByteView value) {
        const auto key = PublicKey::parse(name);
        const auto fields = unpack(value);
        if (key && fields) {
            Acquaintance& person = people_.emplace(*key, acquaintance_from(*fields)).first->second;
            const auto known = before.find(*key);
            person.present = known != before.end() && known->second.present;
        }
    });
}

Acquaintance& People::at(const PublicKey& key) {
    return people_[key];
}

const Acquaintance* People::find(const PublicKey& key) const {
    const auto found = people_.find(key);
    return found == people_.end() ? nullptr : &found->second;
}

void People::keep(const PublicKey& key) {
    vault_.put(known_kind, key.bytes(), pack(acquaintance_value(at(key))).value());
}

void People::make_room_for(const PublicKey& key) {
    const auto is_silent = [](const auto& each) {
        return each.second.is_stranger() && each.second.last == 0;
    };
    if (people_.contains(key) ||
        static_cast<std::size_t>(std::ranges::count_if(people_, is_silent)) < strangers_max) {
        return;
    }
    const auto away = std::ranges::find_if(
        people_, [&](const auto& each) { return is_silent(each) && !each.second.present; });
    if (away != people_.end()) {
        vault_.erase(known_kind, away->first.bytes());
        people_.erase(away);
    }
}

bool People::takes_line_of(const PublicKey& key) const {
    const Acquaintance* const person = find(key);
    if (person && (!person->is_stranger() || person->last > 0)) {
        return !person->is_stranger() || person->last < stranger_lines_max;
    }
    const auto heard = std::ranges::count_if(people_, [](const auto& each) {
        return each.second.is_stranger() && each.second.last > 0;
    });
    return static_cast<std::size_t>(heard) < strangers_max;
}

std::optional<PublicKey> People::verified_as(const std::string& name, const PublicKey& but) const {
    const auto found = std::ranges::find_if(people_, [&](const auto& each) {
        return each.first != but && each.second.verified && looks_like(each.second.name, name);
    });
    return found == people_.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace netaio::chat
