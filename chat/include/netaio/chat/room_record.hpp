#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <netaio/bytes.hpp>
#include <netaio/chat/keys.hpp>
#include <netaio/errc.hpp>
#include <netaio/value.hpp>
#include <optional>
#include <string>
#include <variant>

namespace netaio::chat {

/// A room: what its owner and what they drew for it are hashed to, so that nobody else can begin
/// one of that name.
using RoomId = std::array<unsigned char, 32>;
/// What stands for a record in the one after it.
using RecordHash = std::array<unsigned char, 32>;

/// The owner begins a room.
struct CreateRoom {
    std::string name;
    std::array<unsigned char, 32> drawn;  ///< random
    bool operator==(const CreateRoom&) const = default;
};
/// Somebody becomes a member.
struct AddMember {
    PublicKey member;
    bool operator==(const AddMember&) const = default;
};
/// Somebody is a member no longer.
struct RemoveMember {
    PublicKey member;
    bool operator==(const RemoveMember&) const = default;
};
/// The room gets another name.
struct RenameRoom {
    std::string name;
    bool operator==(const RenameRoom&) const = default;
};
/// The room gets its next key, which members are sent one by one; by the hash they know that they
/// all have the same.
struct BeginEpoch {
    std::uint64_t epoch;
    std::array<unsigned char, 32> key_hash;
    bool operator==(const BeginEpoch&) const = default;
};
/// The owner says who may act for them, or that nobody may any longer.
struct NameStandIn {
    std::optional<PublicKey> stand_in;
    bool operator==(const NameStandIn&) const = default;
};

/// What is done by a record.
using RoomAct =
    std::variant<CreateRoom, AddMember, RemoveMember, RenameRoom, BeginEpoch, NameStandIn>;

/// The id of a room that somebody begins with what they drew.
RoomId room_id(const PublicKey& owner, const std::array<unsigned char, 32>& drawn) noexcept;

/// One line of a room's log, signed by who wrote it.
struct RoomRecord {
    RoomId room;
    std::uint64_t number;  ///< its place in the log, from 0 on
    RecordHash previous;   ///< of the record before; zeros in the first
    PublicKey by;
    RoomAct act;
    std::string signature;

    /// Signs it, as `by`, who that is to be.
    void sign(const Identity& identity);
    /// Whether `by` signed it. Whether they may is for the log to say (RoomLog).
    bool is_signed() const;
    /// The same for all signatures upon the same content.
    RecordHash hash() const;

    Value to_value() const;
    /// Errc::malformed for what is no record, or not written as to_value() does; Errc::too_large.
    static Result<RoomRecord> from_value(const Value& value);

    bool operator==(const RoomRecord&) const = default;

private:
    std::string signed_content() const;
};

}  // namespace netaio::chat
