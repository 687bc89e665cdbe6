#include "desk.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <netaio/chat/limits.hpp>
#include <netaio/chat/shown_text.hpp>
#include <utility>

#include "error_sentence.hpp"
#include "misuse.hpp"
#include "model.hpp"
#include "relay_protocol.hpp"
#include "row.hpp"
#include "standing.hpp"

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

// Anybody can be as many such people as they like.
void Desk::warn() const {
    constexpr std::size_t told_max = 3;
    std::size_t count = 0;
    const auto people = chat_.people();
    for (const chat::PersonView& person : people) {
        if (person.refused && ++count <= told_max) {
            calls_.tell(refusal_of(names_, people, person), true);
        }
    }
    if (count > told_max) {
        calls_.tell("and " + std::to_string(count - told_max) +
                        " more have another key than somebody you verified: /who shows them",
                    true);
    }
}

std::optional<std::string> Desk::why_refused(const chat::Place& whom) const {
    const auto people = chat_.people();
    const auto found = std::ranges::find_if(people, [&](const chat::PersonView& person) {
        return person.refused && chat::Place(person.key) == whom;
    });
    if (found == people.end()) return std::nullopt;
    return refusal_of(names_, people, *found);
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
        calls_.tell(error_sentence(not_kept), true);
    }
    return true;
}

void Desk::choose(const chat::Place& place) {
    chosen_ = place;
    calls_.chosen();
    note_shown(place);
    if (const auto refused = why_refused(place)) calls_.tell(*refused, true);
}

void Desk::note_shown(const chat::Place& place, std::uint64_t up_to) {
    try {
        chat_.shown(place, up_to);
        not_kept_.clear();
    } catch (const Error& failed) {
        // Whoever shows tries again with each line.
        const std::string why = error_sentence(failed);
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
            [this](const command::MakeRoom& asked) { make_room(asked); },
            [this](const command::Invite& asked) { invite(asked); },
            [this](const command::Remove& asked) { remove(asked); },
            [this](const command::Leave&) { leave(); },
            [this](const command::NameStandIn& asked) { name_stand_in(asked); },
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

void Desk::expect_done(const std::error_code& error, const std::string& what,
                       std::initializer_list<Reason> reasons) const {
    for (const auto& [code, reason] : reasons) {
        if (error == code) throw Misuse(what + ": " + reason);
    }
    if (error) throw Misuse(what + ": " + error.message());
    calls_.wake();
}

void Desk::say(const chat::Place& place, const std::string& text) {
    const auto id = chat_.say(place, text);
    if (id) {
        calls_.wake();
        return;
    }
    const auto* const room = std::get_if<chat::RoomId>(&place);
    expect_done(
        id.error(), "not said",
        {{Errc::auth_failed, room ? why_none_of(*room) : why_refused(place).value_or("")},
         {Errc::pending, "the room's key has not come yet; try again in a moment"},
         {Errc::malformed, "it is no text in UTF-8"},
         {Errc::too_large, "at most " + std::to_string(chat::text_size_max) +
                               " bytes can be said at once; say it in parts, or send a /file"},
         {Errc::queue_full, "too much waits for " + names_.of(place) +
                                " already; say it when some of that has arrived"}});
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
    const auto people = chat_.people();
    for (const chat::PersonView& person : people) {
        const bool has_standing = person.verified || person.refused;
        tell(names_.of(person.key) + "  " + chat::short_number(person.key) +
             (has_standing ? "  " + standing_of(names_, people, person) : "") +
             (person.present ? "  here" : "  away") +
             (person.unread > 0 ? "  " + std::to_string(person.unread) + " unread" : ""));
        ++count;
    }
    if (count == 0) {
        tell("nobody yet; people of the network appear by themselves");
    }
}

void Desk::add(const std::string& copied) {
    constexpr std::string_view separators = " \n";
    const std::string who = without_list(copied);
    const std::size_t name_at = who.find_last_of(separators, who.find_last_not_of(separators));
    std::string digits = who.substr(0, name_at);
    // Where the line was broken on a screen, what it was copied with is left out.
    std::erase_if(digits, [](unsigned char c) { return std::isxdigit(c) == 0; });
    const auto key = key_from(digits);
    std::string name = name_at == who.npos ? "" : who.substr(name_at + 1);
    name.erase(std::min(name.find_first_of(separators), name.size()));
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

}  // namespace netaio::chat_app
