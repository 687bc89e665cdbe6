#include <algorithm>
#include <netaio/chat/chat.hpp>
#include <netaio/chat/files.hpp>
#include <netaio/chat/limits.hpp>
#include <netaio/chat/messenger.hpp>
#include <netaio/chat/rooms.hpp>
#include <netaio/chat/shown_text.hpp>
#include <netaio/chat/vault.hpp>
#include <set>
#include <utility>

#include "file_contents.hpp"
#include "file_lines.hpp"
#include "people.hpp"
#include "talks.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view text_kind = "text";
constexpr std::string_view name_kind = "name";

// What somebody chose.
constexpr std::string_view choice_kind = "choice";
constexpr std::string_view tells_read_name = "tells read";

std::string name_that_can_be(const std::string& name) {
    return name.size() <= name_size_max ? name : name.substr(0, name_size_max);
}

}  // namespace

class Chat::Impl {
public:
    Impl(const Identity& identity, std::string name, const std::string& file,
         Environment environment, TalkEvents events, FileOptions files)
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
          files_(
              vault_, environment_, std::move(files),
              {.changed = [this](const FileView& view) { file_changed(view); },
               .noticed = [this](const Notice& notice) { notify(notice); }},
              // Strangers are answered as well, which tells them no name and makes none known.
              [this](const PublicKey& to, const Content& content) -> Result<MessageId> {
                  const Acquaintance* const person = people_.find(to);
                  if (person && person->refused) return Errc::auth_failed;
                  return messenger_.send(to, content);
              },
              [this](const PublicKey& who) {
                  const Acquaintance* const person = people_.find(who);
                  return person && !person->is_stranger() && !person->refused;
              }) {
        tells_read_ = vault_.get(choice_kind, tells_read_name).has_value();
        load_rooms();
    }

    void load_rooms() {
        rooms_.emplace(
            identity_, vault_, environment_,
            RoomsEvents{
                .said = [this](const RoomId& room, const Line& line) { said(room, line); },
                .marked = [this](const RoomId& room,
                                 const Line& line) { tell(events_.marked, Place(room), line); },
                .reached = [this](const RoomId& room, const Line& line,
                                  Mark mark) { tell(events_.reached, Place(room), line, mark); },
                .noticed = [this](const Notice& notice) { notify(notice); },
                .changed = [this] { tell(events_.changed); },
                .read = [this](const PublicKey& from, const MessageId& id) { was_read(from, id); }},
            [this](const PublicKey& to, const Content& content) { return send(to, content); });
    }

    // What fails to be kept did not happen: all that is not in the vault is read anew.
    template <class Work>
    auto guarded(Work&& work) {
        try {
            return work();
        } catch (...) {
            people_.load();
            load_rooms();
            files_.load();
            throw;
        }
    }
    // Keeps what the work changes as a whole, where it does not fail.
    template <class Work>
    auto kept(Work&& work) {
        return guarded([&] {
            Vault::Transaction all(vault_);
            auto done = work();
            all.commit();
            return done;
        });
    }

