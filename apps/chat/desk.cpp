#include "desk.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <netaio/chat/shown_text.hpp>
#include <utility>

#include "misuse.hpp"
#include "model.hpp"
#include "relay_protocol.hpp"
#include "row.hpp"

namespace netaio::chat_app {
namespace {

// Each kind of command to what does it.
template <class... Works>
struct ByCommand : Works... {
    using Works::operator()...;
};
template <class... Works>
ByCommand(Works...) -> ByCommand<Works...>;

// The key of its 64 hexadecimal digits.
Result<chat::PublicKey> key_from(std::string_view digits) {
    std::array<unsigned char, chat::key_size> bytes{};
    std::size_t size = 0;
    if (digits.size() != 2 * bytes.size() ||
        sodium_hex2bin(bytes.data(), bytes.size(), digits.data(), digits.size(), nullptr, &size,
                       nullptr) != 0 ||
        size != bytes.size()) {
        return Errc::malformed;
    }
    return chat::PublicKey::parse(std::as_bytes(std::span(bytes)));
}

// Of rows that were copied from a screen, what is beside the list.
std::string without_list(std::string_view copied) {
    std::string kept;
    while (!copied.empty()) {
        const std::size_t end = std::min(copied.find('\n'), copied.size() - 1) + 1;
        std::string_view row = copied.substr(0, end);
        for (const bool utf8 : {true, false}) {
            const std::string_view line = frame_line(utf8);
            if (const std::size_t at = row.find(line); at != row.npos) {
                row.remove_prefix(at + line.size());
            }
        }
        kept += row;
        copied.remove_prefix(end);
    }
    return kept;
}

// Writes a new file that its owner alone may read.
void write_new_file(const std::string& file, const std::string& text) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    std::size_t done = 0;
    ssize_t wrote = fd < 0 ? -1 : 0;
    while (wrote >= 0 && done < text.size()) {
        wrote = ::write(fd, text.data() + done, text.size() - done);
        done += wrote > 0 ? static_cast<std::size_t>(wrote) : 0;
    }
    const int error = wrote < 0 ? errno : 0;
    if (fd >= 0) {
        ::close(fd);
        if (error != 0) ::unlink(file.c_str());
    }
    if (error != 0) {
        throw Misuse("it cannot be written to " + file + ": " + std::strerror(error));
    }
}

}  // namespace

Desk::Desk(chat::Chat& chat, const Names& names, DeskCalls calls)
    : chat_(chat), names_(names), calls_(std::move(calls)) {}

void Desk::greet() const {
    tell("People of your network appear by themselves; /who shows them.");
    tell(
        "/to NAME begins to talk with one, /room NAME makes a room for several. Then type, and "
        "press Enter.");
    tell("Somebody further away: /me shows the line by which they add you, through a relay.");
    tell("/help shows all there is; Tab completes names, Page Up scrolls. /quit ends.");
}

bool Desk::typed(std::string_view line) {
    try {
        const Command command = parse_command(line);
        if (std::holds_alternative<command::Quit>(command)) {
            return false;
        }
        obey(command);
    } catch (const Misuse& misuse) {
        calls_.tell(misuse.what(), true);
    } catch (const Error& not_kept) {
        calls_.tell(not_kept.what(), true);
    }
    return true;
}

void Desk::choose(const chat::Place& place) {
    chosen_ = place;
    calls_.chosen();
    note_shown(place);
}

void Desk::note_shown(const chat::Place& place, std::uint64_t up_to) {
    try {
        chat_.shown(place, up_to);
        not_kept_.clear();
    } catch (const Error& failed) {
        // Whoever shows tries again with each line.
        const std::string why = failed.what();
        if (std::exchange(not_kept_, why) != why) calls_.tell(why, true);
    }
}

