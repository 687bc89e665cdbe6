#include "standing.hpp"

#include <algorithm>
#include <netaio/chat/shown_text.hpp>

namespace netaio::chat_app {
namespace {

// As `the verified Ben`. They may be called otherwise by now, or be verified no more.
std::string whom_it_poses_as(const Names& names, const std::vector<chat::PersonView>& people,
                             const chat::PersonView& person) {
    const auto other = std::ranges::find_if(people, [&](const chat::PersonView& one) {
        return one.verified && one.key != person.key && !one.name.empty() &&
               chat::looks_like(one.name, person.name);
    });
    return other == people.end() ? "was verified" : "the verified " + names.of(other->key);
}

}  // namespace

std::string_view standing_sign(const chat::PersonView* person, bool utf8) noexcept {
    if (!person) return "";
    if (person->refused) return "!";
    if (!person->verified) return "";
    return utf8 ? "✓" : "=";
}

std::string standing_of(const Names& names, const std::vector<chat::PersonView>& people,
                        const chat::PersonView& person) {
    if (person.refused) {
        return "ANOTHER KEY than " + whom_it_poses_as(names, people, person) + ": /accept";
    }
    return person.verified ? "verified" : "not verified";
}

std::string refusal_of(const Names& names, const std::vector<chat::PersonView>& people,
                       const chat::PersonView& person) {
    const std::string name = names.of(person.key);
    return name + " has ANOTHER KEY than " + whom_it_poses_as(names, people, person) +
           ": nothing goes to it. Ask them by another way; if the key is theirs, /accept " + name +
           " and compare the number of /verify " + name;
}

}  // namespace netaio::chat_app
