#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <netaio/chat/room_log.hpp>
#include <netaio/chat/vault.hpp>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "room_history.hpp"
#include "room_message.hpp"
#include "unread.hpp"

/// One room, as one of its members has it.
namespace netaio::chat {

/// Messages of one room that wait for something.
inline constexpr std::size_t held_messages_max = 1'000;
/// Of these, how many people may have brought who are no members.
inline constexpr std::size_t held_of_strangers_max = 100;
/// So many epochs back messages are taken, and keys kept; older ones for some time more, so that
/// who was away can read what was said meanwhile.
inline constexpr std::uint64_t epochs_back_max = 2;
/// That time, in seconds, since the epoch was known that is too many later.
inline constexpr std::uint64_t old_epoch_age = 3 * 24 * 3600;

/// What a message waits for before it is taken into the history.
enum class Wait : std::uint8_t {
    nothing,
    records,   ///< the sender knew more of the log
    key,       ///< of its epoch
    messages,  ///< that the sender had seen
    witness,   ///< it is of somebody who was removed since: a member who had seen it before
};

/// What is to become of a message.
struct Judgement {
    std::error_code refused = {};
    Wait wait = Wait::nothing;
    std::vector<MessageHash> missing = {};    ///< that are waited for
    std::optional<RoomMessage> message = {};  ///< when it could be read
    bool other_record = false;                ///< the sender's log is another one than ours
    bool equivocates = false;                 ///< the sender said something else under its number
    bool lost = false;                        ///< messages before it are too old to be had
};

/// A message that waits.
struct HeldMessage {
    PublicKey from;  ///< who brought it
    std::uint64_t epoch;
    std::string bytes;
    std::optional<MessageId> id = {};  ///< of the content that brought it
    bool witnessed = false;
    Wait wait = Wait::nothing;
    std::vector<MessageHash> missing = {};
};

/// A room's log, keys and history, and the messages that wait. What changes is kept in the vault
/// at once.
class Room {
public:
    /// A room that is new here.
    Room(RoomLog log, const PublicKey& me, Vault& vault, std::uint64_t now);
    /// All that a vault has. Throws Error when it makes no sense.
    static std::map<RoomId, Room> load(const PublicKey& me, Vault& vault);

    const RoomId& id() const noexcept { return log_.state().id; }
    const RoomState& state() const noexcept { return log_.state(); }
    const RoomLog& log() const noexcept { return log_; }
    bool is_member() const noexcept { return state().has(me_); }
    /// The record that removed oneself last; nullptr for none.
    const RoomRecord* removal() const { return log_.removal_of(me_); }
    /// The record that began an epoch.
    const RoomRecord* epoch_record(std::uint64_t epoch) const;
    /// As RoomLog::append().
    Result<RoomAppended> append(const RoomRecord& record, std::uint64_t now);
    const std::optional<RoomSplit>& split() const noexcept { return split_; }
    void set_split(const RoomSplit& split);

    const SecretKey* key(std::uint64_t epoch) const;
    /// Errc::auth_failed when it is not the one of the log, Errc::stale when it is too old.
    std::error_code add_key(std::uint64_t epoch, const SecretKey& key);
    /// Whether messages of that epoch are taken no longer.
    bool is_too_old(std::uint64_t epoch) const noexcept { return epoch < kept_.oldest_epoch; }
    /// Forgets keys that nothing is read with any longer, and that nobody is still to be sent, nor
    /// what is sealed with them: nothing from `owed` on.
    void forget_keys(std::uint64_t now, std::uint64_t owed);
    /// What was owed when it was kept.
    void restore_owed(std::uint64_t owed);

    RoomHistory& history() noexcept { return history_; }
    const RoomHistory& history() const noexcept { return history_; }
    /// What is to become of a message. One that was held is taken though it is old by now.
    Judgement judge(const SealedRoomMessage& sealed, const MessageHash& hash, bool held,
                    bool witnessed) const;

    const std::map<MessageHash, HeldMessage>& held() const noexcept { return held_; }
    /// Keeps a message, or what it waits for now. False when too many wait.
    bool hold(const MessageHash& hash, HeldMessage message);
    void drop(const MessageHash& hash);
    /// Of each member the last message brought by them that there was no place for: it is to be
    /// asked for again.
    void let_go(const MessageHash& hash, const HeldMessage& message);
    struct LetGo {
        MessageHash hash;
        std::uint64_t epoch;
    };
    const std::map<PublicKey, LetGo>& were_let_go() const noexcept { return let_go_; }
    /// The messages that others wait for, and that are not here.
    std::set<MessageHash> missing() const;
    /// Those, and what was let go.
    std::set<MessageHash> wanted() const;
    /// So many of those at most, others each turn: of each who brought what they are waited for by,
    /// as many as of others, so that who makes up what there is not keeps nobody's from coming.
    std::vector<MessageHash> wanted_in_turn(std::size_t max, std::size_t turn) const;

    /// What is kept beside.
    struct Kept {
        Unread unread = {};
        std::uint64_t oldest_epoch = 0;                      ///< that is not too old
        std::uint64_t due_since = 0;                         ///< since when a key is due
        std::uint64_t clock = 0;                             ///< of the room when one came
        std::map<std::uint64_t, std::uint64_t> epochs = {};  ///< that are not too old; since when
        std::map<PublicKey, std::uint64_t> leaving = {};     ///< who asked for it, and when
        bool asked_to_leave = false;                         ///< oneself did
        std::uint64_t removal_told = 0;  ///< the record of oneself's that was told last
    };
    const Kept& kept() const noexcept { return kept_; }
    template <class Change>
    void change(const Change& what) {
        what(kept_);
        keep();
    }

    std::size_t rounds = 0;              ///< how often others were asked
    std::size_t size_when_asked_on = 0;  ///< of the history
    std::size_t turns = 0;               ///< how often others were asked on
    bool is_gap_told = false;
    bool is_letting_go_told = false;
    bool is_other_told = false;

private:
    friend class RoomLoader;
    Room(RoomLog log, const PublicKey& me, Vault& vault);
    void keep() const;
    void forget_let_go(const std::function<bool(const LetGo&)>& is);
    void restore_kept(ByteView kept);
    std::uint64_t oldest_needed_epoch() const noexcept;
    void note_record(const RoomRecord& record, std::uint64_t now);
    std::error_code judge_links(const RoomMessage& message, Judgement& judgement) const;

    RoomLog log_;
    PublicKey me_;
    Vault* vault_;
    RoomHistory history_;
    std::map<std::uint64_t, SecretKey> keys_;
    std::map<MessageHash, HeldMessage> held_;
    std::map<PublicKey, LetGo> let_go_;
    std::optional<RoomSplit> split_;
    Kept kept_;
};

}  // namespace netaio::chat
