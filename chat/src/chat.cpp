#include <algorithm>
#include <netaio/chat/chat.hpp>
#include <netaio/chat/limits.hpp>
#include <netaio/chat/messenger.hpp>
#include <netaio/chat/rooms.hpp>
#include <netaio/chat/vault.hpp>
#include <set>
#include <utility>

#include "people.hpp"
#include "talks.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view text_kind = "text";
constexpr std::string_view name_kind = "name";

std::string name_that_can_be(const std::string& name) {
    return name.size() <= name_size_max ? name : name.substr(0, name_size_max);
}

}  // namespace

class Chat::Impl {
public:
    Impl(const Identity& identity, std::string name, const std::string& file,
         Environment environment, TalkEvents events)
        : identity_(identity),
          name_(std::move(name)),
          environment_(std::move(environment)),
          events_(std::move(events)),
          vault_(file, identity_.history_key(), environment_),
          people_(vault_),
          talks_(vault_, people_),
          messenger_(identity_, vault_, environment_,
                     {.came = [this](const PublicKey& from, const MessageId& id, std::uint64_t at,
                                     const Content& content) { came(from, id, at, content); },
                      .marked = [this](const PublicKey& to, const MessageId& id,
                                       Mark mark) { marked(to, id, mark); },
                      .noticed = [this](const Notice& notice) { notify(notice); }}),
          rooms_(identity_, vault_, environment_,
                 {.said = [this](const RoomId& room, const Line& line) { said(room, line); },
                  .marked = [this](const RoomId& room,
                                   const Line& line) { tell(events_.marked, Place(room), line); },
                  .noticed = [this](const Notice& notice) { notify(notice); },
                  .changed = [this] { tell(events_.changed); }},
                 [this](const PublicKey& to, const Content& content) {
                     return send(to, content);
                 }) {}

    void came(const PublicKey& from, const MessageId& id, std::uint64_t at,
              const Content& content) {
        if (content.kind == name_kind) {
            called(from, content.bytes);
        } else if (content.kind == text_kind) {
            const bool met_before = people_.find(from) != nullptr;
            said(from, talks_.add(from,
                                  {.from = from,
                                   .id = id,
                                   .text = content.bytes.substr(0, text_size_max),
                                   .at = at},
                                  false));
            if (!met_before) {
                tell(events_.changed);
            }
        } else if (content.kind.starts_with("room.")) {
            static_cast<void>(rooms_.came(from, content));
        }
    }

    void marked(const PublicKey& to, const MessageId& id, Mark mark) {
        if (const auto line = talks_.mark(id, mark)) {
            tell(events_.marked, Place(line->first), line->second);
        }
        rooms_.marked(to, id, mark);
    }

    // Somebody says that this is their name.
    std::error_code called(const PublicKey& key, const std::string& name) {
        Person& person = people_.at(key);
        const bool changes = person.name != name;
        const auto other = changes && !person.verified ? people_.verified_as(name, key)
                                                       : std::nullopt;
        person.name = name_that_can_be(name);
        if (other) {
            person.refused = true;
            notify({Notice::Kind::other_key, Place(key),
                    name + " has another key than the " + name + " you verified: theirs is " +
                        short_number(*other) + ", this one is " + short_number(key) +
                        ". Nothing is sent to it. Ask them by another way; if the key is theirs, "
                        "/accept it and compare the safety number"});
        }
        if (changes) {
            people_.keep(key);
            tell(events_.changed);
        }
        return person.refused ? make_error_code(Errc::auth_failed) : std::error_code();
    }

    Result<MessageId> send_now(const PublicKey& to, const Content& content) {
        Person& person = people_.at(to);
        if (person.refused) {
            return Errc::auth_failed;
        }
        if (!std::exchange(person.told_name, true)) {
            if (const auto told = messenger_.send(to, {std::string(name_kind), name_}); !told) {
                return told.error();
            }
            people_.keep(to);
        }
        return messenger_.send(to, content);
    }
    Result<MessageId> send(const PublicKey& to, const Content& content) {
        return send_now(to, content);
    }

