#include <netaio/chat/limits.hpp>
#include <netaio/chat/shown_text.hpp>
#include <utility>

#include "chat_impl.hpp"
#include "chat_kinds.hpp"

/// Whom somebody knows.
namespace netaio::chat {

std::error_code Chat::Impl::met(const PublicKey& key, const std::string& name, std::uint64_t at) {
    const std::error_code error = kept([&] {
        people_.make_room_for(key);
        return called(key, name, at);
    });
    if (people_.set_present(key, true)) {
        changed();
    }
    return error;
}

std::error_code Chat::Impl::know(const PublicKey& key, const std::string& name) {
    return kept([&] {
        people_.at(key).added = true;
        const std::error_code error = called(key, name, people_.at(key).named_at);
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
                         .name = person.shown_name(),
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
        // Who was verified before, and took another's name since, takes nobody's place by it.
        const bool is_new = !person.verified || person.verified_name.empty();
        if (verified) {
            person.verified = true;
            person.refused = false;
            take_name(person);
        } else {
            person.set_unverified();
        }
        people_.keep(key);
        if (!verified) {
            refuse_who_is_called_like_another(key);
        } else if (is_new) {
            refuse_others_called_like(key);
        }
    });
    changed();
}

void Chat::Impl::accept(const PublicKey& key) {
    kept([&] {
        Acquaintance& person = people_.at(key);
        if (person.verified && person.name != person.verified_name) {
            take_name(person);
        } else {
            while (const auto other = people_.verified_as(person.name, key)) {
                people_.at(*other).set_unverified();
                people_.keep(*other);
            }
            person.refused = false;
        }
        person.accepted_names.insert(person.name);
        people_.keep(key);
    });
    changed();
}

void Chat::Impl::take_name(Acquaintance& person) {
    if (!person.name.empty()) {
        person.verified_name = person.name;
        person.poses = false;
    }
}

std::error_code Chat::Impl::called(const PublicKey& key, const std::string& told,
                                   std::uint64_t at) {
    const std::string name = told.substr(0, name_size_max);
    Acquaintance& person = people_.at(key);
    const bool is_new = at >= person.named_at && person.name != name;
    if (is_new || at > person.named_at) {
        person.named_at = at;
        if (is_new) {
            person.name = name;
        }
        people_.keep(key);
    }
    if (is_new) {
        if (!person.verified) {
            refuse_who_is_called_like_another(key);
        } else if (person.verified_name.empty()) {
            take_name(person);
            people_.keep(key);
            refuse_others_called_like(key);
        } else {
            renamed(key);
        }
        for (const PublicKey& other : people_.renamed_to(name, key)) {
            people_.at(other).poses = true;
            people_.keep(other);
        }
        changed();
    }
    return person.refused ? make_error_code(Errc::auth_failed) : std::error_code();
}

void Chat::Impl::renamed(const PublicKey& key) {
    Acquaintance& person = people_.at(key);
    const bool is_another_name = person.name != person.verified_name;
    person.poses =
        is_another_name && (person.name.empty() || people_.is_anothers(person.name, key));
    people_.keep(key);
    if (!is_another_name || person.name.empty()) {
        return;
    }
    const std::string before = chat::shown(person.verified_name);
    notify({Notice::Kind::other_name, Place(key),
            before + ", whom you verified, calls themselves " + chat::shown(person.name) + " now" +
                (person.poses ? ", as somebody else does, or like that: they are shown as " +
                                    before + " until you /accept that name"
                              : "")});
}

void Chat::Impl::refuse_who_is_called_like_another(const PublicKey& key) {
    const Acquaintance& person = people_.at(key);
    const auto verified = people_.verified_as(person.name, key);
    if (verified && !person.is_accepted()) {
        refuse(key, *verified);
    }
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
                chat::shown(people_.at(verified).verified_name) + " you verified: theirs is " +
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
