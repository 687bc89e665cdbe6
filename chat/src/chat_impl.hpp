#pragma once

#include <netaio/chat/chat.hpp>
#include <netaio/chat/files.hpp>
#include <netaio/chat/messenger.hpp>
#include <netaio/chat/rooms.hpp>
#include <netaio/chat/vault.hpp>
#include <optional>
#include <string>
#include <type_traits>

#include "file_lines.hpp"
#include "people.hpp"
#include "talks.hpp"

namespace netaio::chat {

/// All of a chat. What the parts have in memory beside the vault is read anew where something
/// could not be kept.
class Chat::Impl {
public:
    Impl(const Identity& identity, std::string name, const std::string& file,
         Environment environment, TalkEvents events, FileOptions files);

    /// Keeps what the work changes as a whole. What fails to be kept did not happen.
    template <class Work>
    std::invoke_result_t<Work&> kept(Work&& work) {
        try {
            Vault::Transaction all(vault_);
            if constexpr (std::is_void_v<std::invoke_result_t<Work&>>) {
                work();
                all.commit();
            } else {
                auto done = work();
                all.commit();
                return done;
            }
        } catch (...) {
            people_.load();
            load_rooms();
            files_.load();
            throw;
        }
    }

    // chat_people.cpp: whom one knows.
    std::error_code met(const PublicKey& key, const std::string& name, std::uint64_t at);
    std::error_code know(const PublicKey& key, const std::string& name);
    void gone(const PublicKey& key);
    std::vector<PersonView> people() const;
    void verify(const PublicKey& key, bool verified);
    void accept(const PublicKey& key);
    /// Whoever is written to for the first time is told who writes.
    std::error_code introduce(const PublicKey& to);
    /// The same of all in a room.
    void introduce(const RoomId& room);

    // chat_talk.cpp: what is said.
    Result<MessageId> say(const PublicKey& to, const std::string& text);
    void shown(const PublicKey& with, std::uint64_t up_to);
    void tell_read(bool tells);

    const PublicKey& me() const noexcept { return identity_.public_key(); }
    const std::string& name() const noexcept { return name_; }
    bool tells_read() const noexcept { return tells_read_; }
    const People& known() const noexcept { return people_; }
    const Talks& talks() const noexcept { return talks_; }
    Messenger& messenger() noexcept { return messenger_; }
    Files& files() noexcept { return files_; }
    Rooms& rooms() noexcept { return *rooms_; }

private:
    void load_rooms();
    // Somebody says that this is their name, or said it at that time.
    std::error_code called(const PublicKey& key, const std::string& told, std::uint64_t at);
    static void take_name(Acquaintance& person);
    // Who was verified has another name.
    void renamed(const PublicKey& key);
    void refuse_who_is_called_like_another(const PublicKey& key);
    /// Who was verified keeps their name for themselves.
    void refuse_others_called_like(const PublicKey& verified);
    void refuse(const PublicKey& key, const PublicKey& verified);

    // Strangers are answered as well, which tells them no name and makes none known: that does only
    // what somebody does themselves.
    Result<MessageId> answer(const PublicKey& to, const Content& content);
    void came(const PublicKey& from, const MessageId& id, std::uint64_t at, const Content& content);
    void log_refused(const PublicKey& from, const Content& content,
                     const std::error_code& error) const;
    void text_came(const PublicKey& from, const MessageId& id, std::uint64_t at,
                   const std::string& text);
    void file_changed(const FileView& file);
    void marked(const PublicKey& to, const MessageId& id, Mark mark);
    void was_read(const PublicKey& from, const MessageId& id);

    void notify(const Notice& notice) const { tell(events_.noticed, notice); }
    void changed() const { tell(events_.changed); }
    template <class Event, class... What>
    static void tell(const Event& event, const What&... what) {
        if (event) {
            event(what...);
        }
    }
    std::uint64_t now() const { return environment_.clock->unix_seconds(); }

    const Identity identity_;
    const std::string name_;
    const Environment environment_;
    const TalkEvents events_;
    Vault vault_;
    People people_;
    Talks talks_;
    FileLines file_lines_{vault_, talks_};
    Messenger messenger_;
    Files files_;
    std::optional<Rooms> rooms_;
    bool tells_read_ = false;
};

}  // namespace netaio::chat
