#pragma once

#include <cstdint>
#include <functional>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/talk.hpp>
#include <netaio/chat/vault.hpp>
#include <optional>
#include <string>
#include <vector>

#include "messenger_message.hpp"

namespace netaio::chat {

/// What people are to be told of their messages, and the parcels that tell it: one for each person,
/// which makes way for another once there is more to be told.
class ReceiptBook {
public:
    explicit ReceiptBook(Vault& vault) : vault_(vault) {}

    void owe(const PublicKey& to, const Receipt& receipt);
    /// Whom something is to be told that no parcel tells.
    std::vector<PublicKey> owed() const;
    /// Seals all that is to be told to somebody, by a call that gives a parcel of that.
    void seal(const PublicKey& to, const std::function<Parcel(const Receipt&)>& seal);

    /// What a parcel tells somebody is to be sealed once more, as it is of no use as it is.
    void owe_again(const PublicKey& to);
    /// Somebody cannot open that envelope: if it is the parcel's, that goes.
    void drop(const PublicKey& to, const EnvelopeHash& hash);

    std::vector<Parcel> parcels() const;
    /// Somebody else sees to that parcel now; nothing happens when it is none of these.
    void let_go(std::uint64_t parcel);

private:
    Vault& vault_;
};

}  // namespace netaio::chat
