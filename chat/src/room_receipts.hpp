#pragma once

#include <cstdint>
#include <map>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/talk.hpp>
#include <netaio/chat/vault.hpp>
#include <set>
#include <utility>
#include <vector>

namespace netaio::chat {

/// Which contents for one member each carry which messages of one's own, until all of them came.
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
    /// A content has come further: the message that it carries, if any.
    std::vector<Message> marked(const PublicKey& to, const MessageId& id, Mark mark);
    /// Somebody is a member no longer: the messages that need not reach them.
    std::vector<Message> forget(const RoomId& room, const PublicKey& to);
    /// How far a message has come to all members.
    Mark mark(const Message& message) const;

private:
    using Key = std::pair<PublicKey, MessageId>;
    struct Sent {
        Message message;
        Mark mark;
    };

    void put(const Key& key, const Sent& sent);
    void erase(const Key& key);

    Vault* vault_;
    std::map<Key, Sent> sent_;
    std::map<Message, std::set<Key>> of_;
};

}  // namespace netaio::chat
