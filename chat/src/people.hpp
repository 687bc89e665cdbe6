#pragma once

#include <map>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/vault.hpp>
#include <optional>
#include <string>
#include <vector>

#include "unread.hpp"

namespace netaio::chat {

/// Somebody who was met, or wrote.
struct Acquaintance {
    std::string name = {};  ///< as they call themselves; empty until they said it
    bool verified = false;
    /// Whether somebody of that name was verified with another key, and this one was not accepted.
    bool refused = false;
    /// Whether they were told our name.
    bool told_name = false;
    Unread unread = {};
    bool present = false;  ///< on the network now; not kept
};

/// The people whom somebody knows, kept in the vault.
class People {
public:
    explicit People(Vault& vault);

    /// Reads all of them anew.
    void load();

    const std::map<PublicKey, Acquaintance>& all() const noexcept { return people_; }
    /// Who is known already, or from now on.
    Acquaintance& at(const PublicKey& key);
    const Acquaintance* find(const PublicKey& key) const;
    /// To be called when anything but `present` has changed.
    void keep(const PublicKey& key);
    /// A person of this name, or one that looks like it, who was verified with another key.
    std::optional<PublicKey> verified_as(const std::string& name, const PublicKey& but) const;

private:
    Vault& vault_;
    std::map<PublicKey, Acquaintance> people_;
};

}  // namespace netaio::chat
