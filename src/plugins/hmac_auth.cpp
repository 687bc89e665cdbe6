#include <array>
#include <netaio/hmac_auth.hpp>
#include <netaio/make.hpp>
#include <stdexcept>

#include "../crypto/hmac.hpp"
#include "../crypto/memory.hpp"
#include "../wire/endian.hpp"

namespace netaio {
namespace {

constexpr std::size_t nonce_size = 16;
constexpr std::uint64_t ts_max = 0xffff'ffff;

// A number of any length, as v0.0.9 reads timestamps it is to send.
std::optional<std::uint32_t> big_endian(ByteView bytes) noexcept {
    std::uint64_t number = 0;
    for (const char byte : bytes) {
        number = number << 8 | static_cast<std::uint8_t>(byte);
        if (number > ts_max) {
            return std::nullopt;
        }
    }
    return static_cast<std::uint32_t>(number);
}

std::array<char, 4> encode(std::uint64_t ts) noexcept {
    std::array<char, 4> bytes;
    wire::put_u32(bytes.data(), static_cast<std::uint32_t>(ts));
    return bytes;
}

ByteView view(const std::array<char, 4>& bytes) noexcept {
    return std::string_view(bytes.data(), bytes.size());
}

void validate(const HmacOptions& options) {
    if (options.secret.empty()) {
        throw std::invalid_argument("HmacOptions::secret is empty: give both ends the same secret");
    }
    if (options.hmac_field.empty() || options.nonce_field.empty() || options.ts_field.empty()) {
        throw std::invalid_argument("a field of HmacOptions has no name: leave it at its default");
    }
    if (options.hmac_field == options.nonce_field || options.hmac_field == options.ts_field ||
        options.nonce_field == options.ts_field) {
        throw std::invalid_argument(
            "two fields of HmacOptions share a name: tag, nonce and timestamp need one each");
    }
}

}  // namespace

struct HmacAuth::Key {
    explicit Key(ByteView secret) : Key(crypto::sha256(secret)) {}
    explicit Key(const crypto::Digest& key)
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

HmacAuth::HmacAuth(HmacOptions options) : options_(std::move(options)) {
    validate(options_);
    key_ = std::make_unique<const Key>(options_.secret.reveal());
    options_.secret = {};
}

HmacAuth::~HmacAuth() = default;

std::error_code HmacAuth::make(AuthFields& fields, ByteView encoded_body,
                               const PluginContext& context) const {
    const bool as_bytes = options_.dialect == Dialect::v0_0_9;
    std::uint64_t ts = 0;
    const bool has_ts = fields.contains(options_.ts_field);
    if (!has_ts) {
        ts = context.environment.clock->unix_seconds();
    } else if (const auto number = fields.integer(options_.ts_field)) {
        ts = *number;
    } else {
        const auto bytes = fields.bytes(options_.ts_field);
        const auto decoded = as_bytes && bytes ? big_endian(*bytes) : std::nullopt;
        if (!decoded) {
            return Errc::auth_not_possible;
        }
        ts = *decoded;
    }
    const auto given_nonce = fields.bytes(options_.nonce_field);
    if (ts > ts_max || (!given_nonce && fields.contains(options_.nonce_field))) {
        return Errc::auth_not_possible;
    }

    std::array<char, nonce_size> nonce;
    const bool keep_nonce = given_nonce && given_nonce->size() == nonce_size;
    if (keep_nonce) {
        given_nonce->copy(nonce.data(), nonce_size);
    } else {
        context.environment.random->fill(nonce);
        fields.set(options_.nonce_field, std::string_view(nonce.data(), nonce_size));
    }
    const std::array<char, 4> ts_bytes = encode(ts);
    if (as_bytes) {
        fields.set(options_.ts_field, view(ts_bytes));
    } else if (!has_ts) {
        fields.set_integer(options_.ts_field, ts);
    }
    const auto tag = key_->tag(options_.dialect, std::string_view(nonce.data(), nonce_size),
                               view(ts_bytes), encoded_body);
    fields.set(options_.hmac_field, tag.view());
    return {};
}

bool HmacAuth::check(const AuthFields& fields, ByteView encoded_body, const PluginContext&) const {
    const auto tag = fields.bytes(options_.hmac_field);
    const auto nonce = fields.bytes(options_.nonce_field);
    if (!tag || !nonce) {
        return false;
    }
    std::array<char, 4> encoded_ts;
    ByteView ts;
    if (const auto number = fields.integer(options_.ts_field)) {
        if (*number == 0 || *number > ts_max) {
            return false;
        }
        encoded_ts = encode(*number);
        ts = view(encoded_ts);
    } else {
        const auto bytes = fields.bytes(options_.ts_field);
        if (!bytes || options_.dialect == Dialect::v0_0_8) {
            return false;
        }
        ts = *bytes;
    }
    const auto expected = key_->tag(options_.dialect, *nonce, ts, encoded_body);
    return crypto::constant_time_equal(expected.view(), *tag);
}

OwnedMessage HmacAuth::error() const {
    return netaio::error("HMAC auth failed");
}

std::shared_ptr<const AuthPlugin> hmac_auth(HmacOptions options) {
    return std::make_shared<const HmacAuth>(std::move(options));
}

}  // namespace netaio
