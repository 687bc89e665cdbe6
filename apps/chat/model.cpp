#include "model.hpp"

#include <algorithm>
#include <array>

namespace netaio::chat_app {

std::optional<std::tm> local_time(std::uint64_t seconds) noexcept {
    // To the end of the year 9999: what people say of their time may be anything.
    constexpr std::uint64_t last = 253'402'300'799;
    if (seconds > last) return std::nullopt;
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    if (::localtime_r(&time, &parts) == nullptr) return std::nullopt;
    return parts;
}

std::string day_and_time(std::uint64_t seconds) {
    const auto parts = local_time(seconds);
    std::array<char, 32> text{};
    if (!parts || std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &*parts) == 0) {
        return "?";
    }
    return text.data();
}

std::string text_of(const Names& names, const chat::Line& line) {
    return line.by ? names.of(*line.by) + " " + line.text : line.text;
}

const chat::PersonView* person_of(const Model& model, const chat::Place& place) noexcept {
    const auto* key = std::get_if<chat::PublicKey>(&place);
    if (!key) return nullptr;
    const auto found = std::ranges::find(model.people, *key, &chat::PersonView::key);
    return found == model.people.end() ? nullptr : &*found;
}

const chat::RoomView* room_of(const Model& model, const chat::Place& place) noexcept {
    const auto* id = std::get_if<chat::RoomId>(&place);
    if (!id) return nullptr;
    const auto found = std::ranges::find(model.rooms, *id, &chat::RoomView::id);
    return found == model.rooms.end() ? nullptr : &*found;
}

}  // namespace netaio::chat_app
