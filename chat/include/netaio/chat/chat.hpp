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

    const PublicKey& me() const noexcept;
    const std::string& name() const noexcept;

    // People.
    /// Somebody is there who says that this is their name. Where somebody of this name was verified
    /// with another key, Errc::auth_failed: a notice says so, and nothing goes to the new key until
    /// accept().
    std::error_code met(const PublicKey& key, const std::string& name);
    /// The same of somebody who is not there.
    std::error_code know(const PublicKey& key, const std::string& name);
    void gone(const PublicKey& key);
    std::vector<PersonView> people() const;
    /// Both have compared the safety number.
    void verify(const PublicKey& key, bool verified = true);
    /// Takes a changed key for that person's.
    void accept(const PublicKey& key);

    // What is said.
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
    std::vector<RoomView> rooms() const;
    // As of Rooms.
    Result<RoomId> make_room(const std::string& name);
    std::error_code invite(const RoomId& room, const PublicKey& whom);
    std::error_code remove(const RoomId& room, const PublicKey& whom);
    std::error_code rename(const RoomId& room, const std::string& name);
    std::error_code leave(const RoomId& room);
    std::error_code name_stand_in(const RoomId& room, const std::optional<PublicKey>& whom);

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
    /// To be called now and then, about once a minute: keys that are due are made anew. Whether
    /// bundle() is another now.
    bool tick();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace netaio::chat
