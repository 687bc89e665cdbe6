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
                {"accepted", person.accepted},
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
    person.accepted = told(fields, "accepted");
    person.added = told(fields, "added");
    person.told_name = told(fields, "told_name");
    person.unread = {counted(fields, "unread"), counted(fields, "shown")};
    person.last = counted(fields, "last");
    return person;
}

// Who said no name is not called like anybody.
bool is_called(const Acquaintance& person, const std::string& name) {
    return !person.name.empty() && !name.empty() && looks_like(person.name, name);
}

}  // namespace

People::People(Vault& vault) : vault_(vault) {
    load();
}

void People::load() {
    std::map<PublicKey, Acquaintance> now_known;
    vault_.each(known_kind, [&](ByteView name, ByteView value) {
        const auto key = PublicKey::parse(name);
        const auto fields = unpack(value);
        if (key && fields) {
            Acquaintance& person =
                now_known.emplace(*key, acquaintance_from(*fields)).first->second;
            const Acquaintance* const before = find(*key);
            person.present = before && before->present;
        }
    });
    people_ = std::move(now_known);
}

Acquaintance& People::at(const PublicKey& key) {
    return people_[key];
}

const Acquaintance* People::find(const PublicKey& key) const {
    const auto found = people_.find(key);
    return found == people_.end() ? nullptr : &found->second;
}

bool People::set_present(const PublicKey& key, bool present) {
    const auto found = people_.find(key);
    return found != people_.end() && std::exchange(found->second.present, present) != present;
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

bool People::is_stranger(const PublicKey& key) const {
    const Acquaintance* const person = find(key);
    return !person || person->is_stranger();
}

bool People::is_refused(const PublicKey& key) const {
    const Acquaintance* const person = find(key);
    return person && person->refused;
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
        return each.first != but && each.second.verified && is_called(each.second, name);
    });
    return found == people_.end() ? std::nullopt : std::optional(found->first);
}

std::vector<PublicKey> People::unproved(const std::string& name) const {
    std::vector<PublicKey> found;
    for (const auto& [key, person] : people_) {
        if (!person.verified && !person.accepted && !person.refused && is_called(person, name)) {
            found.push_back(key);
        }
    }
    return found;
}

}  // namespace netaio::chat