void Desk::obey(const Command& command) {
    std::visit(
        ByCommand{
            [](const command::Nothing&) {},
            [](const command::Quit&) {},
            [this](const command::Say& asked) {
                if (!chosen_) {
                    throw Misuse("choose first to whom, as with /to NAME; /who lists who is there");
                }
                say(*chosen_, asked.text);
            },
            [this](const command::Help&) {
                for (const std::string& line : command_help()) {
                    tell(line);
                }
            },
            [this](const command::ShowPeople&) { show_people(); },
            [this](const command::ShowRooms&) { show_rooms(); },
            [this](const command::Choose& asked) { choose(names_.place(asked.place)); },
            [this](const command::Tell& asked) { say(names_.person(asked.name), asked.text); },
            [this](const command::MakeRoom& asked) {
                const auto room = chat_.make_room(asked.name);
                ended(room ? std::error_code() : std::error_code(room.error()), "the room is not");
                if (room) {
                    choose(*room);
                }
            },
            [this](const command::Invite& asked) {
                const chat::RoomId room = chosen_room();
                ended(chat_.invite(room, names_.person(asked.name)), "not invited");
            },
            [this](const command::Remove& asked) {
                const chat::RoomId room = chosen_room();
                ended(chat_.remove(room, names_.person(asked.name)), "not removed");
            },
            [this](const command::Leave&) { ended(chat_.leave(chosen_room()), "not left"); },
            [this](const command::NameStandIn& asked) {
                const chat::RoomId room = chosen_room();
                const auto whom =
                    asked.name ? std::optional(names_.person(*asked.name)) : std::nullopt;
                ended(chat_.name_stand_in(room, whom), "not named");
            },
            [this](const command::Verify& asked) { verify(asked); },
            [this](const command::ShowSelf&) {
                tell("others add you by this line:\n/add " + in_hex(chat_.me().bytes()) + ' ' +
                     as_word(chat_.name()));
            },
            [this](const command::Add& asked) { add(asked.who); },
            [this](const command::Accept& asked) {
                const chat::PublicKey who = names_.person(asked.name);
                chat_.accept(who);
                tell("this key is " + names_.of(who) +
                     "'s from now on; compare the number of "
                     "/verify " +
                     names_.of(who));
                calls_.wake();
            },
            [this](const command::Receipts& asked) { receipts(asked); },
            [this](const command::Export& asked) { export_to(asked.file); },
            [this](const command::SendFile& asked) { send_file(asked); },
            [this](const command::ShowFiles&) { show_files(); },
            [this](const command::TakeFile& asked) { take_file(asked); },
            [this](const command::CancelFile& asked) { cancel_file(asked); },
        },
        command);
}

void Desk::ended(const std::error_code& error, const std::string& what) const {
    if (error == Errc::auth_failed) {
        throw Misuse(what + ": that is for the room's owner, and for members");
    }
    if (error == Errc::pending) {
        throw Misuse(what + ": the room's key has not come yet; try again in a moment");
    }
    if (error) {
        throw Misuse(what + ": " + error.message());
    }
    calls_.wake();
}

void Desk::say(const chat::Place& place, const std::string& text) {
    const auto id = chat_.say(place, text);
    const bool to_person = std::holds_alternative<chat::PublicKey>(place);
    if (!id && id.error() == Errc::auth_failed && to_person) {
        throw Misuse("not said: " + names_.of(place) +
                     " has another key than the one you verified; see /verify " + names_.of(place) +
                     " and /accept");
    }
    if (!id && id.error() == Errc::auth_failed) {
        throw Misuse("not said: " + why_none_of(std::get<chat::RoomId>(place)));
    }
    ended(id ? std::error_code() : std::error_code(id.error()), "not said");
}

// Of a room in which one is no member.
std::string Desk::why_none_of(const chat::RoomId& room) const {
    const auto rooms = chat_.rooms();
    const auto view = std::ranges::find(rooms, room, &chat::RoomView::id);
    if (view == rooms.end() || !view->removed_by) {
        return "you are no member of " + names_.of(room);
    }
    return names_.of(*view->removed_by) + " removed you from " + names_.of(room) + "; its owner, " +
           names_.of(view->owner) + ", can invite you again";
}

