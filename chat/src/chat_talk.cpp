#include <netaio/chat/limits.hpp>
#include <utility>

#include "chat_impl.hpp"
#include "chat_kinds.hpp"
#include "file_contents.hpp"

/// What people say to each other, and what came of it.
namespace netaio::chat {
namespace {

// What somebody chose.
constexpr std::string_view choice_kind = "choice";
constexpr std::string_view tells_read_name = "tells read";

}  // namespace

Chat::Impl::Impl(const Identity& identity, std::string name, const std::string& file,
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
          [this](const PublicKey& to, const Content& content) { return answer(to, content); },
          [this](const PublicKey& who) {
              return !people_.is_stranger(who) && !people_.is_refused(who);
          }) {
    tells_read_ = vault_.get(choice_kind, tells_read_name).has_value();
    load_rooms();
}

void Chat::Impl::load_rooms() {
    rooms_.emplace(
        identity_, vault_, environment_,
        RoomsEvents{
            .said = [this](const RoomId& room,
                           const Line& line) { tell(events_.said, Place(room), line); },
            .marked = [this](const RoomId& room,
                             const Line& line) { tell(events_.marked, Place(room), line); },
            .reached = [this](const RoomId& room, const Line& line,
                              Mark mark) { tell(events_.reached, Place(room), line, mark); },
            .noticed = [this](const Notice& notice) { notify(notice); },
            .changed = [this] { changed(); },
            .read = [this](const PublicKey& from, const MessageId& id) { was_read(from, id); }},
        [this](const PublicKey& to, const Content& content) { return answer(to, content); },
        [this](const PublicKey& who) { return who != me() && people_.is_stranger(who); });
}

void Chat::Impl::came(const PublicKey& from, const MessageId& id, std::uint64_t at,
                      const Content& content) {
    const bool has_line = content.kind == text_kind || content.kind == file_kind::offer;
    if (has_line && !people_.takes_line_of(from)) {
        notify({Notice::Kind::refused, Place(from),
                "messages are let go of people whom you never wrote to: there are too many "
                "of them"});
        return;
    }
    if (content.kind == name_kind) {
        called(from, content.bytes, at);
    } else if (content.kind == text_kind) {
        text_came(from, id, at, content.bytes);
    } else if (Rooms::takes(content.kind)) {
        log_refused(from, content, rooms_->came(from, content, id));
    } else if (Files::takes(content.kind)) {
        log_refused(from, content, files_.came(from, content));
    }
}

// Of what concerns somebody here, a notice tells as well; what came before is nothing new.
void Chat::Impl::log_refused(const PublicKey& from, const Content& content,
                             const std::error_code& error) const {
    if (error && error != Errc::replayed) {
        environment_.log(LogLevel::warning, "a " + content.kind + " of " + short_number(from) +
                                                " was refused: " + error.message());
    }
}

void Chat::Impl::text_came(const PublicKey& from, const MessageId& id, std::uint64_t at,
                           const std::string& text) {
    const bool met_before = people_.find(from) != nullptr;
    const Line line = talks_.add(
        from, {.from = from, .id = id, .text = text.substr(0, text_size_max), .at = at}, false);
    tell(events_.said, Place(from), line);
    if (!met_before) {
        changed();
    }
}

void Chat::Impl::file_changed(const FileView& file) {
    const bool met_before = people_.find(file.with) != nullptr;
    const Line line = file_lines_.put(file, me(), now());
    if (!met_before) {
        changed();
    }
    tell(events_.file, file, line);
}

void Chat::Impl::marked(const PublicKey& to, const MessageId& id, Mark mark) {
    if (const auto line = talks_.mark(id, mark)) {
        tell(events_.marked, Place(line->first), line->second);
    }
    rooms_->marked(to, id, mark);
    files_.marked(to, id, mark);
}

Result<MessageId> Chat::Impl::answer(const PublicKey& to, const Content& content) {
    if (people_.is_refused(to)) {
        return Errc::auth_failed;
    }
    return messenger_.send(to, content);
}

void Chat::Impl::introduce(const RoomId& room) {
    for (const RoomView& view : rooms_->views()) {
        for (const PublicKey& member : view.members) {
            if (view.id == room && view.is_member && member != me()) {
                (void)introduce(member);
            }
        }
    }
}

Result<MessageId> Chat::Impl::say(const PublicKey& to, const std::string& text) {
    std::optional<Line> line;
    const auto said_so = kept([&]() -> Result<MessageId> {
        if (const std::error_code error = introduce(to)) {
            return error;
        }
        auto id = messenger_.send(to, {std::string(text_kind), text});
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

void Chat::Impl::was_read(const PublicKey& from, const MessageId& id) {
    if (tells_read_) {
        messenger_.say_read(from, id);
    }
}

void Chat::Impl::shown(const PublicKey& with, std::uint64_t up_to) {
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
    });
    changed();
}

void Chat::Impl::tell_read(bool tells) {
    kept([&] {
        if (tells) {
            vault_.put(choice_kind, tells_read_name, {});
        } else {
            vault_.erase(choice_kind, tells_read_name);
        }
    });
    tells_read_ = tells;
}

}  // namespace netaio::chat