    void came(const PublicKey& from, const MessageId& id, std::uint64_t at,
              const Content& content) {
        const bool has_line = content.kind == text_kind || content.kind == file_kind::offer;
        if (has_line && !people_.takes_line_of(from)) {
            notify({Notice::Kind::refused, Place(from),
                    "messages are let go of people whom you never wrote to: there are too many "
                    "of them"});
            return;
        }
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
        } else if (Rooms::takes(content.kind)) {
            static_cast<void>(rooms_->came(from, content, id));  // which tells of what it refuses
        } else if (Files::takes(content.kind)) {
            static_cast<void>(files_.came(from, content));  // the other end is told
        }
    }
    void file_changed(const FileView& file) {
        const bool met_before = people_.find(file.with) != nullptr;
        const Line line = file_lines_.put(file, me(), now());
        if (!met_before) {
            tell(events_.changed);
        }
        tell(events_.file, file, line);
    }

    void marked(const PublicKey& to, const MessageId& id, Mark mark) {
        if (const auto line = talks_.mark(id, mark)) {
            tell(events_.marked, Place(line->first), line->second);
        }
        rooms_->marked(to, id, mark);
        files_.marked(to, id, mark);
    }

    // Somebody says that this is their name.
    std::error_code called(const PublicKey& key, const std::string& told) {
        const std::string name = name_that_can_be(told);
        Acquaintance& person = people_.at(key);
        const bool changes = person.name != name;
        const auto other =
            changes && !person.verified ? people_.verified_as(name, key) : std::nullopt;
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
        if (changes) {
            people_.keep(key);
            tell(events_.changed);
        }
        return person.refused ? make_error_code(Errc::auth_failed) : std::error_code();
    }

    // Whoever is written to for the first time is told who writes.
    std::error_code introduce(const PublicKey& to) {
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
    Result<MessageId> send(const PublicKey& to, const Content& content) {
        if (const std::error_code error = introduce(to)) {
            return error;
        }
        return messenger_.send(to, content);
    }
    Result<MessageId> say(const PublicKey& to, const std::string& text) {
        std::optional<Line> line;
        const auto said_so = kept([&] {
            auto id = send(to, {std::string(text_kind), text});
            if (id) {
                line = talks_.add(to, {.from = me(), .id = *id, .text = text, .at = now()}, true);
            }
            return id;
        });
        if (line) {
            tell(events_.said, Place(to), *line);
        }
        return said_so;
    }

    void was_read(const PublicKey& from, const MessageId& id) {
        if (tells_read_) {
            messenger_.say_read(from, id);
        }
    }
    void shown(const PublicKey& with, std::uint64_t up_to) {
        const auto lines = talks_.not_shown(with, up_to);
        if (lines.empty()) {
            return;
        }
        kept([&] {
            Unread& unread = people_.at(with).unread;
            for (const Line& line : lines) {
                if (line.from == with) {
                    was_read(with, line.id);
                    --unread.count;
                }
            }
            unread.after = lines.back().number;
            people_.keep(with);
            return std::error_code();
        });
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
    FileLines file_lines_{vault_, talks_};
    Messenger messenger_;
    Files files_;
    std::optional<Rooms> rooms_;
    bool tells_read_ = false;
};

Chat::Chat(const Identity& identity, std::string name, const std::string& file,
           Environment environment, TalkEvents events, FileOptions files)
    : impl_(std::make_unique<Impl>(identity, std::move(name), file, std::move(environment),
                                   std::move(events), std::move(files))) {}

Chat::~Chat() = default;

const PublicKey& Chat::me() const noexcept {
    return impl_->me();
}

const std::string& Chat::name() const noexcept {
    return impl_->name_;
}

std::error_code Chat::met(const PublicKey& key, const std::string& name) {
    impl_->people_.make_room_for(key);
    Acquaintance& person = impl_->people_.at(key);
    const bool came = !std::exchange(person.present, true);
    const std::error_code error = impl_->called(key, name);
    if (came) {
        impl_->tell(impl_->events_.changed);
    }
    return error;
}

std::error_code Chat::know(const PublicKey& key, const std::string& name) {
    impl_->people_.at(key).added = true;
    const std::error_code error = impl_->called(key, name);
    impl_->people_.keep(key);
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
                         .unread = static_cast<std::size_t>(person.unread.count)});
    }
    return views;
}

void Chat::verify(const PublicKey& key, bool verified) {
    Acquaintance& person = impl_->people_.at(key);
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
    return impl_->kept([&] { return impl_->rooms_->say(std::get<RoomId>(where), text); });
}

std::vector<Line> Chat::lines(const Place& where, std::uint64_t before, std::size_t max) const {
    if (const auto* person = std::get_if<PublicKey>(&where)) {
        return impl_->talks_.lines(*person, before, max);
    }
    return impl_->rooms_->order(std::get<RoomId>(where), before, max);
}

std::vector<Line> Chat::not_shown(const Place& where, std::size_t max) const {
    if (const auto* person = std::get_if<PublicKey>(&where)) {
        const Acquaintance* const known = impl_->people_.find(*person);
        return known ? impl_->talks_.not_shown(*person, known->unread.after + max)
                     : std::vector<Line>();
    }
    return impl_->rooms_->not_shown(std::get<RoomId>(where), max);
}

