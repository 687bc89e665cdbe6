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
        people_.keep(key);
    });
    changed();
}

std::error_code Chat::Impl::called(const PublicKey& key, const std::string& told) {
    const std::string name = told.substr(0, name_size_max);
    Acquaintance& person = people_.at(key);
    if (person.name != name) {
        const auto other = person.verified ? std::nullopt : people_.verified_as(name, key);
        person.name = name;
        if (other) {
            person.refused = true;
            notify({Notice::Kind::other_key, Place(key),
                    chat::shown(name) + " has another key than the " +
                        chat::shown(people_.at(*other).name) + " you verified: theirs is " +
                        short_number(*other) + ", this one is " + short_number(key) +
                        ". Nothing is sent to it. Ask them by another way; if the key is theirs, "
                        "/accept it and compare the safety number"});
        }
        people_.keep(key);
        changed();
    }
    return person.refused ? make_error_code(Errc::auth_failed) : std::error_code();
}

std::error_code Chat::Impl::introduce(const PublicKey& to) {
    Acquaintance& person = people_.at(to);
    if (person.refused) {
        return Errc::auth_failed;
    }
    if (!std::exchange(person.told_name, true)) {
        if (const auto told = messenger_.send(to, {std::string(name_kind), name_}); !told) {
            return told.error();
        }
        people_.keep(to);
    }
    return {};
}

}  // namespace netaio::chat
