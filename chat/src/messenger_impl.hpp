#pragma once

#include <functional>
#include <netaio/chat/letter.hpp>
#include <netaio/chat/messenger.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include "messenger_correspondent.hpp"
#include "messenger_message.hpp"
#include "messenger_outbox.hpp"
#include "messenger_receipts.hpp"
#include "messenger_sessions.hpp"
#include "recent_keys.hpp"

namespace netaio::chat {

/// All of a messenger. Each call of the public class is one change of the vault.
class Messenger::Impl {
public:
    Impl(const Identity& identity, Vault& vault, Environment environment, MessengerEvents events);

    Result<MessageId> send(const PublicKey& to, const Content& content);
    void say_read(const PublicKey& from, const MessageId& id);
    std::vector<Parcel> parcels();
    std::vector<PublicKey> wants_bundle() const;
    std::error_code bundle_came(const PrekeyBundle& bundle);
    void is_at_relay(std::uint64_t parcel);
    void was_taken(std::uint64_t parcel);
    std::error_code receive(ByteView envelope);
    PrekeyShelf& prekeys() noexcept { return prekeys_; }

    /// Does `work` as one change, and tells at its end what happened.
    template <class Work>
    std::invoke_result_t<const Work&> change(const Work& work) {
        Vault::Transaction transaction(vault_);
        to_tell_.clear();
        if constexpr (std::is_void_v<std::invoke_result_t<const Work&>>) {
            work();
            tell();
            transaction.commit();
        } else {
            auto result = work();
            tell();
            transaction.commit();
            return result;
        }
    }

private:
    // Sealing.
    void seal(Correspondent& to, const WaitingMessage& message, std::uint8_t asked_again = 0);
    void seal_all(Correspondent& to);
    void want(const PublicKey& whom);
    void want_renewal(const PublicKey& whom, const EnvelopeHash& for_envelope);

    // What comes.
    std::error_code refuse(Errc why, std::string text, std::optional<PublicKey> from = {});
    std::error_code cannot_open(const Letter& letter, const std::optional<Correspondent>& known,
                                const EnvelopeHash& hash, std::error_code why);
    std::error_code came(Correspondent& from, const PlainMessage& message);
    std::error_code came_before(const PublicKey& from, ByteView id, std::string_view state);
    std::error_code receipt_came(Correspondent& from, const PlainMessage& message);
    void mark(const WaitingMessage& message, Mark mark);
    void marked_read(const PublicKey& to, const MessageId& id);

    void notice(Notice::Kind kind, std::string text, std::optional<PublicKey> from);
    void tell();

    RecentKeys envelopes_of(const PublicKey& from) { return {vault_, "envelope", from}; }
    RecentKeys messages_of(const PublicKey& from) { return {vault_, "message", from}; }
    RecentKeys delivered_to(const PublicKey& to) { return {vault_, "delivered", to}; }

    const Identity identity_;
    Vault& vault_;
    const Environment environment_;
    const MessengerEvents events_;
    PrekeyShelf prekeys_;
    Sessions sessions_;
    Outbox outbox_;
    ReceiptBook receipts_;
    std::vector<std::function<void()>> to_tell_;
};

}  // namespace netaio::chat