void Chat::shown(const Place& where, std::uint64_t up_to) {
    if (const auto* person = std::get_if<PublicKey>(&where)) {
        impl_->shown(*person, up_to);
    } else {
        impl_->kept([&] {
            impl_->rooms_->shown(std::get<RoomId>(where), up_to);
            return std::error_code();
        });
    }
}

bool Chat::tells_read() const noexcept {
    return impl_->tells_read_;
}

void Chat::tell_read(bool tells) {
    if (tells) {
        impl_->vault_.put(choice_kind, tells_read_name, {});
    } else {
        impl_->vault_.erase(choice_kind, tells_read_name);
    }
    impl_->tells_read_ = tells;
}

std::vector<RoomView> Chat::rooms() const {
    return impl_->rooms_->views();
}

Result<RoomId> Chat::make_room(const std::string& name) {
    return impl_->kept([&] { return impl_->rooms_->make(name); });
}

std::error_code Chat::invite(const RoomId& room, const PublicKey& whom) {
    const Acquaintance* const person = impl_->people_.find(whom);
    if (person && person->refused) {
        return Errc::auth_failed;
    }
    return impl_->kept([&] { return impl_->rooms_->invite(room, whom); });
}

std::error_code Chat::remove(const RoomId& room, const PublicKey& whom) {
    return impl_->kept([&] { return impl_->rooms_->remove(room, whom); });
}

std::error_code Chat::rename(const RoomId& room, const std::string& name) {
    return impl_->kept([&] { return impl_->rooms_->rename(room, name); });
}

std::error_code Chat::leave(const RoomId& room) {
    return impl_->kept([&] { return impl_->rooms_->leave(room); });
}

std::error_code Chat::name_stand_in(const RoomId& room, const std::optional<PublicKey>& whom) {
    return impl_->kept([&] { return impl_->rooms_->name_stand_in(room, whom); });
}

Result<FileId> Chat::offer_file(const PublicKey& to, const std::string& path) {
    return impl_->kept([&]() -> Result<FileId> {
        if (const std::error_code error = impl_->introduce(to)) {
            return error;
        }
        return impl_->files_.offer(to, path);
    });
}

std::error_code Chat::take_file(std::uint64_t number) {
    return impl_->kept([&] { return impl_->files_.take(number); });
}

std::error_code Chat::cancel_file(std::uint64_t number) {
    return impl_->kept([&] { return impl_->files_.cancel(number); });
}

std::vector<FileView> Chat::files() const {
    return impl_->files_.views();
}

bool Chat::work() {
    return impl_->kept([&] { return impl_->files_.work(); });
}

std::vector<Parcel> Chat::parcels() {
    return impl_->guarded([&] { return impl_->messenger_.parcels(); });
}

std::vector<PublicKey> Chat::wants_bundle() const {
    return impl_->messenger_.wants_bundle();
}

std::error_code Chat::bundle_came(const PrekeyBundle& bundle) {
    return impl_->messenger_.bundle_came(bundle);
}

void Chat::is_at_relay(std::uint64_t parcel) {
    impl_->messenger_.is_at_relay(parcel);
}

void Chat::was_taken(std::uint64_t parcel) {
    impl_->messenger_.was_taken(parcel);
}

std::error_code Chat::receive(ByteView envelope) {
    return impl_->guarded([&] { return impl_->messenger_.receive(envelope); });
}

PrekeyBundle Chat::bundle() const {
    return impl_->messenger_.bundle();
}

PrekeyBundle Chat::bundle_to_hand_out() {
    return impl_->messenger_.bundle_to_hand_out();
}

std::vector<OneTimePrekey> Chat::prekeys_for_relay(std::size_t left) {
    return impl_->messenger_.prekeys_for_relay(left);
}

bool Chat::tick() {
    return impl_->kept([&] {
        impl_->rooms_->tick();
        impl_->files_.tick();
        return impl_->messenger_.renew_keys();
    });
}

}  // namespace netaio::chat
