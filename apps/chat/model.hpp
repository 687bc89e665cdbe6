#pragma once

#include <compare>
#include <ctime>
#include <netaio/chat/talk.hpp>
#include <optional>
#include <string>
#include <vector>

#include "input_line.hpp"
#include "names.hpp"

namespace netaio::chat_app {

/// What the program itself says among the lines of a conversation.
struct Remark {
    std::string text;         ///< of one line or several
    std::uint64_t after = 0;  ///< the number of the line that it follows; 0 for before all
    bool is_warning = false;
};

/// A row of a conversation, however wide it is: of a line, or of one of the remarks that follow it,
/// counted from 1.
struct RowId {
    std::uint64_t line = 0;
    std::size_t remark = 0;
    std::size_t row = 0;

    auto operator<=>(const RowId&) const = default;
};

/// The parts of a time, in the zone of who looks at it; none for what is no time.
std::optional<std::tm> local_time(std::uint64_t seconds) noexcept;

/// The same as `2026-03-01 23:00`, or `?`.
std::string day_and_time(std::uint64_t seconds);

/// What a line says: of what only happened, with who did it.
std::string text_of(const Names& names, const chat::Line& line);

/// All that a page shows.
struct Model {
    Names names;
    std::vector<chat::PersonView> people = {};
    std::vector<chat::RoomView> rooms = {};
    std::optional<chat::Place> chosen = {};
    /// The last lines there, in order.
    std::vector<chat::Line> lines = {};
    /// In the order of the lines that they follow.
    std::vector<Remark> remarks = {};
    /// The last row that is seen: none for the end, also of what is still to come.
    std::optional<RowId> bottom = {};
    InputLine input = {};
    /// Whether what draws it knows more than ASCII.
    bool utf8 = true;
    std::optional<std::tm> (*calendar)(std::uint64_t seconds) noexcept = local_time;

    /// People and rooms are others.
    void meet(std::vector<chat::PersonView> now_people, std::vector<chat::RoomView> now_rooms) {
        people = std::move(now_people);
        rooms = std::move(now_rooms);
        names.update(people, rooms);
    }
    /// Says something after the last line there is.
    void remark(std::string text, bool is_warning = false) {
        constexpr std::size_t remarks_max = 1'000;
        if (remarks.size() == remarks_max) remarks.erase(remarks.begin());
        remarks.push_back({std::move(text), lines.empty() ? 0 : lines.back().number, is_warning});
    }
};

/// The view of somebody, or of a room; nullptr for whom there is none.
const chat::PersonView* person_of(const Model& model, const chat::Place& place) noexcept;
const chat::RoomView* room_of(const Model& model, const chat::Place& place) noexcept;

}  // namespace netaio::chat_app
