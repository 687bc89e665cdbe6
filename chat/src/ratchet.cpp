#include <sodium.h>

#include <algorithm>
#include <array>
#include <limits>
#include <netaio/chat/ratchet.hpp>
#include <stdexcept>
#include <utility>

#include "aead.hpp"
#include "fields.hpp"
#include "hkdf.hpp"
#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view root_info = "netaio-chat ratchet 1";
constexpr std::string_view message_info = "netaio-chat message 1";
constexpr std::uint32_t last_number = std::numeric_limits<std::uint32_t>::max();

// All of a message but its text, of a size that never changes, after what both know.
std::string with_header(ByteView associated, const RatchetMessage& message) {
    SecretWriter writer;
    writer.add(associated).add(message.dh.bytes());
    writer.add_number(message.previous).add_number(message.number);
    return writer.bytes().str();
}

Result<std::string> opened_message(const RatchetMessage& message, ByteView associated,
                                   const SecretKey& key) {
    return open_once(key, message_info, message.ciphertext, with_header(associated, message));
}

}  // namespace

Value RatchetMessage::to_value() const {
    return Dict{{"dh", Bytes(dh.bytes())},
                {"previous", previous},
                {"number", number},
                {"ciphertext", Bytes(ciphertext)}};
}

Result<RatchetMessage> RatchetMessage::from_value(const Value& value) {
    const auto dh = key_field<AgreementKey>(value, "dh");
    const auto previous = number_field<std::uint32_t>(value, "previous");
    const auto number = number_field<std::uint32_t>(value, "number");
    const auto ciphertext = bytes_field(value, "ciphertext", ratchet_text_max + seal_overhead);
    if (!dh || !previous || !number) {
        return Errc::malformed;
    }
    if (!ciphertext) {
        return ciphertext.error();
    }
    return RatchetMessage{*dh, *previous, *number, ciphertext->str()};
}

Result<Ratchet> Ratchet::begin(const SecretKey& shared, const AgreementKey& their_prekey,
                               Random& random) {
    State state{.root = shared, .own = AgreementKeys::make(random), .theirs = their_prekey};
    const auto chain = next_chain(state);
    if (!chain) {
        return chain.error();
    }
    state.sending = *chain;
    return Ratchet(std::move(state));
}

Ratchet Ratchet::answer(const SecretKey& shared, const AgreementKeys& own_prekey) {
    return Ratchet(State{.root = shared, .own = own_prekey});
}

SecretKey Ratchet::next_key(Chain& chain) noexcept {
    SecretKey key;
    hmac_sha256(chain.key.reveal(), "\x01", key.octets());
    SecretKey following;
    hmac_sha256(chain.key.reveal(), "\x02", following.octets());
    chain.key = following;
    ++chain.next;
    return key;
}

// The chain of both keys as they are; the root goes on.
Result<Ratchet::Chain> Ratchet::next_chain(State& state) {
    const auto agreed = state.own.agree(*state.theirs);
    if (!agreed) {
        return agreed.error();
    }
    std::array<unsigned char, 2 * key_size> derived;
    hkdf_sha256(state.root.reveal(), agreed->reveal(), root_info, derived);
    Chain chain;
    std::copy_n(derived.begin(), key_size, state.root.octets().begin());
    std::copy_n(derived.begin() + key_size, key_size, chain.key.octets().begin());
    sodium_memzero(derived.data(), derived.size());
    return chain;
}

void Ratchet::skip(Chain& chain, const AgreementKey& dh, std::uint32_t until,
                   std::vector<Skipped>& skipped) {
    while (chain.next < until) {
        const std::uint32_t number = chain.next;
        skipped.push_back({dh, number, next_key(chain)});
    }
}

