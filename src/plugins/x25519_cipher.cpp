#include <netaio/default_peer.hpp>
#include <netaio/x25519_cipher.hpp>
#include <stdexcept>

#include "../crypto/shared_keys.hpp"
#include "../wire/hex.hpp"
#include "body_cipher.hpp"
#include "peer_memo.hpp"

namespace netaio {
namespace {

static_assert(X25519Cipher::overhead == crypto::box_overhead);

// The key of a peer, and whom what was encrypted with it is from.
struct PeerKey {
    std::string bytes;
    Identities who = {};
};

// What a peer says its key is; empty when that cannot be one, which need not be kept.
std::optional<PeerKey> pubkey_of(const PluginContext& context) {
    const Result<Value> data = context.peer_plugin->parse_data(*context.peer);
    const Value* named = data ? data->find("pubkey") : nullptr;
    const auto key = named ? named->as_bytes() : std::nullopt;
    if (!key) {
        return std::nullopt;
    }
    if (key->size() != crypto::key_size) {
        return PeerKey{};
    }
    return PeerKey{key->str(), Identity{"x25519", wire::hex(*key)}};
}

}  // namespace

struct X25519Cipher::Keys {
    Keys(const crypto::SeedKeys& own, std::size_t shared_max)
        : verify_key(own.verify_key),
          public_key(own.public_key),
          shared(own.private_key, shared_max) {}

    struct Shared {
        crypto::SecretKey key;
        Identities who;
    };

    std::optional<Shared> shared_with_peer(const PluginContext& context) {
        std::optional<Shared> found;
        if (const char* reason = find_shared(context, found)) {
            context.environment.log(LogLevel::debug, reason);
        }
        return found;
    }

    // Why there is no key to share; null when there is one.
    const char* find_shared(const PluginContext& context, std::optional<Shared>& found) {
        if (!context.peer || !context.peer_plugin) {
            return "x25519: the peer at the other end is not known";
        }
        const auto pubkey = pubkeys.of(
            *context.peer, [&] { return pubkey_of(context); },
            [](const auto& kept) { return kept ? 5 * kept->bytes.size() + 96 : 0; });
        if (!pubkey) {
            return "x25519: the data of the peer has no pubkey";
        }
        auto key = shared.with(pubkey->bytes);
        if (!key) {
            return "x25519: the pubkey of the peer cannot be used";
        }
        found.emplace(std::move(*key), pubkey->who);
        return nullptr;
    }

    crypto::PublicKey verify_key;
    crypto::PublicKey public_key;
    crypto::SharedKeys shared;
    plugins::PeerMemo<std::optional<PeerKey>> pubkeys;
};

X25519Cipher::X25519Cipher(X25519Options options) : encrypt_uri_(options.encrypt_uri) {
    if (options.seed.reveal().size() != crypto::key_size) {
        throw std::invalid_argument(
            "X25519Options::seed is not 32 bytes long: give it random bytes that are kept in a "
            "file, as 'netaio keygen' makes them");
    }
    keys_ =
        std::make_unique<Keys>(crypto::SeedKeys(options.seed.reveal()), options.shared_keys_max);
}

X25519Cipher::~X25519Cipher() = default;

std::error_code X25519Cipher::encrypt(Body& body, AuthFields&, const PluginContext& context) const {
    const auto shared = keys_->shared_with_peer(context);
    if (!shared) {
        return Errc::encrypt_failed;
    }
    Random& random = *context.environment.random;
    return plugins::encrypt_body(body, encrypt_uri_, overhead, random, [&](std::span<char> bytes) {
        std::array<char, crypto::box_nonce_size> nonce;
        random.fill(nonce);
        crypto::seal_box(bytes, nonce, shared->key);
    });
}

std::error_code X25519Cipher::decrypt(Body& body, const AuthFields&,
                                      const PluginContext& context) const {
    const auto shared = keys_->shared_with_peer(context);
    if (!shared) {
        return Errc::decrypt_failed;
    }
    const auto error = plugins::decrypt_body(body, encrypt_uri_, [&](std::span<char> bytes) {
        return crypto::open_box(bytes, shared->key);
    });
    if (!error) {
        context.vouch(shared->who);
    }
    return error;
}

ByteView X25519Cipher::public_key() const noexcept {
    return keys_->public_key;
}

ByteView X25519Cipher::verify_key() const noexcept {
    return keys_->verify_key;
}

Dict X25519Cipher::peer_data() const {
    return {{"pubkey", Bytes(public_key())}, {"vkey", Bytes(verify_key())}};
}

std::shared_ptr<const CipherPlugin> x25519_cipher(X25519Options options) {
    return std::make_shared<const X25519Cipher>(std::move(options));
}

Peer x25519_peer(const Secret& seed) {
    const X25519Cipher cipher({.seed = seed});
    return {.id = cipher.public_key().str(),
            .data = DefaultPeer().encode_data(cipher.peer_data()).value()};
}

}  // namespace netaio
