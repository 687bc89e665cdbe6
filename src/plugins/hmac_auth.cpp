#include <map>
#include <netaio/hmac_auth.hpp>
#include <netaio/make.hpp>
#include <stdexcept>

#include "../crypto/hmac.hpp"
#include "../crypto/memory.hpp"
#include "freshness.hpp"
#include "named_keys.hpp"
#include "nonce.hpp"
#include "timestamp.hpp"

namespace netaio {
namespace {

void validate(const HmacOptions& options) {
    if (options.hmac_field.empty() || options.nonce_field.empty() || options.ts_field.empty()) {
        throw std::invalid_argument("a field of HmacOptions has no name: leave it at its default");
    }
    if (options.hmac_field == options.nonce_field || options.hmac_field == options.ts_field ||
        options.nonce_field == options.ts_field) {
        throw std::invalid_argument(
            "two fields of HmacOptions share a name: tag, nonce and timestamp need one each");
    }
}

// Whose a message is, the first of them would decide.
void require_different(const HmacOptions& options) {
    std::map<std::string_view, std::string_view> names;
    if (!options.secret.empty()) {
        names.emplace(options.secret.reveal(), "default");
    }
    for (const NamedSecret& one : options.secrets) {
        const auto [same, is_new] = names.emplace(one.secret.reveal(), one.name);
        if (!is_new) {
            throw std::invalid_argument("'" + std::string(same->second) + "' and '" + one.name +
                                        "' have the same secret, so nothing tells whose a message "
                                        "is: give each one of its own");
        }
    }
}

struct HmacKey {
    explicit HmacKey(ByteView secret) : HmacKey(crypto::sha256(secret)) {}
    explicit HmacKey(const crypto::Digest& key)
        : one_time(key.view(), ByteView("mac")), legacy(key.view()) {}

    crypto::Digest tag(Dialect dialect, ByteView nonce, ByteView ts, ByteView body) const noexcept {
        if (dialect == Dialect::v0_0_9) {
            return crypto::Hmac(one_time.derive(nonce).view()).update(ts).update(body).finish();
        }
        return legacy.start(nonce.size() + ts.size() + body.size())
            .update(nonce)
            .update(ts)
            .update(body)
            .finish();
    }

    crypto::OneTimeKeys one_time;
    crypto::HmacKeyV008 legacy;
};

}  // namespace

struct HmacAuth::Keys : plugins::NamedKeys<HmacKey> {
    using NamedKeys::NamedKeys;
};

HmacAuth::HmacAuth(HmacOptions options) : options_(std::move(options)) {
    validate(options_);
    keys_ =
        std::make_unique<const Keys>(options_.secret, options_.secrets, "HmacOptions", "secret");
    require_different(options_);
    options_.secret = {};
    options_.secrets.clear();
    freshness_ = std::make_unique<const plugins::Freshness>(
        options_.max_age, std::move(options_.seen), "hmac", options_.hmac_field, "HmacOptions");
}

HmacAuth::~HmacAuth() = default;

std::error_code HmacAuth::make(AuthFields& fields, ByteView encoded_body,
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
    fields.set(options_.nonce_field, plugins::view(*nonce));
    plugins::set_timestamp(fields, options_.ts_field, *ts, options_.dialect);
    const auto ts_bytes = plugins::encode_timestamp(*ts);
    const auto tag =
        keys_->of(context.who)
            .tag(options_.dialect, plugins::view(*nonce), plugins::view(ts_bytes), encoded_body);
    fields.set(options_.hmac_field, tag.view());
    return {};
}

bool HmacAuth::check(const AuthFields& fields, ByteView encoded_body,
                     const PluginContext& context) const {
    const auto tag = fields.bytes(options_.hmac_field);
    const auto nonce = plugins::read_nonce(fields, options_.nonce_field);
    const auto ts = plugins::read_timestamp(fields, options_.ts_field, options_.dialect);
    if (!tag || !nonce || !ts || (*ts == 0 && fields.integer(options_.ts_field))) {
        return false;
    }
    const auto ts_bytes = plugins::encode_timestamp(*ts);
    for (const auto& [key, secret, who] : *keys_) {
        const auto expected =
            key.tag(options_.dialect, *nonce, plugins::view(ts_bytes), encoded_body);
        if (crypto::constant_time_equal(expected.view(), *tag)) {
            // Nobody else can make another tag of the same body, nonce and timestamp.
            return freshness_->accept(expected, *ts, who, context);
        }
    }
    return false;
}

bool HmacAuth::is_peer_specific() const noexcept {
    return keys_->several();
}

bool HmacAuth::vouches_for(const Identities& who) const noexcept {
    // An unnamed secret may have got a name since.
    return keys_->knows(who) || keys_->is_unnamed(who);
}

void HmacAuth::add_session_secrets(const Identities* whose, SessionSecrets& to) const {
    const auto& one = keys_->for_session(whose);
    to.all.push_back(one.secret);
    to.who.add(one.who);
}

OwnedMessage HmacAuth::error() const {
    return netaio::error("HMAC auth failed");
}

std::shared_ptr<const AuthPlugin> hmac_auth(HmacOptions options) {
    return std::make_shared<const HmacAuth>(std::move(options));
}

}  // namespace netaio
