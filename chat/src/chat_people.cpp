#include <netaio/chat/limits.hpp>
#include <netaio/chat/shown_text.hpp>
#include <utility>

#include "chat_impl.hpp"
#include "chat_kinds.hpp"

/// Whom somebody knows.
namespace netaio::chat {

std::error_code Chat::Impl::met(const PublicKey& key, const std::string& name) {
    const std::error_code error = kept([&] {
        people_.make_room_for(key);
        return called(key, name);
    });
    if (people_.set_present(key, true)) {
        changed();
    }
    return error;
}

std::error_code Chat::Impl::know(const PublicKey& key, const std::string& name) {
    return kept([&] {
        people_.at(key).added = true;
        const std::error_code error = called(key, name);
        people_.keep(key);
        return error;
    });
}

void Chat::Impl::gone(const PublicKey& key) {
    if (people_.set_present(key, false)) {
        changed();
    }
}

std::vector<PersonView> Chat::Impl::people() const {
    std::vector<PersonView> views;
    for (const auto& [key, person] : people_.all()) {
        views.push_back({.key = key,
                         .name = person.name,
                         .verified = person.verified,
                         .refused = person.refused,
                         .present = person.present,
                         .unread = static_cast<std::size_t>(person.unread.count)});
    }
    return views;
}

void Chat::Impl::verify(const PublicKey& key, bool verified) {
    kept([&] {
        Acquaintance& person = people_.at(key);
        person.verified = verified;
        person.refused = person.refused && !verified;
        people_.keep(key);
        if (verified) {
            refuse_others_called_like(key);
        }
    });
    changed();
}

void Chat::Impl::accept(const PublicKey& key) {
    kept([&] {
        const std::string name = people_.at(key).name;
        while (const auto other = people_.verified_as(name, key)) {
            people_.at(*other).verified = false;
            people_.keep(*other);
        }
        people_.at(key).refused = false;
        people_.at(key).accepted = true;
        people_.keep(key);
    });
    changed();
}

std::error_code Chat::Impl::called(const PublicKey& key, const std::string& told) {
    const std::string name = told.substr(0, name_size_max);
    Acquaintance& person = people_.at(key);
    if (person.name != name) {
        person.name = name;
        person.accepted = false;
        people_.keep(key);
        if (person.verified) {
            refuse_others_called_like(key);
        } else if (const auto other = people_.verified_as(name, key)) {
            refuse(key, *other);
        }
        changed();
    }
    return person.refused ? make_error_code(Errc::auth_failed) : std::error_code();
}

void Chat::Impl::refuse_others_called_like(const PublicKey& verified) {
    for (const PublicKey& other : people_.unproved(people_.at(verified).name)) {
        refuse(other, verified);
    }
}

void Chat::Impl::refuse(const PublicKey& key, const PublicKey& verified) {
    Acquaintance& person = people_.at(key);
    person.refused = true;
    people_.keep(key);
    notify({Notice::Kind::other_key, Place(key),
            chat::shown(person.name) + " has another key than the " +
                chat::shown(people_.at(verified).name) + " you verified: theirs is " +
                short_number(verified) + ", this one is " + short_number(key) +
                ". Nothing is sent to it. Ask them by another way; if the key is theirs, "
                "/accept it and compare the safety number"});
}

std::error_code Chat::Impl::introduce(const PublicKey& to) {
    Acquaintance& person = people_.at(to);
    if (person.refused) {
        return Errc::auth_failed;
    }
    if (!person.told_name) {
        if (const auto told = messenger_.send(to, {std::string(name_kind), name_}); !told) {
            return told.error();
        }
        person.told_name = true;
        people_.keep(to);
    }
    return {};
}

}  // namespace netaio::chat
