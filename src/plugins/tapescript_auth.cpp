#include <array>
#include <netaio/make.hpp>
#include <netaio/tapescript/single_sig.hpp>
#include <netaio/tapescript_auth.hpp>
#include <set>
#include <stdexcept>

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

}  // namespace

struct TapescriptAuth::PeerLocks : plugins::PeerMemo<std::optional<std::string>> {};

TapescriptAuth::TapescriptAuth(TapescriptOptions options)
    : options_(validated(std::move(options))),
      key_(key_of(options_.seed)),
      peer_locks_(std::make_unique<PeerLocks>()) {
    options_.seed = {};
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

    std::optional<std::string> peers_lock;
    if (options_.use_peer_lock) {
        peers_lock = lock_for(context);
        if (!peers_lock) return false;
    }
    const std::string_view lock = peers_lock ? *peers_lock : options_.lock.code;

    tapescript::RunOptions run{.limits = options_.limits,
                               .budget = options_.budget,
                               .environment = &options_.environment,
                               .now = context.environment.clock->unix_seconds()};
    run.cache.named = {{"sigfield1", encoded_body.str()},
                       {"sigfield2", nonce->str()},
                       {"sigfield3", plugins::view(plugins::encode_timestamp(*ts)).str()}};
    return tapescript::run_auth_scripts(std::array<std::string_view, 2>{*witness, lock}, run);
}

// Nothing when the message must be refused.
std::optional<std::string> TapescriptAuth::lock_for(const PluginContext& context) const {
    const std::optional<std::string> otherwise =
        options_.require_peer_lock ? std::nullopt : std::optional(options_.lock.code);
    if (!context.peer) return otherwise;
    // v0.0.8 insists on a plugin and on a dict.
    const auto lenient = options_.dialect == Dialect::v0_0_9 ? otherwise : std::nullopt;
    if (!context.peer_plugin) return lenient;
    return peer_locks_->of(
        *context.peer, [&] { return lock_in_data(context, otherwise, lenient); },
        [](const auto& kept) { return kept ? kept->size() : 0; });
}

std::optional<std::string> TapescriptAuth::lock_in_data(
    const PluginContext& context, const std::optional<std::string>& otherwise,
    const std::optional<std::string>& lenient) const {
    const auto data = context.peer_plugin->parse_data(*context.peer);
    if (!data) return std::nullopt;
    const Dict* dict = data->as_dict();
    if (!dict) return lenient;
    const Value* lock = dict->find("lock");
    if (!lock) return otherwise;
    const auto code = bytes_of(*lock);
    // An empty lock would open for anybody.
    return code && !code->empty() ? std::optional(code->str()) : std::nullopt;
}

OwnedMessage TapescriptAuth::error() const {
    return netaio::error("tapescript auth failed");
}

std::shared_ptr<const AuthPlugin> tapescript_auth(TapescriptOptions options) {
    return std::make_shared<const TapescriptAuth>(std::move(options));
}

}  // namespace netaio