void Desk::receipts(const command::Receipts& asked) {
    if (!asked.setting.empty()) {
        chat_.tell_read(asked.setting == "on");
    }
    tell(chat_.tells_read()
             ? "people are told when what they say was shown to you; /receipts off ends that"
             : "nobody is told when what they say was shown to you; /receipts on tells them");
}

void Desk::show_people() const {
    std::size_t count = 0;
    for (const chat::PersonView& person : chat_.people()) {
        tell(names_.of(person.key) + "  " + chat::short_number(person.key) +
             (person.verified ? "  verified" : "") + (person.present ? "  here" : "  away") +
             (person.unread > 0 ? "  " + std::to_string(person.unread) + " unread" : ""));
        ++count;
    }
    if (count == 0) {
        tell("nobody yet; people of the network appear by themselves");
    }
}

void Desk::add(const std::string& copied) {
    constexpr std::string_view blanks = " \n";
    const std::string who = without_list(copied);
    const std::size_t name_at = who.find_last_of(blanks, who.find_last_not_of(blanks));
    std::string digits = who.substr(0, name_at);
    // Where the line was broken on a screen, what it was copied with is left out.
    std::erase_if(digits, [](unsigned char c) { return std::isxdigit(c) == 0; });
    const auto key = key_from(digits);
    std::string name = name_at == who.npos ? "" : who.substr(name_at + 1);
    name.erase(std::min(name.find_first_of(blanks), name.size()));
    if (!key || name.empty()) {
        throw Misuse("type the line that /me shows them: /add KEY NAME");
    }
    if (*key == chat_.me()) {
        throw Misuse("that is you");
    }
    const std::error_code refused = chat_.know(*key, name);
    calls_.chosen();  // which brings names up to date
    if (!refused) {
        tell(names_.of(*key) + " is known; compare the number of /verify " + names_.of(*key));
    }
}

void Desk::show_rooms() const {
    for (const chat::RoomView& room : chat_.rooms()) {
        std::string members;
        for (const chat::PublicKey& member : room.members) {
            members += " " + names_.of(member);
        }
        tell(names_.of(room.id) + (room.is_member ? "" : "  (left)") + ":" + members);
    }
    if (chat_.rooms().empty()) {
        tell("none yet; /room NAME makes one");
    }
}

void Desk::verify(const command::Verify& asked) {
    const chat::PublicKey who = names_.person(asked.name);
    if (asked.agrees) {
        chat_.verify(who);
        tell(names_.of(who) + " is verified");
        return;
    }
    tell("the safety number with " + names_.of(who) + ":\n" + chat::safety_number(chat_.me(), who) +
         "\nRead it to each other by another way; when it is the same: /verify " + names_.of(who) +
         " yes");
}

void Desk::export_to(const std::string& file) const {
    if (!chosen_) {
        throw Misuse("choose first what, as with /to NAME");
    }
    std::string text;
    for (const chat::Line& line : chat_.lines(*chosen_, 0, SIZE_MAX)) {
        text += day_and_time(line.at) + ' ' + (line.from ? names_.of(*line.from) : "*") + ": ";
        // What follows the first row cannot be taken for another line.
        const char* before = "";
        for (const std::string& row : chat::shown_lines(text_of(names_, line))) {
            text += std::exchange(before, "    ") + row + '\n';
        }
    }
    write_new_file(file, text);
    tell("written to " + file);
}

chat::RoomId Desk::chosen_room() const {
    const auto* const room = chosen_ ? std::get_if<chat::RoomId>(&*chosen_) : nullptr;
    if (!room) {
        throw Misuse("choose a room first, as with /to #NAME; /rooms lists them");
    }
    return *room;
}

}  // namespace netaio::chat_app
