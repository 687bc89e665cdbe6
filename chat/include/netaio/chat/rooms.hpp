#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/messenger.hpp>
#include <netaio/chat/room_log.hpp>
#include <netaio/chat/talk.hpp>
#include <netaio/chat/vault.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace netaio::chat {

/// Rooms of one person, those that they were in included.
inline constexpr std::size_t rooms_max = 1'000;
/// Of them, such as strangers own.
inline constexpr std::size_t strangers_rooms_max = 100;

/// Told by Rooms, within its calls; none may call back into it.
struct RoomsEvents {
    /// A member said something, or oneself did, or oneself was removed: in the order in which it
    /// came. What came late is told late; Rooms::order() has it where it belongs.
    std::function<void(const RoomId&, const Line&)> said = {};
    /// A message of one's own has come further.
    std::function<void(const RoomId&, const Line&)> marked = {};
    // As of TalkEvents.
    std::function<void(const RoomId&, const Line&, Mark)> reached = {};
    std::function<void(const Notice&)> noticed = {};
    /// Rooms, members or counts of unread lines are others now.
    std::function<void()> changed = {};
    /// A message was shown that its author sent by a content of this id: they may be told.
    std::function<void(const PublicKey& author, const MessageId& id)> read = {};
};

/// The rooms of one person. Each has a log of who is in it (RoomLog), which its owner writes, or
/// while they are away the stand-in; a key of its epoch, which they send to the members one by one,
/// another each day and whenever somebody went; and messages, each signed by who says it, sealed
/// with a key that comes of the room's, and sent to all members one by one.
///
/// Each message tells which messages its sender had seen last. It is taken once all of those are
/// here that were for this member, too; what is missing is asked for, and the messages that follow
/// it wait: whoever is asked brings all up to that, the oldest first. So all members come to the
/// same messages, in one order. They are refused when they do not prove whom they are from, when
/// the sender was no member or has another log, and when the sender said something else under the
/// same number. Messages of somebody who was removed are taken after that only when a member had
/// seen them before and follows them, so that who was removed for a while as well may lack some.
/// Each message is for the members of the log as its sender knew it: who comes later neither gets
/// it nor misses it.
///
/// What cannot be sent to a member, as too much waits for them or they are refused, is kept and
/// sent once it can be, in its order; until then a message is not marked as what all have.
///
/// All of the state is in the vault. Each call belongs into one transaction with what its caller
/// changes; when one throws, as a vault does, this object is to be made anew. Not thread-safe.
class Rooms {
public:
    /// Keeps a content for somebody until they have it, sealed for them alone, as Messenger::send()
    /// does. An id tells marked() later of which it is; after an error the same is tried again.
    using Send = std::function<Result<MessageId>(const PublicKey& to, const Content& content)>;
    /// Whether somebody is known only by what they did themselves.
    using IsStranger = std::function<bool(const PublicKey&)>;

    /// Without `is_stranger` nobody is one. Throws Error when what the vault has makes no sense.
    Rooms(const Identity& identity, Vault& vault, Environment environment, RoomsEvents events,
          Send send, IsStranger is_stranger = {});
    ~Rooms();

    /// Begins a room whose owner one is. Errc::malformed for a name that cannot be one (see
    /// RoomLog::create()), Errc::queue_full beyond rooms_max.
    Result<RoomId> make(const std::string& name);

    // What the owner does, and the stand-in. The stand-in does so only while the owner is away:
    // when both write before they know what the other wrote, the room is split. So whoever comes
    // back takes what waits for them before they do anything. Errors as of RoomLog::next(), and
    // Errc::not_connected where there is no such room.

    /// Makes somebody a member, who gets the log and the key of now, and no message of before.
    std::error_code invite(const RoomId& room, const PublicKey& whom);
    /// Who is removed gets no key any more. Oneself leaves: Errc::unsupported.
    std::error_code remove(const RoomId& room, const PublicKey& whom);
    std::error_code rename(const RoomId& room, const std::string& name);
    /// Says who may act while the owner is away; by the owner alone.
    std::error_code name_stand_in(const RoomId& room, const std::optional<PublicKey>& whom);

    /// Asks the owner and the stand-in to be removed, and is a member until they did so: the owner
    /// in the next tick(), the stand-in when the owner did not within an hour. Errc::unsupported
    /// for the owner themselves, Errc::auth_failed for who is no member.
    std::error_code leave(const RoomId& room);

    /// Says something to all members. Errc::auth_failed for who is no member, Errc::pending as long
    /// as the key of now did not come, Errc::malformed for no text and such as is not UTF-8,
    /// Errc::too_large beyond text_size_max.
    Result<MessageId> say(const RoomId& room, const std::string& text);

    std::vector<RoomView> views() const;
    /// At most so many lines, the last ones before that of this number, in the order that all
    /// members have; 0 for the end. Lines are numbered as they came.
    std::vector<Line> order(const RoomId& room, std::uint64_t before, std::size_t max) const;
    // As of Chat.
    std::vector<Line> not_shown(const RoomId& room, std::size_t max) const;
    void shown(const RoomId& room, std::uint64_t up_to = UINT64_MAX);

    /// Whether contents of that kind are for came().
    static bool takes(std::string_view kind) noexcept;
    /// A content came from somebody, who proved it, by an id of theirs where there is one. An error
    /// says why it was refused: Errc::replayed when it came before, Errc::stale for a message of
    /// too old an epoch, Errc::decrypt_failed for one that is not sealed with the room's key,
    /// Errc::auth_failed for what is not by whom it has to be, Errc::queue_full where too much
    /// waits, Errc::malformed. What has to wait for something else is no error.
    std::error_code came(const PublicKey& from, const Content& content,
                         const std::optional<MessageId>& id = {});
    /// One of the contents that were sent has come further.
    void marked(const PublicKey& to, const MessageId& id, Mark mark);
    /// To be called every half a minute, and not before what waits for this person
    /// at relays was handed in: keys that are due are made, by the owner or the stand-in; what is
    /// missing is asked for again, and what could not be sent is tried again.
    void tick();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace netaio::chat
