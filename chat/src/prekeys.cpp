#include <algorithm>
#include <netaio/chat/prekeys.hpp>

#include "fields.hpp"
#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view prekey_purpose = "netaio-chat prekey";
// Nobody makes so many prekeys; beyond, their ids would not count up for ever.
constexpr std::uint32_t saved_id_max = 0x7fff'ffff;

// What the owner of a signed prekey signs.
std::string signed_prekey_bytes(std::uint32_t id, const AgreementKey& key, std::uint64_t made_at) {
    SecretWriter writer;
    writer.add(prekey_purpose).add_number(id).add(key.bytes()).add_number(made_at);
    return writer.bytes().str();
}

bool is_from_the_future(std::uint64_t made_at, std::uint64_t now) noexcept {
    return made_at > now && made_at - now > signed_prekey_ahead_max;
}

bool is_older_than(std::uint64_t age, std::uint64_t made_at, std::uint64_t now) noexcept {
    return now > made_at && now - made_at > age;
}

Result<SignedPrekey> signed_prekey_of(const Value& value) {
    const auto id = number_field<std::uint32_t>(value, "id");
    const auto key = key_field<AgreementKey>(value, "key");
    const auto made_at = number_field<std::uint64_t>(value, "made_at");
    const auto signature = bytes_field(value, "signature", signature_size);
    if (!id || !key || !made_at || !signature) {
        return Errc::malformed;
    }
    return SignedPrekey{*id, *key, *made_at, signature->str()};
}

}  // namespace

Value OneTimePrekey::to_value() const {
    return Dict{{"id", id}, {"key", Bytes(key.bytes())}};
}

Result<OneTimePrekey> OneTimePrekey::from_value(const Value& value) {
    const auto id = number_field<std::uint32_t>(value, "id");
    const auto key = key_field<AgreementKey>(value, "key");
    if (!id || !key) {
        return Errc::malformed;
    }
    return OneTimePrekey{*id, *key};
}

Value PrekeyBundle::to_value() const {
    Dict fields{{"identity", Bytes(identity.bytes())},
                {"signed_prekey", Dict{{"id", signed_prekey.id},
                                       {"key", Bytes(signed_prekey.key.bytes())},
                                       {"made_at", signed_prekey.made_at},
                                       {"signature", Bytes(signed_prekey.signature)}}}};
    if (one_time_prekey) {
        fields.set("one_time_prekey", one_time_prekey->to_value());
    }
    return fields;
}

Result<PrekeyBundle> PrekeyBundle::from_value(const Value& value) {
    const auto identity = key_field<PublicKey>(value, "identity");
    const Value* const prekey = value.find("signed_prekey");
    if (!identity || !prekey) {
        return Errc::malformed;
    }
    const auto signed_prekey = signed_prekey_of(*prekey);
    if (!signed_prekey) {
        return signed_prekey.error();
    }
    PrekeyBundle bundle{*identity, *signed_prekey};
    if (const Value* const one_time = value.find("one_time_prekey")) {
        const auto parsed = OneTimePrekey::from_value(*one_time);
        if (!parsed) {
            return parsed.error();
        }
        bundle.one_time_prekey = *parsed;
    }
    return bundle;
}

std::error_code PrekeyBundle::verify(std::uint64_t now) const {
    const auto& [id, key, made_at, signature] = signed_prekey;
    if (!identity.signed_this(signed_prekey_bytes(id, key, made_at), signature)) {
        return Errc::auth_failed;
    }
    if (is_from_the_future(made_at, now) || is_older_than(signed_prekey_age_max, made_at, now)) {
        return Errc::stale;
    }
    return {};
}

Prekeys::Prekeys(const Identity& identity, std::uint64_t now, Random& random)
    : owner_(identity.public_key()) {
    add_signed(identity, now, random);
    (void)replenish(0, random);
}

void Prekeys::add_signed(const Identity& identity, std::uint64_t now, Random& random) {
    const std::uint32_t id = signed_.empty() ? 1 : signed_.back().id + 1;
    const AgreementKeys keys = AgreementKeys::make(random);
    signed_.push_back(
        {id, keys.secret(), now, identity.sign(signed_prekey_bytes(id, keys.public_key(), now))});
    if (signed_.size() > 1 + former_signed_prekeys) {
        signed_.pop_front();
    }
}

bool Prekeys::renew(const Identity& identity, std::uint64_t now, Random& random) {
    const std::uint64_t made_at = signed_.back().made_at;
    // A clock that was set back must not leave others without a prekey that they believe.
    const bool is_due =
        is_from_the_future(made_at, now) || is_older_than(signed_prekey_renewal - 1, made_at, now);
    if (is_due) {
        add_signed(identity, now, random);
    }
    return is_due;
}

