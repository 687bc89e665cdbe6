#pragma once

#include <algorithm>
#include <netaio/plugins.hpp>
#include <netaio/secret.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace netaio::plugins {

/// The kind of identity that is the name of a secret.
inline constexpr std::string_view secret_kind = "hmac";

/// What a plugin makes of its secrets, each with the name that it is chosen by.
template <class Key>
class NamedKeys {
public:
    struct Named {
        Named(ByteView given, std::string name)
            : key(given), secret(given), who(Identity{std::string(secret_kind), std::move(name)}) {}

        std::string_view name() const noexcept { return who.begin()->name; }

        Key key;
        Secret secret;
        Identities who;
    };

    /// `single`, unless it is empty, goes first, as `default`. What to call both is said by the
    /// owner and the member, as in `HmacOptions::secret`.
    NamedKeys(const Secret& single, const std::vector<NamedSecret>& several,
              const std::string& owner, const std::string& member) {
        const std::string option = owner + "::" + member;
        if (single.empty() && several.empty()) {
            throw std::invalid_argument(option + " is empty: give both ends the same " + member);
        }
        all_.reserve(several.size() + 1);
        if (!single.empty()) {
            all_.emplace_back(single.reveal(), std::string(unnamed));
        }
        for (const NamedSecret& one : several) {
            if (one.name.empty()) {
                throw std::invalid_argument("one of " + option +
                                            "s has no name: give each one of its own");
            }
            if (!NamedSecret::is_name(one.name)) {
                throw std::invalid_argument(
                    "a name of " + option +
                    "s has other characters than letters, digits and .-_: logs and rules name it");
            }
            if (one.secret.empty()) {
                throw std::invalid_argument("'" + one.name + "' of " + option +
                                            "s is empty: give both ends the same " + member);
            }
            if (find(one.name)) {
                throw std::invalid_argument(
                    "two of " + option + "s are named '" + one.name +
                    "': give each a name of its own; 'default' is that of " + option);
            }
            all_.emplace_back(one.secret.reveal(), one.name);
        }
    }

    /// Whether the name of one of these is among them.
    bool knows(const Identities& who) const noexcept { return find_of(who) != nullptr; }
    bool several() const noexcept { return all_.size() > 1; }
    auto begin() const noexcept { return all_.begin(); }
    auto end() const noexcept { return all_.end(); }

    /// That of somebody; the first where there is none.
    const Key& of(const Identities* who) const noexcept { return named_of(who).key; }
    /// The same for a session.
    const Named& for_session(const Identities* whose) const noexcept { return named_of(whose); }
    /// The same, but null where there are several, and none of somebody who has a secret.
    const Key* exactly_of(const Identities* who) const noexcept {
        const bool unknown = several() && who && who->name(secret_kind).has_value() && !knows(*who);
        return unknown ? nullptr : &of(who);
    }

    /// That for what is sent to somebody: an unnamed secret may have got a name since.
    const Key* towards(const Identities* who) const noexcept {
        return who && is_unnamed(*who) ? &of(who) : exactly_of(who);
    }
    /// Whether the secret of somebody has no name of its own.
    static bool is_unnamed(const Identities& who) noexcept {
        return who.name(secret_kind) == unnamed;
    }

private:
    static constexpr std::string_view unnamed = "default";

    const Named& named_of(const Identities* who) const noexcept {
        const Named* found = several() && who ? find_of(*who) : nullptr;
        return found ? *found : all_.front();
    }
    const Named* find(std::string_view name) const noexcept {
        const auto found = std::ranges::find(all_, name, &Named::name);
        return found == all_.end() ? nullptr : &*found;
    }
    const Named* find_of(const Identities& who) const noexcept {
        for (const Identity& one : who) {
            const Named* found = one.kind == secret_kind ? find(one.name) : nullptr;
            if (found) {
                return found;
            }
        }
        return nullptr;
    }

    std::vector<Named> all_;
};

}  // namespace netaio::plugins
