#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <netaio/chat/vault.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "room_message.hpp"

/// What was said in a room.
namespace netaio::chat {

/// A message that was taken into the history.
struct SeenMessage {
    PublicKey from;
    std::uint64_t number;
    std::uint64_t clock;
    std::uint64_t record;
    std::uint64_t epoch;
    MessageId id;
    std::uint64_t line;  ///< in the vault's conversation of the room
};

/// Knows a room's messages and in which order they are, and keeps in a vault what it knows.
class RoomHistory {
public:
    RoomHistory(const RoomId& room, Vault& vault) : room_(room), vault_(&vault) {}

    /// What was kept: each calls it with what the vault has of these kinds.
    void restore_seen(ByteView hash, ByteView kept);
    void restore_event(std::uint64_t line, std::uint64_t clock);
    void restore_heads(ByteView kept);
    /// No bytes of messages of earlier epochs are there.
    void restore_sealed_from(std::uint64_t epoch) noexcept { sealed_from_ = epoch; }

    const SeenMessage* find(const MessageHash& hash) const;
    /// Whether it is in the history, or was refused for good.
    bool knows(const MessageHash& hash) const;
    /// What somebody said under that number.
    std::optional<MessageHash> hash_of(const PublicKey& from, std::uint64_t number) const;
    /// The last that somebody said; none before they said anything.
    std::optional<MessageRef> last_of(const PublicKey& from, std::uint64_t* number) const;
    /// The greatest of all messages' clocks.
    std::uint64_t clock() const noexcept;
    /// The number of the last of each who said anything.
    std::map<PublicKey, std::uint64_t> last_numbers() const;
    /// Calls with each message that comes after these numbers and may have bytes, in the order that
    /// all members have, up to a clock, until one says that it is enough, or so many were looked
    /// at.
    void each_after(const std::map<PublicKey, std::uint64_t>& numbers, std::uint64_t clock,
                    std::size_t max,
                    const std::function<bool(const MessageHash&, const SeenMessage&)>& visit) const;
    std::size_t size() const noexcept { return seen_.size(); }
    /// The last messages, which none follows yet: those with the greatest clocks.
    std::vector<MessageRef> heads() const;
    bool empty() const noexcept { return seen_.empty(); }

    /// Takes a message in, whose sealed bytes these are.
    void accept(const RoomMessage& message, const MessageHash& hash, ByteView sealed,
                std::uint64_t line);
    /// Takes in a line of what nobody said, behind all that was said so far.
    void add_event(std::uint64_t line);
    /// Remembers that a message was refused which others may have taken in: what follows it need
    /// not wait for it.
    void refuse(const MessageHash& hash);

    /// The bytes of a message, for those who miss it; none when it is too old.
    std::optional<std::string> sealed(const MessageHash& hash) const;
    /// Forgets the bytes of messages of earlier epochs than that.
    void forget_sealed_before(std::uint64_t epoch);

    /// Who said a line, of which there is one; none when it only happened.
    const std::optional<PublicKey>& author(std::uint64_t line) const;
    /// Of a line that somebody said.
    const SeenMessage& said_at(std::uint64_t line) const;
    /// The numbers of at most so many lines, the last ones before that one, in the order that all
    /// members have; 0 for the end.
    std::vector<std::uint64_t> order(std::uint64_t before, std::size_t max) const;

private:
    // What happened is behind what was said.
    struct Position {
        std::uint64_t clock;
        std::uint64_t event = 0;  // the line of what happened
        std::optional<PublicKey> from = {};
        MessageId id = {};
        MessageHash hash = {};
        auto operator<=>(const Position&) const = default;
    };

    void add(const MessageHash& hash, const SeenMessage& message);
    std::uint64_t first_clock_after(const std::map<PublicKey, std::uint64_t>& numbers) const;

    RoomId room_;
    Vault* vault_;
    std::map<MessageHash, SeenMessage> seen_;
    std::set<MessageHash> refused_;
    std::map<PublicKey, std::map<std::uint64_t, MessageHash>> of_;
    std::map<Position, std::uint64_t> order_;
    std::map<std::uint64_t, Position> positions_;          // of lines
    std::map<std::uint64_t, std::uint64_t> first_clocks_;  // of epochs
    std::set<MessageHash> heads_;
    std::uint64_t sealed_from_ = 0;  // no epoch before has bytes
};

}  // namespace netaio::chat
