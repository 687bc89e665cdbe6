#include <algorithm>
#include <array>
#include <netaio/make.hpp>
#include <netaio/tapescript/sigflags.hpp>
#include <netaio/tapescript/single_sig.hpp>
#include <netaio/tapescript_auth.hpp>
#include <set>
#include <stdexcept>

#include "../wire/hex.hpp"
#include "freshness.hpp"
#include "nonce.hpp"
#include "peer_memo.hpp"
#include "timestamp.hpp"

namespace netaio {
namespace {

TapescriptOptions validated(TapescriptOptions options) {
    if (options.lock.code.empty()) {
        throw std::invalid_argument("TapescriptOptions::lock is empty: it would open for anybody");
    }
    const std::set<std::string> names{options.witness_field, options.nonce_field, options.ts_field};
    if (names.size() != 3 || names.contains("")) {
        throw std::invalid_argument(
            "the fields of TapescriptOptions need three different names: leave them as they are");
    }
    return options;
}

tapescript::SigningKey key_of(const Secret& seed) {
    if (seed.reveal().size() != tapescript::SigningKey::seed_size) {
        throw std::invalid_argument("TapescriptOptions::seed is 32 bytes");
    }
    return tapescript::SigningKey(seed.reveal());
}

std::optional<ByteView> bytes_of(const Value& value) noexcept {
    const auto bytes = value.as_bytes();
    return bytes ? bytes : value.as_bytearray();
}

// Whose key must have signed the body to open the lock, if that says so plainly.
Identities signer_of(std::string_view lock, const TapescriptOptions& options) {
    constexpr std::size_t size = 36;
    constexpr std::uint8_t without_body = 1;
    // Extensions may have anything signed in the body's place.
    if (lock.size() != size || !options.environment.signature_extensions.empty()) return {};
    const std::string_view key = lock.substr(2, tapescript::PublicKey::size);
    const auto sigflags = static_cast<std::uint8_t>(lock.back());
    const auto made = make_single_sig_lock(tapescript::PublicKey(key), sigflags);
    if (made.code != lock || (sigflags & without_body) != 0) return {};
    return Identity{"key", wire::hex(key)};
}

// The signature fields that make a message another: body, nonce and timestamp.
constexpr std::uint8_t fresh_fields = 0b111;

bool lets_out(std::string_view lock) {
    return (tapescript::allowed_sigflags(lock) & fresh_fields) != 0;
}

crypto::Digest digest_of(ByteView nonce, ByteView ts, ByteView body) {
    return crypto::Sha256().update(nonce).update(ts).update(body).finish();
}

}  // namespace

struct TapescriptAuth::PeerLocks : plugins::PeerMemo<std::optional<Lock>> {};

TapescriptAuth::TapescriptAuth(TapescriptOptions options)
    : options_(validated(std::move(options))),
      key_(key_of(options_.seed)),
      lock_{options_.lock.code, signer_of(options_.lock.code, options_),
            lets_out(options_.lock.code)},
      peer_locks_(std::make_unique<PeerLocks>()),
      freshness_(std::make_unique<const plugins::Freshness>(
          options_.max_age, std::move(options_.seen), "tapescript", options_.witness_field,
          "TapescriptOptions")) {
    options_.seed = {};
    if (freshness_->is_on() && lock_.may_leave_out) {
        throw std::invalid_argument(
            "TapescriptOptions::lock lets signatures leave out the body, the nonce or the "
            "timestamp, so that anybody can make another message of an old one: with max_age its "
            "sigflags 1, 2 and 4 must not be set");
    }
}

TapescriptAuth::~TapescriptAuth() = default;

std::error_code TapescriptAuth::make(AuthFields& fields, ByteView encoded_body,
                                     const PluginContext& context) const {
    const auto ts = plugins::timestamp_to_send(fields, options_.ts_field, options_.dialect,
                                               *context.environment.clock);
    if (!ts) {
        return Errc::auth_not_possible;
    }
    const auto nonce =
        plugins::nonce_to_send(fields, options_.nonce_field, *context.environment.random);
    if (!nonce) {
        return Errc::auth_not_possible;
    }
    const auto encoded_ts = plugins::encode_timestamp(*ts);
    const auto not_sent = [&](const std::exception& why, Errc error) {
        context.environment.log(LogLevel::warning,
                                std::string("not sent, as there is no witness: ") + why.what());
        return error;
    };
    tapescript::Script witness;
    try {
        witness = make_witness({.sigfield1 = encoded_body.str(),
                                .sigfield2 = plugins::view(*nonce).str(),
                                .sigfield3 = plugins::view(encoded_ts).str()});
    } catch (const std::length_error& why) {
        return not_sent(why, Errc::too_large);
    } catch (const std::exception& why) {
        return not_sent(why, Errc::auth_not_possible);
    }
    fields.set(options_.nonce_field, plugins::view(*nonce));
    plugins::set_timestamp(fields, options_.ts_field, *ts, options_.dialect);
    fields.set(options_.witness_field, witness.code);
    return {};
}

tapescript::Script TapescriptAuth::make_witness(const tapescript::SigFields& fields) const {
    if (options_.witness) return options_.witness(key_, fields);
    return tapescript::make_single_sig_witness(
        key_, fields,
        {.environment = &options_.environment, .max_message_size = options_.limits.max_item_size});
}

bool TapescriptAuth::check(const AuthFields& fields, ByteView encoded_body,
                           const PluginContext& context) const {
    const auto ts = plugins::read_timestamp(fields, options_.ts_field, options_.dialect);
    const auto nonce = plugins::read_nonce(fields, options_.nonce_field);
    const auto witness = fields.bytes(options_.witness_field);
    if (ts.value_or(0) == 0 || !nonce || !witness) return false;

    std::optional<Lock> peers_lock;
    if (options_.use_peer_lock) {
        peers_lock = lock_for(context);
        if (!peers_lock) return false;
    }
    const Lock& lock = peers_lock ? *peers_lock : lock_;
    if (freshness_->is_on() && lock.may_leave_out) {
        return context.refuse(Errc::auth_failed,
                              "the lock of the peer lets signatures leave out the body, the nonce "
                              "or the timestamp");
    }

    tapescript::RunOptions run{.limits = options_.limits,
                               .budget = options_.budget,
                               .environment = &options_.environment,
                               .now = context.environment.clock->unix_seconds()};
    if (freshness_->is_on()) run.signed_fields = fresh_fields;
    const auto encoded_ts = plugins::encode_timestamp(*ts);
    run.cache.named = {{"sigfield1", encoded_body.str()},
                       {"sigfield2", nonce->str()},
                       {"sigfield3", plugins::view(encoded_ts).str()}};
    if (!tapescript::run_auth_scripts(std::array<std::string_view, 2>{*witness, lock.code}, run)) {
        return false;
    }
    const auto digest = freshness_->is_on()
                            ? digest_of(*nonce, plugins::view(encoded_ts), encoded_body)
                            : crypto::Digest();
    return freshness_->accept(digest, *ts, lock.who, context);
}

// Nothing when the message must be refused.
std::optional<TapescriptAuth::Lock> TapescriptAuth::lock_for(const PluginContext& context) const {
    const auto own_if = [&](bool allowed) { return allowed ? std::optional(lock_) : std::nullopt; };
    const bool or_own = !options_.require_peer_lock;
    if (!context.peer) return own_if(or_own);
    // v0.0.8 insists on a plugin and on a dict.
    const bool lenient = or_own && options_.dialect == Dialect::v0_0_9;
    if (!context.peer_plugin) return own_if(lenient);
    return peer_locks_->of(
        *context.peer, [&] { return lock_in_data(context, or_own, lenient); },
        [](const auto& kept) {
            std::size_t size = kept ? kept->code.size() : 0;
            if (kept) {
                for (const Identity& one : kept->who) size += sizeof one + one.name.size();
            }
            return size;
        });
}

std::optional<TapescriptAuth::Lock> TapescriptAuth::lock_in_data(const PluginContext& context,
                                                                 bool or_own,
                                                                 bool or_own_without_dict) const {
    const auto own_if = [&](bool allowed) { return allowed ? std::optional(lock_) : std::nullopt; };
    const auto data = context.peer_plugin->parse_data(*context.peer);
    if (!data) return std::nullopt;
    const Dict* dict = data->as_dict();
    if (!dict) return own_if(or_own_without_dict);
    const Value* lock = dict->find("lock");
    if (!lock) return own_if(or_own);
    const auto code = bytes_of(*lock);
    // An empty lock would open for anybody.
    if (!code || code->empty()) return std::nullopt;
    Identities who = Identity{"peer", wire::hex(context.peer->id)};
    who.add(signer_of(*code, options_));
    return Lock{code->str(), std::move(who), lets_out(*code)};
}

bool TapescriptAuth::vouches_for(const Identities& who) const noexcept {
    return (options_.use_peer_lock && who.name("peer")) ||
           std::ranges::any_of(lock_.who, [&](const Identity& one) { return who.contains(one); });
}

OwnedMessage TapescriptAuth::error() const {
    return netaio::error("tapescript auth failed");
}

std::shared_ptr<const AuthPlugin> tapescript_auth(TapescriptOptions options) {
    return std::make_shared<const TapescriptAuth>(std::move(options));
}

}  // namespace netaio
