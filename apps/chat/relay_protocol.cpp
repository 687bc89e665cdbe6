#include "relay_protocol.hpp"

#include <sodium.h>

#include <algorithm>
#include <netaio/packify.hpp>
#include <optional>
#include <stdexcept>

namespace netaio::chat_app {
namespace {

constexpr std::string_view mailbox_purpose = "netaio-chat mailbox";
constexpr std::size_t one_time_prekeys_max = 1'000;

std::string packed_value(const Value& value) {
    return pack(value).value();
}

std::optional<ByteView> bytes_at(const Value& dict, std::string_view name) {
    const Value* const field = dict.find(name);
    return field ? field->as_bytes() : std::nullopt;
}

std::optional<std::uint64_t> number_at(const Value& dict, std::string_view name) {
    const Value* const field = dict.find(name);
    return field ? field->as_uint() : std::nullopt;
}

// What the owner of a mailbox signs. Nobody can take it from one relay to another.
std::string owner_statement(ByteView challenge, const chat::MailboxName& mailbox,
                            const SessionKey& relay) {
    std::string statement(mailbox_purpose);
    statement += challenge;
    statement += ByteView(mailbox);
    statement += ByteView(relay);
    return statement;
}

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

Result<Value> unpack_strangers(ByteView packed) {
    return unpack(packed, {.max_depth = 8, .max_values = 4'096});
}

chat::MailboxName mailbox_of(const chat::PublicKey& owner) {
    std::string named(mailbox_purpose);
    named += ByteView(owner.bytes());
    chat::MailboxName mailbox{};
    crypto_generichash(mailbox.data(), mailbox.size(), ByteView(named).octets(), named.size(),
                       nullptr, 0);
    return mailbox;
}

std::string in_hex(ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : std::string_view(bytes)) {
        const auto byte = static_cast<unsigned char>(c);
        text += {digits[byte >> 4], digits[byte & 15]};
    }
    return text;
}

std::string mailbox_uri(const chat::MailboxName& mailbox) {
    return std::string(mailbox_uris) + in_hex(mailbox);
}

std::string prekeys_uri(const chat::MailboxName& mailbox) {
    return std::string(prekeys_uris) + in_hex(mailbox);
}

Result<chat::MailboxName> mailbox_named(ByteView digits) {
    chat::MailboxName mailbox{};
    if (digits.size() != 2 * mailbox.size()) return Errc::malformed;
    for (std::size_t i = 0; i < mailbox.size(); ++i) {
        const int high = digit_of(digits[2 * i]);
        const int low = digit_of(digits[2 * i + 1]);
        if (high < 0 || low < 0) return Errc::malformed;
        mailbox[i] = static_cast<unsigned char>(high * 16 + low);
    }
    return mailbox;
}

OwnerProof OwnerProof::make(const chat::Identity& owner, ByteView challenge,
                            const SessionKey& relay) {
    const chat::PublicKey& key = owner.public_key();
    return {key, challenge.str(), owner.sign(owner_statement(challenge, mailbox_of(key), relay))};
}

Result<OwnerProof> OwnerProof::parse(ByteView packed) {
    const auto value = unpack_strangers(packed);
    if (!value) return Errc::malformed;
    const auto key = bytes_at(*value, "key");
    const auto challenge = bytes_at(*value, "challenge");
    const auto signature = bytes_at(*value, "signature");
    if (!key || !challenge || challenge->size() != challenge_size || !signature ||
        signature->size() != chat::signature_size) {
        return Errc::malformed;
    }
    const auto owner = chat::PublicKey::parse(*key);
    if (!owner) return owner.error();
    return OwnerProof{*owner, challenge->str(), signature->str()};
}

std::string OwnerProof::packed() const {
    return packed_value(Dict{{"key", Bytes(key.bytes())},
                             {"challenge", Bytes(challenge)},
                             {"signature", Bytes(signature)}});
}

bool OwnerProof::holds_for(const chat::MailboxName& mailbox, const SessionKey& relay) const {
    return mailbox_of(key) == mailbox &&
           key.signed_this(owner_statement(challenge, mailbox, relay), signature);
}

Result<FetchTerms> FetchTerms::parse(ByteView packed) {
    const auto value = unpack_strangers(packed);
    if (!value) return Errc::malformed;
    const auto after = number_at(*value, "after");
    const auto max = number_at(*value, "max");
    if (!after || !max) return Errc::malformed;
    return FetchTerms{*after, static_cast<std::size_t>(std::min<std::uint64_t>(*max, fetched_max))};
}

std::string FetchTerms::packed() const {
    return packed_value(Dict{{"after", after}, {"max", max}});
}

std::string pack_envelopes(const std::vector<chat::WaitingEnvelope>& envelopes) {
    List list;
    for (const auto& [number, envelope] : envelopes) {
        list.items.emplace_back(Dict{{"number", number}, {"envelope", Bytes(envelope)}});
    }
    return packed_value(std::move(list));
}

Result<std::vector<chat::WaitingEnvelope>> parse_envelopes(ByteView packed) {
    const auto value = unpack_strangers(packed);
    const List* const list = value ? value->as_list() : nullptr;
    if (!list || list->items.size() > fetched_max) return Errc::malformed;
    std::vector<chat::WaitingEnvelope> envelopes;
    for (const Value& item : list->items) {
        const auto number = number_at(item, "number");
        const auto envelope = bytes_at(item, "envelope");
        if (!number || !envelope || (!envelopes.empty() && *number <= envelopes.back().number)) {
            return Errc::malformed;
        }
        envelopes.push_back({*number, envelope->str()});
    }
    return envelopes;
}

std::string pack_numbers(std::span<const std::uint64_t> numbers) {
    List list;
    for (const std::uint64_t number : numbers) list.items.emplace_back(number);
    return packed_value(std::move(list));
}

Result<std::vector<std::uint64_t>> parse_numbers(ByteView packed) {
    const auto value = unpack_strangers(packed);
    const List* const list = value ? value->as_list() : nullptr;
    if (!list || list->items.size() > fetched_max) return Errc::malformed;
    std::vector<std::uint64_t> numbers;
    for (const Value& item : list->items) {
        const auto number = item.as_uint();
        if (!number) return Errc::malformed;
        numbers.push_back(*number);
    }
    return numbers;
}

PublishedPrekeys PublishedPrekeys::of(const chat::PrekeyBundle& bundle,
                                      std::span<const chat::OneTimePrekey> one_time) {
    chat::PrekeyBundle signed_part = bundle;
    signed_part.one_time_prekey.reset();
    PublishedPrekeys published{packed_value(signed_part.to_value()), {}};
    for (const auto& prekey : one_time) {
        published.one_time.push_back(packed_value(prekey.to_value()));
    }
    return published;
}

Result<PublishedPrekeys> PublishedPrekeys::parse(ByteView packed) {
    const auto value = unpack_strangers(packed);
    if (!value) return Errc::malformed;
    const auto signed_part = bytes_at(*value, "signed");
    const Value* const field = value->find("one_time");
    const List* const list = field ? field->as_list() : nullptr;
    if (!signed_part || !list || list->items.size() > one_time_prekeys_max) return Errc::malformed;
    PublishedPrekeys published{signed_part->str(), {}};
    for (const Value& item : list->items) {
        const auto prekey = item.as_bytes();
        if (!prekey) return Errc::malformed;
        published.one_time.push_back(prekey->str());
    }
    return published;
}

std::string PublishedPrekeys::packed() const {
    List list;
    for (const std::string& prekey : one_time) list.items.emplace_back(Bytes(prekey));
    return packed_value(Dict{{"signed", Bytes(signed_part)}, {"one_time", std::move(list)}});
}

std::string pack_count(std::size_t count) {
    return packed_value(Dict{{"one_time", count}});
}

Result<std::size_t> parse_count(ByteView packed) {
    const auto value = unpack_strangers(packed);
    const auto count = value ? number_at(*value, "one_time") : std::nullopt;
    if (!count) return Errc::malformed;
    return static_cast<std::size_t>(*count);
}

std::string pack_handed_out(const chat::HandedOutPrekeys& prekeys) {
    Dict dict{{"signed", Bytes(prekeys.signed_part)}};
    if (prekeys.one_time) dict.set("one_time", Bytes(*prekeys.one_time));
    return packed_value(std::move(dict));
}

Result<chat::PrekeyBundle> parse_handed_out(ByteView packed) {
    const auto value = unpack_strangers(packed);
    const auto signed_part = value ? bytes_at(*value, "signed") : std::nullopt;
    if (!signed_part) return Errc::malformed;
    const auto signed_value = unpack_strangers(*signed_part);
    if (!signed_value) return signed_value.error();
    auto bundle = chat::PrekeyBundle::from_value(*signed_value);
    if (!bundle) return bundle.error();
    bundle->one_time_prekey.reset();
    if (const auto one_time = bytes_at(*value, "one_time")) {
        const auto prekey_value = unpack_strangers(*one_time);
        if (!prekey_value) return prekey_value.error();
        const auto prekey = chat::OneTimePrekey::from_value(*prekey_value);
        if (!prekey) return prekey.error();
        bundle->one_time_prekey = *prekey;
    }
    return bundle;
}

}  // namespace netaio::chat_app
