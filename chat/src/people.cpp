#include "people.hpp"

#include <algorithm>
#include <netaio/chat/shown_text.hpp>
#include <netaio/packify.hpp>
#include <utility>

namespace netaio::chat {
namespace {

constexpr std::string_view known_kind = "known";

List accepted_names(const Acquaintance& person) {
    List names;
    for (const std::string& name : person.accepted_names) names.items.emplace_back(Bytes(name));
    return names;
}

Value acquaintance_value(const Acquaintance& person) {
    return Dict{{"name", Bytes(person.name)},
                {"named_at", Value(person.named_at)},
                {"verified", person.verified},
                {"verified_name", Bytes(person.verified_name)},
                {"poses", person.poses},
                {"refused", person.refused},
                {"accepted_names", accepted_names(person)},
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

std::string named(const Value& fields, std::string_view name) {
    const Value* const field = fields.find(name);
    return field ? field->as_bytes().value_or(ByteView()).str() : "";
}

// Earlier it was not kept by which name somebody was verified or accepted.
void restore_names(Acquaintance& person, const Value& fields) {
    person.name = named(fields, "name");
    if (person.verified) {
        person.verified_name =
            named(fields, fields.find("verified_name") ? "verified_name" : "name");
        person.poses = told(fields, "poses");
    }
    if (told(fields, "accepted")) person.accepted_names.insert(person.name);
    const Value* const accepted = fields.find("accepted_names");
    if (!accepted || !accepted->as_list()) return;
    for (const Value& name : accepted->as_list()->items) {
        person.accepted_names.insert(name.as_bytes().value_or(ByteView()).str());
    }
}

Acquaintance acquaintance_from(const Value& fields) {
    Acquaintance person;
    person.verified = told(fields, "verified");
    restore_names(person, fields);
    person.named_at = counted(fields, "named_at");
    person.refused = told(fields, "refused");
    person.added = told(fields, "added");
    person.told_name = told(fields, "told_name");
    person.unread = {counted(fields, "unread"), counted(fields, "shown")};
    person.last = counted(fields, "last");
    return person;
}

// Who said no name is not called like anybody.
bool is_like(const std::string& one, const std::string& other) {
    return !one.empty() && !other.empty() && looks_like(one, other);
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
        return each.first != but && each.second.verified &&
               is_like(each.second.verified_name, name);
    });
    return found == people_.end() ? std::nullopt : std::optional(found->first);
}

bool People::is_anothers(const std::string& name, const PublicKey& but) const {
    return std::ranges::any_of(people_, [&](const auto& each) {
        return each.first != but &&
               (is_like(each.second.name, name) || is_like(each.second.verified_name, name));
    });
}

std::vector<PublicKey> People::renamed_to(const std::string& name, const PublicKey& but) const {
    std::vector<PublicKey> found;
    for (const auto& [key, person] : people_) {
        if (key != but && person.verified && person.name != person.verified_name &&
            is_like(person.name, name)) {
            found.push_back(key);
        }
    }
    return found;
}

std::vector<PublicKey> People::unproved(const std::string& name) const {
    std::vector<PublicKey> found;
    for (const auto& [key, person] : people_) {
        if (!person.verified && !person.is_accepted() && !person.refused &&
            is_like(person.name, name)) {
            found.push_back(key);
        }
    }
    return found;
}

}  // namespace netaio::chat
