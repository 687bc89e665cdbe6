#include "plain.hpp"

#include <netaio/chat/shown_text.hpp>
#include <utility>

#include "model.hpp"

namespace netaio::chat_app {
namespace {

std::vector<std::string> behind(const std::string& start, ByteView text) {
    std::vector<std::string> lines = chat::shown_lines(text);
    for (std::string& line : lines) line.insert(0, start);
    return lines;
}

bool is_in_room(const chat::Place& place) noexcept {
    return std::holds_alternative<chat::RoomId>(place);
}

}  // namespace

std::vector<std::string> plain_lines(const Names& names, const chat::Place& place,
                                     const chat::Line& line, bool is_of_refused) {
    if (line.from == names.me()) return {};
    const std::string where = is_in_room(place) ? names.of(place) + " " : "";
    if (line.by) {
        return behind("* " + where, text_of(names, line) + ", " + day_and_time(line.at));
    }
    if (!line.from) return behind("* " + where, line.text);
    return behind(where + names.of(*line.from) + (is_of_refused ? " (ANOTHER KEY)> " : "> "),
                  line.text);
}

std::optional<std::string> plain_mark(const Names& names, const chat::Place& place,
                                      chat::Mark mark) {
    const std::string who = names.of(place);
    const bool is_room = is_in_room(place);
    switch (mark) {
        case chat::Mark::waiting: return std::nullopt;
        case chat::Mark::at_relay: return "* a relay keeps it for " + who;
        case chat::Mark::delivered:
            return is_room ? "* all in " + who + " have it" : "* " + who + " has it";
        case chat::Mark::read:
            return is_room ? "* all in " + who + " have read it" : "* " + who + " has read it";
    }
    return std::nullopt;
}

std::optional<std::string> plain_reach(const Names& names, const chat::Place& place,
                                       const chat::Line& line, chat::Mark by_one) {
    if (by_one != chat::Mark::read || line.mark == chat::Mark::read) return std::nullopt;
    return "* " + std::to_string(line.reach.read) + " of " + std::to_string(line.reach.members) +
           " in " + names.of(place) + " have read it";
}

std::vector<std::string> plain_notice(ByteView text) {
    return behind("* ", text);
}

void PlainInput::add(std::string_view part) {
    if (part.size() > size_max - line_.size()) is_too_long_ = true;
    if (!is_too_long_) line_ += part;
}

PlainInput::Found PlainInput::end_line() {
    std::string line = std::exchange(line_, {});
    if (std::exchange(is_too_long_, false)) return std::nullopt;
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

std::vector<PlainInput::Found> PlainInput::take(ByteView bytes) {
    std::vector<Found> lines;
    std::string_view rest = bytes;
    for (std::size_t end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
        add(rest.substr(0, end));
        lines.push_back(end_line());
        rest.remove_prefix(end + 1);
    }
    add(rest);
    return lines;
}

std::vector<PlainInput::Found> PlainInput::finish() {
    if (line_.empty() && !is_too_long_) return {};
    return {end_line()};
}

}  // namespace netaio::chat_app
