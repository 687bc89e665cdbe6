#pragma once

#include <cstdint>
#include <memory>
#include <netaio/chat/files.hpp>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/prekeys.hpp>
#include <netaio/chat/talk.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <string>
#include <vector>

namespace netaio::chat {

/// One person's end of the chat: whom they know, what was said, what is still to be carried. It
/// knows neither sockets nor terminals: a transport carries parcels() and hands in what came, an
/// interface shows views and lines. What calls return is kept on the disk. Calls throw Error, with
/// a sentence to be shown, when it cannot be. Not thread-safe.
class Chat {
public:
    /// `file` is where all of it is kept, but for the files that others send: `files` says where.
    Chat(const Identity& identity, std::string name, const std::string& file,
         Environment environment, TalkEvents events, FileOptions files = {});
    ~Chat();

    /// Whose end it is.
    const PublicKey& me() const noexcept;
    /// What others are told that one is called.
    const std::string& name() const noexcept;

    // People.
    /// Somebody is there who says, or said at that time by their clock, that this is their name;
    /// what they said before is not taken for news. Where somebody of this name was verified with
    /// another key, Errc::auth_failed: a notice says so, and nothing goes to the new key until
    /// accept(). Who was verified themselves may take any name: a notice says so, and where it
    /// looks like somebody else's, they are still shown by the one that they were verified by.
    std::error_code met(const PublicKey& key, const std::string& name, std::uint64_t at = 0);
    /// The same of somebody who is not there.
    std::error_code know(const PublicKey& key, const std::string& name);
    /// Somebody who was met is there no more.
    void gone(const PublicKey& key);
    /// All who were met, wrote or were written to, in the order of their keys.
    std::vector<PersonView> people() const;
    /// Both have compared the safety number. Others of that name who are known already, and were
    /// not accepted under it, are refused from now on like those who are met later; of who was
    /// verified already, by another name, only the latter are.
    void verify(const PublicKey& key, bool verified = true);
    /// Takes a changed key for that person's; of who was verified, a changed name.
    void accept(const PublicKey& key);

    // What is said.
    /// Says something, and keeps it until all for whom it is have it. Errc::too_large beyond
    /// text_size_max. To a person: Errc::auth_failed for a key that was not accepted,
    /// Errc::queue_full when too much waits, Errc::unsupported for oneself. In a room:
    /// Errc::not_connected where there is none, Errc::auth_failed for who is no member,
    /// Errc::pending as long as its key did not come, Errc::malformed for no text and such as is
    /// not UTF-8.
    Result<MessageId> say(const Place& where, const std::string& text);
    /// At most so many lines before that number, the last ones, in order; 0 for the end.
    std::vector<Line> lines(const Place& where, std::uint64_t before, std::size_t max) const;
    /// At most so many lines from the first one on that was not shown, in the order in which they
    /// came; none when all were.
    std::vector<Line> not_shown(const Place& where, std::size_t max) const;
    /// All lines so far were shown, or those up to that number.
    void shown(const Place& where, std::uint64_t up_to = UINT64_MAX);
    /// Whether people are told that what they said was shown here. They are not until somebody says
    /// so; it is kept. What was shown before that is not told.
    bool tells_read() const noexcept;
    void tell_read(bool tells);

    // Rooms.
    /// All that one is in, or was, in the order of their ids.
    std::vector<RoomView> rooms() const;
    /// Begins a room whose owner one is. Errc::malformed for a name that is empty, longer than
    /// name_size_max or not UTF-8; Errc::queue_full where there are too many rooms.
    Result<RoomId> make_room(const std::string& name);
    // The owner does what follows, and while they are away their stand-in. Errc::not_connected
    // where there is no such room, Errc::auth_failed for who may not.
    /// Makes somebody a member, who hears what is said from now on. Errc::auth_failed also for a
    /// key that was not accepted, Errc::malformed for who is one, Errc::too_large beyond
    /// room_members_max.
    std::error_code invite(const RoomId& room, const PublicKey& whom);
    /// Who is removed hears no more. Errc::malformed for who is no member and for the owner,
    /// Errc::unsupported for oneself.
    std::error_code remove(const RoomId& room, const PublicKey& whom);
    /// Errc::malformed for a name that make_room() does not take.
    std::error_code rename(const RoomId& room, const std::string& name);
    /// Says who may act while the owner is away, or that nobody may; by the owner alone.
    /// Errc::malformed for who is no member and for the owner.
    std::error_code name_stand_in(const RoomId& room, const std::optional<PublicKey>& whom);
    /// Asks to be removed by any of the two, and is a member until they did so. Errc::not_connected
    /// where there is no such room, Errc::auth_failed for who is no member, Errc::unsupported for
    /// the owner.
    std::error_code leave(const RoomId& room);

    // Files: as of Files, by their numbers. They have lines where people talk.
    /// Errc::auth_failed for somebody whose key was not accepted, and what Files::offer() returns.
    Result<FileId> offer_file(const PublicKey& to, const std::string& path);
    std::error_code take_file(std::uint64_t number);
    std::error_code cancel_file(std::uint64_t number);
    std::vector<FileView> files() const;
    /// As of Files: to be called as long as it says that there is more, and whenever something came
    /// or a file was offered.
    bool work();

    // What is carried: as of Messenger.
    std::vector<Parcel> parcels();
    std::vector<PublicKey> wants_bundle() const;
    std::error_code bundle_came(const PrekeyBundle& bundle);
    void is_at_relay(std::uint64_t parcel);
    void was_taken(std::uint64_t parcel);
    std::error_code receive(ByteView envelope);
    PrekeyBundle bundle() const;
    PrekeyBundle bundle_to_hand_out();
    std::vector<OneTimePrekey> prekeys_for_relay(std::size_t left);
    /// To be called every half a minute, and not before what waits at relays was handed in: keys
    /// that are due are made anew, and what is missing is asked for again. Whether bundle() is
    /// another now.
    bool tick();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace netaio::chat
