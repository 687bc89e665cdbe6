#pragma once

#include <algorithm>
#include <cstdint>
#include <netaio/chat/vault.hpp>
#include <vector>

namespace netaio::chat {

/// What others said in a conversation that was not shown.
struct Unread {
    std::uint64_t count = 0;
    /// The number of the line before the first of them, where there are any.
    std::uint64_t after = 0;

    /// Somebody else's line has come.
    void add(std::uint64_t number) noexcept {
        if (count++ == 0) after = number - 1;
    }
    bool has(std::uint64_t number) const noexcept { return count > 0 && number > after; }
};

/// The lines of a conversation behind the shown ones, up to that number.
inline std::vector<KeptLine> not_shown(const Vault& vault, ByteView conversation,
                                       const Unread& unread, std::uint64_t up_to) {
    const auto last = vault.lines(conversation, 0, 1);
    const std::uint64_t end = std::min(up_to, last.empty() ? 0 : last.front().number);
    if (unread.count == 0 || end <= unread.after) {
        return {};
    }
    return vault.lines(conversation, end + 1, static_cast<std::size_t>(end - unread.after));
}

}  // namespace netaio::chat
