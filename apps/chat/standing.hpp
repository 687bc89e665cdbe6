#pragma once

#include <netaio/chat/talk.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "names.hpp"

namespace netaio::chat_app {

/// What is known of whether somebody is who they say, as a sign behind their name: `✓` where they
/// were verified, `=` in ASCII, and `!` where somebody of that name was verified with another key.
/// Empty for others, also for nullptr. No name ends with what says that they were (as_word()).
std::string_view standing_sign(const chat::PersonView* person, bool utf8) noexcept;

/// The same in words: `verified`, `not verified`, or `ANOTHER KEY than the verified Ben: /accept`.
std::string standing_of(const Names& names, const std::vector<chat::PersonView>& people,
                        const chat::PersonView& person);

/// What is to be said, and done, about a key that is not accepted.
std::string refusal_of(const Names& names, const std::vector<chat::PersonView>& people,
                       const chat::PersonView& person);

}  // namespace netaio::chat_app
