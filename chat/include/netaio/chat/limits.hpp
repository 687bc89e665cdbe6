#pragma once

#include <cstddef>

/// What the chat's people may send each other.
namespace netaio::chat {

/// Bytes of a name, in UTF-8.
inline constexpr std::size_t name_size_max = 64;
/// Bytes of a text, in UTF-8.
inline constexpr std::size_t text_size_max = 8192;

}  // namespace netaio::chat
