#pragma once

#include <cstddef>
#include <netaio/chat/vault.hpp>
#include <string_view>

namespace netaio::chat {

inline std::size_t count_of(const Vault& vault, std::string_view kind) {
    std::size_t count = 0;
    vault.each(kind, [&](ByteView, ByteView) { ++count; });
    return count;
}

}  // namespace netaio::chat
