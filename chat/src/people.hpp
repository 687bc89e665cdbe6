#pragma once

#include <map>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/vault.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "unread.hpp"

namespace netaio::chat {

/// Somebody who was met, or wrote.
struct Acquaintance {
    std::string name = {};       ///< as they call themselves; empty until they said it
    std::uint64_t named_at = 0;  ///< when they said so last, by their clock; 0 for an unknown time
    bool verified = false;
    /// The name that goes with the key that was compared: it is theirs alone.
    std::string verified_name = {};
    /// Whether they call themselves like somebody else now, and are shown by the name before.
    bool poses = false;
    /// Whether somebody of that name was verified with another key, and this one was not accepted.
    bool refused = false;
    std::set<std::string> accepted_names = {};  ///< the names under which they were
    bool added = false;                         ///< by hand
    /// Whether they were told our name.
    bool told_name = false;
    Unread unread = {};
    std::uint64_t last = 0;  ///< the number of the last line there is
    bool present = false;    ///< on the network now; not kept

    const std::string& shown_name() const noexcept { return poses ? verified_name : name; }
    bool is_accepted() const { return accepted_names.contains(name); }
    void set_unverified() {
        verified = poses = false;
        verified_name.clear();
    }
    /// Whether they are only known because they were there, or wrote.
    bool is_stranger() const noexcept { return !verified && !added && !told_name; }
};

/// The people whom somebody knows, kept in the vault.
class People {
public:
    /// Strangers who said nothing, and such as did, that are kept at most, and lines of each:
    /// anybody can be as many people as they like.
    static constexpr std::size_t strangers_max = 1'000;
    static constexpr std::uint64_t stranger_lines_max = 1'000;

    explicit People(Vault& vault);

    /// Reads all of them anew.
    void load();

    const std::map<PublicKey, Acquaintance>& all() const noexcept { return people_; }
    /// Who is known already, or from now on.
    Acquaintance& at(const PublicKey& key);
    const Acquaintance* find(const PublicKey& key) const;
    /// Whether that is news of somebody who is known.
    bool set_present(const PublicKey& key, bool present);
    /// Before somebody becomes known who only was there: forgets another such person who is away,
    /// where there are too many.
    void make_room_for(const PublicKey& key);
    /// So is who is not known at all.
    bool is_stranger(const PublicKey& key) const;
    bool is_refused(const PublicKey& key) const;
    /// Whether another line of theirs is to be kept.
    bool takes_line_of(const PublicKey& key) const;
    /// To be called when anything but `present` has changed.
    void keep(const PublicKey& key);
    /// A person who was verified by this name, or one that looks like it, with another key.
    std::optional<PublicKey> verified_as(const std::string& name, const PublicKey& but) const;
    /// Whether anybody else is called so, or like that, or was verified by such a name.
    bool is_anothers(const std::string& name, const PublicKey& but) const;
    /// Who was verified by another name than this, which they call themselves now, or like it.
    std::vector<PublicKey> renamed_to(const std::string& name, const PublicKey& but) const;
    /// Who is called so, or like that, and neither verified nor accepted nor refused.
    std::vector<PublicKey> unproved(const std::string& name) const;

private:
    Vault& vault_;
    std::map<PublicKey, Acquaintance> people_;
};

}  // namespace netaio::chat