    Result<MessageId> say(const PublicKey& to, const std::string& text) {
        Vault::Transaction all(vault_);
        const auto id = send(to, {std::string(text_kind), text});
        if (id) {
            const Line line =
                talks_.add(to, {.from = me(), .id = *id, .text = text, .at = now()}, true);
            all.commit();
            tell(events_.said, Place(to), line);
        }
        return id;
    }

    void shown(const PublicKey& with) {
        Person& person = people_.at(with);
        if (person.shown == person.last) {
            return;
        }
        Vault::Transaction all(vault_);
        for (const Line& line : talks_.lines(with, 0, person.unread())) {
            if (line.from == with) {
                messenger_.say_read(with, line.id);
            }
        }
        person.shown = person.last;
        people_.keep(with);
        all.commit();
        tell(events_.changed);
    }

    void said(const Place& where, const Line& line) { tell(events_.said, where, line); }
    void notify(const Notice& notice) { tell(events_.noticed, notice); }
    template <class Event, class... What>
    static void tell(const Event& event, const What&... what) {
        if (event) {
            event(what...);
        }
    }

    const PublicKey& me() const noexcept { return identity_.public_key(); }
    std::uint64_t now() const { return environment_.clock->unix_seconds(); }

    const Identity identity_;
    const std::string name_;
    const Environment environment_;
    const TalkEvents events_;
    Vault vault_;
    People people_;
    Talks talks_;
    Messenger messenger_;
    Rooms rooms_;
};

Chat::Chat(const Identity& identity, std::string name, const std::string& file,
           Environment environment, TalkEvents events)
    : impl_(std::make_unique<Impl>(identity, std::move(name), file, std::move(environment),
                                   std::move(events))) {}

Chat::~Chat() = default;

const PublicKey& Chat::me() const noexcept {
    return impl_->me();
}

const std::string& Chat::name() const noexcept {
    return impl_->name_;
}

std::error_code Chat::met(const PublicKey& key, const std::string& name) {
    Person& person = impl_->people_.at(key);
    const bool came = !std::exchange(person.present, true);
    const std::error_code error = impl_->called(key, name);
    if (came) {
        impl_->tell(impl_->events_.changed);
    }
    return error;
}

void Chat::gone(const PublicKey& key) {
    if (std::exchange(impl_->people_.at(key).present, false)) {
        impl_->tell(impl_->events_.changed);
    }
}

std::vector<PersonView> Chat::people() const {
    std::vector<PersonView> views;
    for (const auto& [key, person] : impl_->people_.all()) {
        views.push_back({.key = key,
                         .name = person.name.empty() ? short_number(key) : person.name,
                         .verified = person.verified,
                         .present = person.present,
                         .unread = person.unread()});
    }
    return views;
}

void Chat::verify(const PublicKey& key, bool verified) {
    Person& person = impl_->people_.at(key);
    person.verified = verified;
    person.refused = person.refused && !verified;
    impl_->people_.keep(key);
    impl_->tell(impl_->events_.changed);
}

void Chat::accept(const PublicKey& key) {
    const std::string name = impl_->people_.at(key).name;
    while (const auto other = impl_->people_.verified_as(name, key)) {
        impl_->people_.at(*other).verified = false;
        impl_->people_.keep(*other);
    }
    impl_->people_.at(key).refused = false;
    impl_->people_.keep(key);
    impl_->tell(impl_->events_.changed);
}

Result<MessageId> Chat::say(const Place& where, const std::string& text) {
    if (text.size() > text_size_max) {
        return Errc::too_large;
    }
    if (const auto* person = std::get_if<PublicKey>(&where)) {
        return impl_->say(*person, text);
    }
    return impl_->in_room([&] { return impl_->rooms_.say(std::get<RoomId>(where), text); });
}
