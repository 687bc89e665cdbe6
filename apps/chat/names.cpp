#include "names.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <netaio/chat/shown_text.hpp>
#include <tuple>

#include "misuse.hpp"

namespace netaio::chat_app {
namespace {

constexpr std::size_t word_cells_max = 16;
constexpr char number_mark = '~';
// Nobody is verified by being called so. More may look like it, but stand at no end.
constexpr std::string_view looking_verified[] = {"=", "✓", "✔", "✅", "☑", "🗸", "🗹", "√", "⍻"};

bool is_room(const chat::Place& place) noexcept {
    return std::holds_alternative<chat::RoomId>(place);
}

std::string quoted(std::string_view typed) {
    return "'" + chat::cut(chat::shown(typed), 40) + "'";
}

}  // namespace

std::string as_word(ByteView name) {
    std::string text = chat::shown(name);
    text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
    text.erase(text.find_last_not_of(' ') + 1);
    text = chat::shown(text);  // a mark may have stood upon a space
    std::ranges::replace(text, ' ', '_');
    std::ranges::replace(text, number_mark, '_');
    for (const std::string_view sign : looking_verified) {
        for (auto at = text.find(sign); at != text.npos; at = text.find(sign, at)) {
            text.replace(at, sign.size(), "_");
        }
    }
    text =
        chat::without_sign_at_end(chat::shown(text));  // what stood upon a sign may not stand here
    constexpr std::string_view beginnings = "#@/*!";
    if (!text.empty() && beginnings.find(text.front()) != beginnings.npos) text.front() = '_';
    return chat::cut(text, word_cells_max);
}

Names::Names(const chat::PublicKey& me, ByteView name) : me_(me) {
    called_[me] = {as_word(name)};
}

void Names::update(const std::vector<chat::PersonView>& people,
                   const std::vector<chat::RoomView>& rooms) {
    Called own = called_.at(me_);
    called_.clear();
    places_.clear();
    for (const chat::RoomView& room : rooms) {
        called_[room.id] = {as_word(room.name)};
        places_.emplace_back(room.id);
    }
    for (const chat::PersonView& person : people) {
        if (person.key == me_) continue;
        called_[person.key] = {as_word(person.name)};
        places_.emplace_back(person.key);
    }
    for (const chat::Place& place : places_) numbers_.try_emplace(place, numbers_.size() + 1);
    called_[me_] = std::move(own);
    tell_apart();
}

// By their looks, as strangers may be many.
void Names::tell_apart() {
    std::map<std::tuple<bool, std::size_t, std::string>, Called*> seen;
    for (auto& [place, called] : called_) {
        const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        // A word of digits would stand for a number of the list.
        called.is_alike = called.is_alike || std::ranges::all_of(called.word, is_digit);
        chat::NameLooks looks = chat::looks_of(called.word);
        for (std::size_t way = 0; way < looks.size(); ++way) {
            const auto [same, is_first] =
                seen.try_emplace({is_room(place), way, std::move(looks[way])}, &called);
            if (!is_first) called.is_alike = same->second->is_alike = true;
        }
    }
    called_.at(me_).is_alike = false;
}

const Names::Called* Names::find(const chat::Place& place) const {
    const auto found = called_.find(place);
    return found == called_.end() ? nullptr : &found->second;
}

std::string Names::number_of(const chat::Place& place) const {
    if (const auto* room = std::get_if<chat::RoomId>(&place)) {
        char digits[16];
        std::snprintf(digits, sizeof digits, "%02x%02x%02x%02x%02x", (*room)[0], (*room)[1],
                      (*room)[2], (*room)[3], (*room)[4]);
        return number_mark + std::string(digits);
    }
    const auto& key = std::get<chat::PublicKey>(place);
    const auto [found, is_new] = short_numbers_.try_emplace(key);
    if (is_new) {
        std::string number = chat::short_number(key);
        std::ranges::replace(number, ' ', '-');
        found->second = number_mark + number;
    }
    return found->second;
}

std::string Names::of(const chat::Place& place) const {
    return of(place, std::string::npos);
}

std::string Names::of(const chat::Place& place, std::size_t width) const {
    const Called* called = find(place);
    const std::string word = (is_room(place) ? "#" : "") + (called ? called->word : "");
    if (called && !called->is_alike && !called->word.empty()) return chat::cut(word, width);
    const std::string number = number_of(place);
    if (width <= number.size()) return chat::cut(number, width);
    return chat::cut(word, width - number.size()) + number;
}

chat::Place Names::typed_name(std::string_view typed) const {
    const bool wants_room = typed.starts_with('#');
    const std::string_view word = wants_room ? typed.substr(1) : typed;
    std::vector<chat::Place> alike;
    for (const auto& [place, called] : called_) {
        if (is_room(place) != wants_room || place == chat::Place(me_)) continue;
        if (of(place) == typed) return place;
        if (chat::looks_like(called.word, word)) alike.push_back(place);
    }
    std::string why = (wants_room ? "no room is called " : "nobody is called ") + quoted(typed);
    if (alike.empty()) {
        why += wants_room ? ": /rooms shows them all" : ": /who shows who is there";
        for (const auto& [place, called] : called_) {
            if (!wants_room && is_room(place) && chat::looks_like(called.word, word)) {
                why += ", and there is the room " + of(place);
            }
        }
    }
    for (const chat::Place& place : alike) {
        why += (place == alike.front() ? ", but there is " : " and ") + of(place);
    }
    throw Misuse(why);
}

chat::PublicKey Names::person(std::string_view typed) const {
    if (typed.starts_with('@')) typed.remove_prefix(1);
    if (typed.starts_with('#')) throw Misuse(quoted(typed) + " is a room: name a person");
    return std::get<chat::PublicKey>(typed_name(typed));
}

chat::Place Names::place(std::string_view typed) const {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(typed.data(), typed.data() + typed.size(), number);
    if (error != std::errc{} || end != typed.data() + typed.size()) {
        return typed.starts_with('#') ? typed_name(typed) : person(typed);
    }
    const auto found = std::ranges::find(
        places_, number, [this](const chat::Place& place) { return numbers_.at(place); });
    if (found == places_.end()) {
        throw Misuse(places_.empty() ? "nobody was met yet"
                                     : "the list goes from 1 to " + std::to_string(places_.size()));
    }
    return *found;
}

std::vector<std::string> Names::people() const {
    std::vector<std::string> names;
    for (const chat::Place& place : places_) {
        if (!is_room(place)) names.push_back(of(place));
    }
    return names;
}

std::vector<std::string> Names::rooms() const {
    std::vector<std::string> names;
    for (const chat::Place& place : places_) {
        if (is_room(place)) names.push_back(of(place));
    }
    return names;
}

}  // namespace netaio::chat_app
