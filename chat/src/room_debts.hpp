#pragma once

#include <cstdint>
#include <map>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/vault.hpp>
#include <optional>

namespace netaio::chat {

/// What a member of a room is still to be sent, as too much waits for them, or nothing is sent to
/// their key: of each kind the first, and all after it.
struct RoomDebt {
    std::optional<std::uint64_t> record = {};
    std::optional<std::uint64_t> epoch = {};    ///< whose key
    std::optional<std::uint64_t> message = {};  ///< the number of one's own
    bool split = false;                         ///< what proves it
    bool leave = false;                         ///< that one asks to be removed

    void add(const RoomDebt& more);
    bool operator==(const RoomDebt&) const = default;
};

/// All that, kept in a vault.
class RoomDebts {
public:
    explicit RoomDebts(Vault& vault);

    /// To whom something is owed in a room.
    const std::map<PublicKey, RoomDebt>& of(const RoomId& room) const;
    /// Nothing where nothing is owed.
    RoomDebt find(const RoomId& room, const PublicKey& to) const;
    void put(const RoomId& room, const PublicKey& to, const RoomDebt& debt);

private:
    Vault* vault_;
    std::map<RoomId, std::map<PublicKey, RoomDebt>> debts_;
    const std::map<PublicKey, RoomDebt> none_ = {};
};

}  // namespace netaio::chat
