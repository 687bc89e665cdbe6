#include "type_name.hpp"

#include <charconv>

#include "exit_code.hpp"
#include "text.hpp"

namespace netaio::app {

std::string type_name(MessageType type) {
    const std::string_view name = built_in_name(type);
    return name.empty() ? std::to_string(static_cast<int>(type)) : std::string(name);
}

MessageType parse_type(const std::string& text) {
    std::string name;
    for (const char c : text) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const MessageTypes known;
    if (const auto found = known.find(name)) return *found;
    if (const auto found = known.find(name + "_URI")) return *found;

    int number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    const bool is_number = error == std::errc() && stop == end;
    const auto type = static_cast<MessageType>(number);
    // Below 31 are the protocol's own, of which some mean nothing.
    if (is_number && number >= 0 && number <= 255 && (number > 30 || known.contains(type))) {
        return type;
    }
    throw Failure(ExitCode::usage, "'" + printable(text) +
                                       "' is no message type; give a name such as notify, publish "
                                       "or OK, or a number from 31 to 255");
}

}  // namespace netaio::app
