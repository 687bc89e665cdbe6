#pragma once

#include <cstdint>
#include <functional>
#include <netaio/chat/messenger.hpp>
#include <netaio/chat/vault.hpp>
#include <optional>
#include <string>

#include "messenger_message.hpp"

namespace netaio::chat {

/// A message of one's own that its receiver does not have yet.
struct WaitingMessage {
    PublicKey to;
    std::uint64_t number;  ///< in the count of what is sent to them
    MessageId id;
    std::uint64_t at;
    Content content;
    // As it is carried, once it is sealed.
    std::uint64_t parcel = 0;
    std::uint64_t session = 0;
    std::string envelope = {};
    bool is_at_relay = false;
    /// How often the receiver asked for it to be sealed anew in that session.
    std::uint8_t asked_again = 0;
};

/// The messages that wait, found by what they are named by.
class Outbox {
public:
    explicit Outbox(Vault& vault) : vault_(vault) {}

    /// Whether another one may wait.
    bool has_room(const PublicKey& to, std::size_t size) const;
    /// The number of a parcel that there was none of.
    std::uint64_t next_parcel();

    void add(const WaitingMessage& message);
    /// Puts it in the place of what it was.
    void change(const WaitingMessage& before, const WaitingMessage& after);
    void erase(const WaitingMessage& message);

    bool has(const PublicKey& to, std::uint64_t number) const;
    std::optional<WaitingMessage> find(const PublicKey& to, std::uint64_t number) const;
    std::optional<WaitingMessage> find(const PublicKey& to, const MessageId& id) const;
    std::optional<WaitingMessage> of_envelope(const PublicKey& to, const EnvelopeHash& hash) const;
    std::optional<WaitingMessage> of_parcel(std::uint64_t parcel) const;
    /// All, in the order in which they were added.
    void each(const std::function<void(const WaitingMessage&)>& visit) const;

private:
    std::optional<WaitingMessage> indexed(const std::string& index) const;
    void put(const WaitingMessage& message);
    void remove(const WaitingMessage& message);
    void count_bytes(const PublicKey& to, std::uint64_t more, std::uint64_t less);

    Vault& vault_;
};

}  // namespace netaio::chat
