#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/room_record.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What people say to each other, as those see it who show it.
namespace netaio::chat {

/// What tells a message from all others: random.
using MessageId = std::array<unsigned char, 16>;

/// How far a message of one's own has come.
enum class Mark : std::uint8_t {
    waiting,    ///< it is here alone
    at_relay,   ///< a relay keeps it
    delivered,  ///< the receiver has it; in a room, all members have it
    read,       ///< the receiver says that it was shown; in a room, all members say so
};

/// To how many a message of one's own in a room has come.
struct Reach {
    std::size_t members = 0;    ///< whom it is for
    std::size_t delivered = 0;  ///< who have it
    std::size_t read = 0;       ///< who say that it was shown: they need not

    bool operator==(const Reach&) const = default;
};

/// Where something is said: to one person, or in a room.
using Place = std::variant<PublicKey, RoomId>;

/// Something that was said, or that happened there.
struct Line {
    std::uint64_t number = 0;            ///< its place in the conversation, from 1
    std::optional<PublicKey> from = {};  ///< none when it only happened
    MessageId id{};
    std::string text = {};      ///< as it came: show it by shown_text.hpp
    std::uint64_t at = 0;       ///< seconds since 1970, by the sender's clock
    Mark mark = Mark::waiting;  ///< of one's own
    Reach reach = {};           ///< of one's own in a room
    /// Who did what only happened; the text says what, as in `removed you from this room`.
    std::optional<PublicKey> by = {};
};

/// A person who was met.
struct PersonView {
    PublicKey key;
    /// As they call themselves, empty until they said it; of who was verified and takes a name like
    /// somebody else's, the one before.
    std::string name;
    bool verified = false;
    /// Somebody of this name was verified with another key: nothing goes to this one until
    /// Chat::accept().
    bool refused = false;
    bool present = false;  ///< on the network now
    std::size_t unread = 0;
};

/// A room that one is in, or was.
struct RoomView {
    RoomId id;
    std::string name;
    PublicKey owner;
    std::vector<PublicKey> members;
    bool is_member = true;
    std::size_t unread = 0;
    /// Who removed oneself, if one is no member.
    std::optional<PublicKey> removed_by = {};
};

/// What people have to be told beside what is said: that somebody's key is another one now, that
/// messages are missing, that a relay did what it should not.
struct Notice {
    enum class Kind {
        other_key,     ///< somebody of a known name came with another key
        other_name,    ///< somebody who was verified has another name
        missing,       ///< messages before this one did not come, or in another order
        refused,       ///< something that does not prove whom it is from, or came before
        prekey_again,  ///< a relay handed out a one-time prekey twice, or an old one
        room_split,    ///< a room was told differently to different people
    };

    Kind kind;
    std::optional<Place> place = {};
    std::string text;  ///< a sentence that can be shown
};

struct FileView;  // files.hpp

/// Told of what happens, on the thread of whoever called; none may call back into what tells.
struct TalkEvents {
    std::function<void(const Place&, const Line&)> said = {};
    std::function<void(const Place&, const Line&)> marked = {};
    /// A message of one's own in a room has come so far to one more member: delivered, or read.
    std::function<void(const Place&, const Line&, Mark)> reached = {};
    /// A file with somebody has come further, and so has its line: files.hpp.
    std::function<void(const FileView&, const Line&)> file = {};
    std::function<void(const Notice&)> noticed = {};
    /// People, rooms, members or counts of unread lines are others now.
    std::function<void()> changed = {};
};

/// An envelope on its way to somebody, until they say that they have it.
struct Parcel {
    std::uint64_t number;  ///< of this person's own
    PublicKey to;
    std::string envelope;
};

}  // namespace netaio::chat
