#pragma once

#include <map>
#include <netaio/chat/talk.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace netaio::chat_app {

/// A name as one word of at most 16 cells, which can be shown and typed: without what commands and
/// lines begin with, and `_` for spaces, for what sets numbers apart, and for what looks like the
/// sign of who was verified (standing_sign()), or may at its end. Empty where the name is.
std::string as_word(ByteView name);

/// What people and rooms are called here, so that each is called otherwise: where a name looks like
/// another's, or there is none, a number that the key gives follows, as in `ann~12345-67890`.
class Names {
public:
    /// Who one is oneself. A name that looks like this one gets its number, too.
    Names(const chat::PublicKey& me, ByteView name);

    /// To be called when people or rooms are others.
    void update(const std::vector<chat::PersonView>& people,
                const std::vector<chat::RoomView>& rooms);

    const chat::PublicKey& me() const noexcept { return me_; }
    /// For somebody who was not met, their number. Rooms begin with `#`.
    std::string of(const chat::Place& place) const;
    /// The same in so many cells: the number stays as long as it fits.
    std::string of(const chat::Place& place, std::size_t width) const;

    /// Who is called that. Throws Misuse when nobody is, or several may be.
    chat::PublicKey person(std::string_view typed) const;
    /// A person, `#` and a room, or the number of one. Throws Misuse as well.
    chat::Place place(std::string_view typed) const;
    /// The number by which one of places() is chosen: it stays, whoever else is met.
    std::size_t number(const chat::Place& place) const { return numbers_.at(place); }

    /// What may be typed for the people and rooms there are, in the order of the list: rooms, then
    /// people.
    const std::vector<chat::Place>& places() const noexcept { return places_; }
    std::vector<std::string> people() const;
    std::vector<std::string> rooms() const;

private:
    // How somebody is called: a word, and a number where it takes one.
    struct Called {
        std::string word;
        bool is_alike = false;
    };

    const Called* find(const chat::Place& place) const;
    std::string number_of(const chat::Place& place) const;
    chat::Place typed_name(std::string_view typed) const;
    void tell_apart();

    chat::PublicKey me_;
    std::map<chat::Place, Called> called_;
    std::vector<chat::Place> places_;
    // From 1 on, in the order in which they were first there.
    std::map<chat::Place, std::size_t> numbers_;
    // Of people, as each takes some milliseconds.
    mutable std::map<chat::PublicKey, std::string> short_numbers_;
};

}  // namespace netaio::chat_app