std::vector<OneTimePrekey> Prekeys::replenish(std::size_t left, Random& random) {
    std::vector<OneTimePrekey> made;
    if (left >= one_time_prekeys_min) {
        return made;
    }
    for (; left < one_time_prekeys_laid_out; ++left) {
        const AgreementKeys keys = AgreementKeys::make(random);
        made.push_back({next_one_time_, keys.public_key()});
        one_time_.push_back({next_one_time_++, keys.secret()});
        if (one_time_.size() > one_time_prekeys_kept) {
            one_time_.pop_front();
        }
    }
    return made;
}

PrekeyBundle Prekeys::bundle() const {
    const Signed& newest = signed_.back();
    return {
        owner_,
        {newest.id, AgreementKeys(newest.secret).public_key(), newest.made_at, newest.signature}};
}

std::vector<OneTimePrekey> Prekeys::one_time_prekeys() const {
    std::vector<OneTimePrekey> all;
    for (const OneTime& prekey : one_time_) {
        all.push_back({prekey.id, AgreementKeys(prekey.secret).public_key()});
    }
    return all;
}

Result<AgreementKeys> Prekeys::signed_prekey(std::uint32_t id) const {
    const auto found = std::ranges::find(signed_, id, &Signed::id);
    if (found == signed_.end()) {
        return id == 0 || id > signed_.back().id ? Errc::malformed : Errc::stale;
    }
    return AgreementKeys(found->secret);
}

std::deque<Prekeys::OneTime>::const_iterator Prekeys::find(std::uint32_t id) const {
    const auto found = std::ranges::lower_bound(one_time_, id, {}, &OneTime::id);
    return found != one_time_.end() && found->id == id ? found : one_time_.end();
}

Result<AgreementKeys> Prekeys::one_time_prekey(std::uint32_t id) const {
    const auto found = find(id);
    if (found == one_time_.end()) {
        return id == 0 || id >= next_one_time_ ? Errc::malformed : Errc::replayed;
    }
    return AgreementKeys(found->secret);
}

Result<AgreementKeys> Prekeys::take(std::uint32_t id) {
    auto keys = one_time_prekey(id);
    if (keys) {
        one_time_.erase(find(id));
    }
    return keys;
}

Secret Prekeys::save() const {
    SecretWriter writer;
    writer.add_number(std::uint8_t{1}).add(owner_.bytes());
    writer.add_number(static_cast<std::uint8_t>(signed_.size()));
    for (const auto& [id, secret, made_at, signature] : signed_) {
        writer.add_number(id).add(secret.reveal()).add_number(made_at).add(signature);
    }
    writer.add_number(next_one_time_).add_number(static_cast<std::uint16_t>(one_time_.size()));
    for (const auto& [id, secret] : one_time_) {
        writer.add_number(id).add(secret.reveal());
    }
    return writer.bytes();
}

Result<Prekeys> Prekeys::load(ByteView saved) {
    SecretReader reader(saved);
    const auto version = reader.take_number<std::uint8_t>();
    const auto owner = PublicKey::parse(reader.take(key_size));
    const std::size_t signed_count = reader.take_number<std::uint8_t>();
    if (version != 1 || !owner || signed_count == 0 || signed_count > 1 + former_signed_prekeys) {
        return Errc::malformed;
    }
    Prekeys loaded(*owner);
    std::uint32_t last_id = 0;
    for (std::size_t count = 0; count < signed_count; ++count) {
        const auto id = reader.take_number<std::uint32_t>();
        const auto secret = SecretKey::parse(reader.take(key_size));
        const auto made_at = reader.take_number<std::uint64_t>();
        const ByteView signature = reader.take(signature_size);
        if (reader.failed() || id <= last_id || id > saved_id_max) {
            return Errc::malformed;
        }
        loaded.signed_.push_back({id, *secret, made_at, signature.str()});
        last_id = id;
    }
    loaded.next_one_time_ = reader.take_number<std::uint32_t>();
    const std::size_t one_time_count = reader.take_number<std::uint16_t>();
    if (one_time_count > one_time_prekeys_kept) {
        return Errc::malformed;
    }
    last_id = 0;
    for (std::size_t count = 0; count < one_time_count; ++count) {
        const auto id = reader.take_number<std::uint32_t>();
        const auto secret = SecretKey::parse(reader.take(key_size));
        if (reader.failed() || id <= last_id || id >= loaded.next_one_time_) {
            return Errc::malformed;
        }
        loaded.one_time_.push_back({id, *secret});
        last_id = id;
    }
    if (!reader.is_done() || loaded.next_one_time_ == 0 || loaded.next_one_time_ > saved_id_max) {
        return Errc::malformed;
    }
    return loaded;
}

}  // namespace netaio::chat
