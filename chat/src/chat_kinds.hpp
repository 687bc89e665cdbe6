#pragma once

#include <string_view>

/// The kinds of what two people say to each other outside of rooms.
namespace netaio::chat {

inline constexpr std::string_view text_kind = "text";
inline constexpr std::string_view name_kind = "name";

}  // namespace netaio::chat
