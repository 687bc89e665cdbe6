#include <array>
#include <netaio/stream_cipher.hpp>
#include <stdexcept>

#include "../crypto/hmac.hpp"
#include "../crypto/keystream.hpp"
#include "body_cipher.hpp"
#include "named_keys.hpp"

namespace netaio {
namespace {

constexpr std::size_t iv_size = 16;

struct StreamKey {
    explicit StreamKey(ByteView secret)
        : key(crypto::sha256(secret)), one_time(key.view(), ByteView("enc")) {}

    void apply(Dialect dialect, ByteView iv, std::span<char> data) const noexcept {
        if (dialect == Dialect::v0_0_9) {
            crypto::xor_keystream({one_time.derive(iv).view()}, data);
        } else {
            crypto::xor_keystream({iv, key.view()}, data);
        }
    }

    crypto::Digest key;
    crypto::OneTimeKeys one_time;
};

}  // namespace

struct Sha256StreamCipher::Keys : plugins::NamedKeys<StreamKey> {
    using NamedKeys::NamedKeys;
};

Sha256StreamCipher::Sha256StreamCipher(StreamCipherOptions options) : options_(std::move(options)) {
    if (options_.iv_field.empty()) {
        throw std::invalid_argument(
            "StreamCipherOptions::iv_field is empty: leave it at its default");
    }
    keys_ = std::make_unique<const Keys>(options_.key, options_.keys, "StreamCipherOptions", "key");
    options_.key = {};
    options_.keys.clear();
}

Sha256StreamCipher::~Sha256StreamCipher() = default;

std::error_code Sha256StreamCipher::encrypt(Body& body, AuthFields& fields,
                                            const PluginContext& context) const {
    Random& random = *context.environment.random;
    std::array<char, iv_size> iv;
    const ByteView iv_view = std::string_view(iv.data(), iv.size());
    const StreamKey* const key = keys_->towards(context.who);
    if (!key) {
        return Errc::encrypt_failed;
    }
    const auto error =
        plugins::encrypt_body(body, options_.encrypt_uri, 0, random, [&](std::span<char> bytes) {
            random.fill(iv);
            key->apply(options_.dialect, iv_view, bytes);
        });
    if (!error) {
        fields.set(options_.iv_field, iv_view);
    }
    return error;
}

std::error_code Sha256StreamCipher::decrypt(Body& body, const AuthFields& fields,
                                            const PluginContext& context) const {
    const auto iv = fields.bytes(options_.iv_field);
    const StreamKey* const key = keys_->exactly_of(context.who);
    if (!iv || !key) {
        return Errc::decrypt_failed;
    }
    return plugins::decrypt_body(body, options_.encrypt_uri, [&](std::span<char> bytes) {
        key->apply(options_.dialect, *iv, bytes);
        return bytes.size();
    });
}

bool Sha256StreamCipher::is_peer_specific() const noexcept {
    return keys_->several();
}

void Sha256StreamCipher::add_session_secrets(const Identities* whose, SessionSecrets& to) const {
    to.all.push_back(keys_->for_session(whose).secret);  // it vouches for nobody
}

std::shared_ptr<const CipherPlugin> stream_cipher(StreamCipherOptions options) {
    return std::make_shared<const Sha256StreamCipher>(std::move(options));
}

}  // namespace netaio
