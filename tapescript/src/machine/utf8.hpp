#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace netaio::tapescript::machine {

/// How many characters a text has; none when it is not UTF-8.
std::optional<std::size_t> count_characters(std::string_view text) noexcept;

/// Where the character with that index starts in a text that is UTF-8.
std::size_t start_of_character(std::string_view text, std::size_t index) noexcept;

}  // namespace netaio::tapescript::machine
