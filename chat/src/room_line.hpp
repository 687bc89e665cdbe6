#pragma once

#include <netaio/chat/talk.hpp>
#include <netaio/chat/vault.hpp>
#include <optional>
#include <string>

namespace netaio::chat {

/// A line of a room, as it is kept.
struct RoomLine {
    Line line;
    /// The content by which its author sent it here, if they did so themselves.
    std::optional<MessageId> carried = {};

    std::string pack() const;
    /// Who said it, the history knows.
    static RoomLine unpack(const KeptLine& kept, const std::optional<PublicKey>& from);
};

}  // namespace netaio::chat
