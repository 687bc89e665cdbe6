#include <sodium.h>

#include <algorithm>
#include <utility>

#include "messenger_sessions.hpp"
#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view prekeys_kind = "messenger.prekeys";
constexpr std::string_view secrets_name = "secrets";
constexpr std::string_view directly_name = "directly";
// How often there are new ones for those who ask directly: all that anybody can use up is these.
constexpr std::uint64_t directly_renewal = 86'400;

// Those that are handed out to who asks, and since when.
struct Directly {
    std::uint64_t made_at = 0;
    std::vector<std::uint32_t> ids = {};

    void add(const std::vector<OneTimePrekey>& prekeys) {
        for (const OneTimePrekey& prekey : prekeys) ids.push_back(prekey.id);
    }
    std::string save() const {
        SecretWriter writer;
        writer.add_number(made_at).add_number(static_cast<std::uint32_t>(ids.size()));
        for (const std::uint32_t id : ids) writer.add_number(id);
        return writer.bytes().str();
    }
    static Directly load(ByteView saved) {
        SecretReader reader(saved);
        Directly directly{reader.take_number<std::uint64_t>()};
        for (auto left = reader.take_number<std::uint32_t>(); left > 0; --left) {
            directly.ids.push_back(reader.take_number<std::uint32_t>());
            if (reader.failed()) refuse_kept("prekeys");
        }
        return directly;
    }
};

}  // namespace

PrekeyShelf::PrekeyShelf(const Identity& own, Vault& vault, Environment environment)
    : own_(own), vault_(vault), environment_(std::move(environment)) {
    if (vault_.get(prekeys_kind, secrets_name)) {
        return;
    }
    Vault::Transaction transaction(vault_);
    const Prekeys prekeys(own_, now(), *environment_.random);
    Directly directly{now()};
    directly.add(prekeys.one_time_prekeys());
    save(prekeys);
    vault_.put(prekeys_kind, directly_name, directly.save());
    transaction.commit();
}

std::uint64_t PrekeyShelf::now() const {
    return environment_.clock->unix_seconds();
}

Prekeys PrekeyShelf::load() const {
    auto saved = vault_.get(prekeys_kind, secrets_name);
    if (!saved) refuse_kept("no prekeys");
    auto prekeys = Prekeys::load(*saved);
    sodium_memzero(saved->data(), saved->size());
    if (!prekeys) refuse_kept("prekeys");
    return std::move(*prekeys);
}

void PrekeyShelf::save(const Prekeys& prekeys) {
    vault_.put(prekeys_kind, secrets_name, prekeys.save().reveal());
}

PrekeyBundle PrekeyShelf::hand_out() {
    Prekeys prekeys = load();
    const auto saved = vault_.get(prekeys_kind, directly_name);
    Directly directly = saved ? Directly::load(*saved) : Directly();
    const bool is_due = now() < directly.made_at || now() - directly.made_at >= directly_renewal;
    if (directly.ids.empty() && is_due) {
        directly.made_at = now();
        directly.add(prekeys.replenish(0, *environment_.random));
        save(prekeys);
    }
    PrekeyBundle bundle = prekeys.bundle();
    while (!directly.ids.empty() && !bundle.one_time_prekey) {
        const std::uint32_t id = directly.ids.front();
        if (const auto keys = prekeys.one_time_prekey(id)) {
            bundle.one_time_prekey = OneTimePrekey{id, keys->public_key()};
        }
        directly.ids.erase(directly.ids.begin());
    }
    vault_.put(prekeys_kind, directly_name, directly.save());
    return bundle;
}

std::vector<OneTimePrekey> PrekeyShelf::for_relay(std::size_t left) {
    Prekeys prekeys = load();
    auto made = prekeys.replenish(left, *environment_.random);
    if (!made.empty()) save(prekeys);
    return made;
}

bool PrekeyShelf::renew() {
    Prekeys prekeys = load();
    const bool is_new = prekeys.renew(own_, now(), *environment_.random);
    if (is_new) save(prekeys);
    return is_new;
}

}  // namespace netaio::chat
