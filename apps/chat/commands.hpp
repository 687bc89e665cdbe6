#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What the chat program is made of.
namespace netaio::chat_app {

/// What a line asks for. Names are as they were typed: Names finds whom they are of.
namespace command {

/// An empty line.
struct Nothing {};
/// To whom the lines go.
struct Say {
    std::string text;
};
struct Help {};
struct ShowPeople {};
struct ShowRooms {};
/// The lines go there from now on: a name, `#` and a room, or a number of the list.
struct Choose {
    std::string place;
};
struct Tell {
    std::string name;
    std::string text;
};
struct MakeRoom {
    std::string name;
};
struct Invite {
    std::string name;
};
struct Remove {
    std::string name;
};
struct Leave {};
/// None where nobody is to stand in any longer.
struct NameStandIn {
    std::optional<std::string> name;
};
/// Shows the safety number; `agrees` when people have compared it.
struct Verify {
    std::string name;
    bool agrees = false;
};
struct Accept {
    std::string name;
};
/// Shows what others need to write to oneself.
struct ShowSelf {};
/// Somebody who was not met: their key in hexadecimal, and a name.
struct Add {
    std::string who;
};
/// Whether people are told what was shown here: `on` or `off`, or nothing to ask.
struct Receipts {
    std::string setting;
};
struct Export {
    std::string file;
};
struct SendFile {
    std::string name;
    std::string file;
};
struct ShowFiles {};
/// None for the only one there is.
struct TakeFile {
    std::optional<std::uint64_t> number;
};
struct CancelFile {
    std::optional<std::uint64_t> number;
};
struct Quit {};

}  // namespace command

/// One of these.
using Command =
    std::variant<command::Nothing, command::Say, command::Help, command::ShowPeople,
                 command::ShowRooms, command::Choose, command::Tell, command::MakeRoom,
                 command::Invite, command::Remove, command::Leave, command::NameStandIn,
                 command::Verify, command::Accept, command::ShowSelf, command::Add,
                 command::Receipts, command::Export, command::SendFile, command::ShowFiles,
                 command::TakeFile, command::CancelFile, command::Quit>;

/// What a typed line asks for. `//` and `@@` at its start say text that begins with one of them.
/// Throws Misuse.
Command parse_command(std::string_view line);

/// What can be typed, a line each.
std::vector<std::string> command_help();

/// A line after Tab: with what could only be meant, and all that could be when that is more.
struct Completion {
    std::string line;
    std::size_t cursor;  ///< in bytes, as it is given
    std::vector<std::string> choices = {};
};

/// Completes the word before the cursor: a command at the start, a name after `@`, or what the
/// command takes. Rooms begin with `#`.
Completion complete(std::string_view line, std::size_t cursor,
                    const std::vector<std::string>& people, const std::vector<std::string>& rooms);

}  // namespace netaio::chat_app
