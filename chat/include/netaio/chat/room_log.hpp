#pragma once

#include <cstddef>
#include <cstdint>
#include <netaio/chat/room_record.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace netaio::chat {

/// Members of one room, the owner included.
inline constexpr std::size_t room_members_max = 256;
/// Records of one room: 27 years of a key each day.
inline constexpr std::size_t room_records_max = 10'000;

/// What a room is after a record.
struct RoomState {
    RoomId id;
    std::string name;
    PublicKey owner;
    /// Who may act for the owner.
    std::optional<PublicKey> stand_in;
    /// In the order in which they came; the owner is the first.
    std::vector<PublicKey> members;
    /// The key at hand; 0 before there is one.
    std::uint64_t epoch = 0;
    std::array<unsigned char, 32> key_hash{};
    /// Whether the next key is due before anything is written: there is none, or somebody who went
    /// has it.
    bool key_is_due = true;

    bool has(const PublicKey& member) const noexcept;
    bool operator==(const RoomState&) const = default;
};

/// Proof that a room was told differently to different people: both records are signed by who may
/// write them, and have one number.
struct RoomSplit {
    RoomRecord one;  ///< that is in the log
    RoomRecord other;
};

/// What became of a record.
enum class RoomAppended {
    added,       ///< it is the last of the log now
    known,       ///< it was there
    early,       ///< the records before it are to come first
    other_past,  ///< it follows another record than ours: ask who sent it for the one before
    split,       ///< there is another of its number, and both are a RoomSplit
};

/// Who is in a room and what it is called, as a row of signed records, each with the hash of the
/// one before. The owner writes them, or the stand-in whom the owner named last; who is a stand-in
/// neither names another nor removes the owner, and is one no longer when removed. So all who have
/// the same last record agree about all before it. Who writes does so after the last record there
/// is: owner and stand-in who write at once make a split.
class RoomLog {
public:
    /// Begins a room of one's own. Throws std::invalid_argument for a name that cannot be one:
    /// empty, longer than name_size_max, or not UTF-8.
    static RoomLog create(std::string name, const Identity& owner, Random& random);
    /// Begins with a room's first record, Errc::malformed when it is none or of another room, and
    /// Errc::auth_failed when its owner did not sign it.
    static Result<RoomLog> begin(const RoomRecord& first, const RoomId& room);
    /// The log of a room from all of its records. As begin() and append(); Errc::malformed also
    /// when they are not in order, one each.
    static Result<RoomLog> verify(std::span<const RoomRecord> records, const RoomId& room);

    /// Adds what follows. Errc::auth_failed unless it is signed by who may, Errc::malformed when it
    /// is of another room, or what it does cannot be done: a member is added who is there, one is
    /// removed who is not, a key is not the next. Errc::too_large beyond room_members_max and
    /// room_records_max. After anything but `added` the log is as it was.
    Result<RoomAppended> append(const RoomRecord& record);

    /// The record by which somebody does that next; append() it. Errors as there.
    Result<RoomRecord> next(RoomAct act, const Identity& by) const;

    /// At least one.
    const std::vector<RoomRecord>& records() const noexcept { return records_; }
    /// What the room is now.
    const RoomState& state() const noexcept { return state_; }
    /// What it was after that record, e.g. for a message that was written then; none when there is
    /// no such record.
    std::optional<RoomState> state_after(std::uint64_t number) const;

    /// Whether somebody was a member after that record, or, without one, ever.
    bool was_member(const PublicKey& who, std::uint64_t record) const;
    bool was_member(const PublicKey& who) const;
    /// Whether somebody was a member at any time while that was the key.
    bool was_in_epoch(const PublicKey& who, std::uint64_t epoch) const;
    /// Whether any record after that one removed somebody.
    bool was_removed_after(const PublicKey& who, std::uint64_t record) const;
    /// The record that removed somebody last, which lives as long as the log is not changed;
    /// nullptr for none.
    const RoomRecord* removal_of(const PublicKey& who) const;

private:
    explicit RoomLog(const RoomRecord& first);

    std::vector<RoomRecord> records_;
    RecordHash last_;
    RoomState state_;
};

}  // namespace netaio::chat
