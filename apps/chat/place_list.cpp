#include "place_list.hpp"

#include <algorithm>
#include <netaio/chat/shown_text.hpp>
#include <utility>

#include "standing.hpp"

namespace netaio::chat_app {
namespace {

Style entry_style(const Model& model, const chat::Place& place) {
    if (place == model.chosen) return Style::entry_chosen;
    const chat::PersonView* person = person_of(model, place);
    const chat::RoomView* room = room_of(model, place);
    if (person && person->refused) return Style::warning;
    if ((person ? person->unread : room ? room->unread : 0) > 0) return Style::entry_unread;
    const bool is_here = person ? person->present : room && room->is_member;
    return is_here ? Style::entry : Style::entry_away;
}

Row entry_row(const Model& model, const chat::Place& place, std::size_t columns) {
    const std::size_t number = model.names.number(place);
    const chat::PersonView* person = person_of(model, place);
    const chat::RoomView* room = room_of(model, place);
    const std::size_t unread = person ? person->unread : room ? room->unread : 0;
    const std::string_view present = model.utf8 ? "●" : "*";
    std::string left = (number < 10 ? " " : "") + std::to_string(number) + " ";
    if (person) left.append(person->present ? present : " ").append(" ");
    const std::string count = unread == 0    ? ""
                              : unread > 999 ? " 999+"
                                             : " " + std::to_string(unread);
    const std::string_view sign = standing_sign(person, model.utf8);
    const std::size_t for_name = columns - chat::cells(left) - chat::cells(sign) - count.size();
    const Style style = entry_style(model, place);
    left.append(model.names.of(place, for_name)).append(sign);
    Row row{{std::move(left), style}};
    fill(row, columns - count.size(), style);
    if (!count.empty()) row.push_back({count, style});
    return row;
}

}  // namespace

std::vector<Row> place_list(const Model& model, std::size_t columns, std::size_t rows) {
    std::vector<Row> list;
    std::size_t chosen = 0;
    const auto put_heading = [&](const std::string& text) {
        list.push_back({{chat::cut(text, columns), Style::heading}});
    };
    put_heading("You: " + model.names.of(model.names.me()));
    const auto& places = model.names.places();
    bool is_first_person = true;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const bool is_room = std::holds_alternative<chat::RoomId>(places[i]);
        if (is_room && i == 0) put_heading("Rooms");
        if (!is_room && std::exchange(is_first_person, false)) put_heading("People");
        if (places[i] == model.chosen) chosen = list.size();
        list.push_back(entry_row(model, places[i], columns));
    }
    if (list.size() <= rows) return list;
    const std::size_t first = std::min(chosen - std::min(chosen, rows / 2), list.size() - rows);
    return {list.begin() + static_cast<std::ptrdiff_t>(first),
            list.begin() + static_cast<std::ptrdiff_t>(first + rows)};
}

}  // namespace netaio::chat_app
