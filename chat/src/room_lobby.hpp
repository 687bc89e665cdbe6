#pragma once

#include <cstdint>
#include <map>
#include <netaio/chat/messenger.hpp>
#include <netaio/chat/room_log.hpp>
#include <netaio/chat/vault.hpp>
#include <optional>
#include <string>
#include <vector>

namespace netaio::chat {

/// What came of rooms that are not known yet: the records by which they begin need not come first.
class RoomLobby {
public:
    /// Contents that wait, in all and of one person.
    static constexpr std::size_t waiting_max = 256;
    static constexpr std::size_t waiting_of_one_max = 64;

    struct Waiting {
        PublicKey from;
        Content content;
        std::uint64_t since;
    };

    /// Knows what the vault has.
    explicit RoomLobby(Vault& vault);

    /// False when too much of that person waits. When too much waits in all, that goes which came
    /// first of whom most waits.
    bool add(const RoomId& room, const PublicKey& from, const Content& content, std::uint64_t now);
    /// The log of a room as far as its records are there; none when even the first is not.
    /// `count` is set to how many there are said to be.
    std::optional<RoomLog> log(const RoomId& room, std::uint64_t& count) const;
    /// All that waits there, which it does no longer.
    std::vector<Waiting> take(const RoomId& room);
    /// The rooms of which nothing came since then, and which are forgotten.
    std::vector<RoomId> forget_before(std::uint64_t time);

private:
    void make_space();

    Vault* vault_;
    std::map<RoomId, std::map<std::string, Waiting>> rooms_;  // by names in the vault
};

}  // namespace netaio::chat