Result<RatchetMessage> Ratchet::encrypt(ByteView text, ByteView associated) {
    if (!can_encrypt()) {
        throw std::logic_error(
            "this end of the session has not got a message yet: decrypt one before encrypting");
    }
    if (text.size() > ratchet_text_max) {
        return Errc::too_large;
    }
    if (state_.sending->next == last_number) {
        return Errc::queue_full;
    }
    Chain chain = *state_.sending;
    RatchetMessage message{state_.own.public_key(), state_.previous, chain.next, {}};
    const SecretKey key = next_key(chain);
    message.ciphertext = seal_once(key, message_info, text, with_header(associated, message));
    state_.sending = chain;
    return message;
}

bool Ratchet::is_past(const RatchetMessage& message) const noexcept {
    const bool is_current = state_.receiving && state_.theirs == message.dh;
    return is_current ? message.number < state_.receiving->next
                      : std::ranges::find(past_, message.dh) != past_.end();
}

Result<std::string> Ratchet::decrypt(const RatchetMessage& message, ByteView associated,
                                     Random& random) {
    const auto kept = std::ranges::find_if(skipped_, [&](const Skipped& skipped) {
        return skipped.number == message.number && skipped.dh == message.dh;
    });
    if (kept != skipped_.end()) {
        auto text = opened_message(message, associated, kept->key);
        if (text) {
            skipped_.erase(kept);
        }
        return text;
    }
    if (is_past(message)) {
        return Errc::replayed;
    }
    State state = state_;
    std::vector<Skipped> skipped;
    const bool turned = state.theirs != message.dh;
    if (message.number == last_number || (!turned && !state.receiving)) {
        return Errc::decrypt_failed;
    }
    const std::uint32_t next = turned ? 0 : state.receiving->next;
    if (message.number - next > skipped_in_chain_max) {
        return Errc::too_large;
    }
    if (turned) {
        if (Chain* const over = state.receiving ? &*state.receiving : nullptr) {
            // Nothing is behind what is missing too long: without those keys the session goes on.
            const std::uint64_t end = std::uint64_t{over->next} + skipped_in_chain_max;
            const auto until =
                static_cast<std::uint32_t>(std::min<std::uint64_t>(message.previous, end));
            skip(*over, *state.theirs, until, skipped);
        }
        state.theirs = message.dh;
        const auto chain = next_chain(state);
        if (!chain) {
            return Errc::decrypt_failed;
        }
        state.receiving = *chain;
    }
    skip(*state.receiving, message.dh, message.number, skipped);
    auto text = opened_message(message, associated, next_key(*state.receiving));
    if (!text) {
        return text;
    }
    if (turned) {
        state.previous = state.sending ? state.sending->next : 0;
        state.own = AgreementKeys::make(random);
        const auto chain = next_chain(state);
        if (!chain) {
            return Errc::decrypt_failed;
        }
        state.sending = *chain;
    }
    keep(std::move(state), turned, skipped);
    return text;
}

// Takes the memory for it before anything changes.
void Ratchet::keep(State state, bool turned, const std::vector<Skipped>& skipped) {
    skipped_.reserve(skipped_.size() + skipped.size());
    past_.reserve(past_chains_max + 1);
    skipped_.insert(skipped_.end(), skipped.begin(), skipped.end());
    if (turned && state_.receiving) {
        past_.push_back(*state_.theirs);
        forget_oldest(*state_.theirs);
    }
    if (past_.size() > past_chains_max) {
        past_.erase(past_.begin());
    }
    state_ = std::move(state);
    forget_oldest(*state_.theirs);
}

void Ratchet::forget_oldest(const AgreementKey& dh) {
    const auto oldest_go = [this](std::size_t count, std::size_t max, const auto& is_one) {
        std::erase_if(skipped_, [&](const Skipped& skipped) {
            const bool goes = count > max && is_one(skipped);
            count -= goes ? 1 : 0;
            return goes;
        });
    };
    const auto is_of_chain = [&](const Skipped& skipped) { return skipped.dh == dh; };
    const auto in_chain = static_cast<std::size_t>(std::ranges::count_if(skipped_, is_of_chain));
    oldest_go(in_chain, skipped_in_chain_max, is_of_chain);
    oldest_go(skipped_.size(), skipped_max, [](const Skipped&) { return true; });
}

}  // namespace netaio::chat
