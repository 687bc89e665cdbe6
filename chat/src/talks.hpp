#pragma once

#include <netaio/chat/talk.hpp>
#include <netaio/chat/vault.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "people.hpp"

namespace netaio::chat {

/// What was said between two people, kept in the vault.
class Talks {
public:
    Talks(Vault& vault, People& people) : vault_(vault), people_(people) {}

    /// Adds a line to what was said with somebody, and gives it with its number.
    Line add(const PublicKey& with, Line line, bool own);
    /// Has the line of that number say something else, at the time that it has already. Gives it.
    Line rewrite(const PublicKey& with, Line line);
    /// One's own of this id has come so far; none when that is known, or there is no such line.
    std::optional<std::pair<PublicKey, Line>> mark(const MessageId& id, Mark mark);
    std::vector<Line> lines(const PublicKey& with, std::uint64_t before, std::size_t max) const;
    /// Those behind the shown ones, up to that number.
    std::vector<Line> not_shown(const PublicKey& with, std::uint64_t up_to) const;

private:
    Vault& vault_;
    People& people_;
};

}  // namespace netaio::chat
