#pragma once

#include <cstdint>
#include <map>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/talk.hpp>
#include <netaio/chat/vault.hpp>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace netaio::chat {

/// Messages of a room, the last ones, of which it is known whose content was delivered, so that
/// they can be marked as read.
inline constexpr std::uint64_t lines_to_be_read_max = 1'000;

/// Which contents for one member each carry which messages of one's own: until they came, and those
/// of the last messages until they were read.
class RoomReceipts {
public:
    /// A line of a room.
    struct Message {
        RoomId room;
        std::uint64_t line;
        auto operator<=>(const Message&) const = default;
    };

    /// Knows what the vault has.
    explicit RoomReceipts(Vault& vault);

    void add(const PublicKey& to, const MessageId& id, const Message& message);
    /// A message, and how far it had come to one member.
    struct Sent {
        Message message;
        Mark mark;
    };

    /// A content has come further: what it carries, if anything.
    std::optional<Sent> marked(const PublicKey& to, const MessageId& id, Mark mark);
    /// Somebody is a member no longer: what need not reach them.
    std::vector<Sent> forget(const RoomId& room, const PublicKey& to);
    /// How far a message has come to all members, delivered at most.
    Mark mark(const Message& message) const;

private:
    using Key = std::pair<PublicKey, MessageId>;

    bool is_among_last(const Message& message) const;
    void let_go_of_old(const Message& latest);
    void put(const Key& key, const Sent& sent);
    void erase(const Key& key);

    Vault* vault_;
    std::map<Key, Sent> sent_;
    std::map<Message, std::set<Key>> of_;
    std::map<RoomId, std::uint64_t> last_;  // line with a content
};

}  // namespace netaio::chat
