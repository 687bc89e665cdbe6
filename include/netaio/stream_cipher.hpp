#pragma once

#include <netaio/hmac_auth.hpp>

namespace netaio {

/// What Sha256StreamCipher needs to know.
struct StreamCipherOptions {
    /// The shared key, of any length, by the name `default`. Required, unless there are `keys`,
    /// before which it goes.
    Secret key = {};
    /// Several by different names: those of the HmacOptions::secrets that guard the same layer. As
    /// nothing shows a wrong key, it takes the one with the name of the secret that a message was
    /// accepted by, and to send, that which HmacAuth takes; the first where that has another name,
    /// or none.
    std::vector<NamedSecret> keys = {};
    /// The name of the field with the initialisation vector; must differ between an outer and an
    /// inner cipher.
    std::string iv_field = "iv";
    /// Whether the uri is encrypted with the content. An inner cipher on a handler with a uri in
    /// its key needs `false`.
    bool encrypt_uri = true;
    Dialect dialect = Dialect::v0_0_9;
};

/// Encrypts bodies by XOR with a SHA-256 keystream (protocol.md §6). It has no integrity: a wrong
/// key gives garbage, not a failure. Always use it under an auth plugin.
class Sha256StreamCipher final : public CipherPlugin {
public:
    /// Throws std::invalid_argument when a key or a name is empty, or two keys share a name.
    explicit Sha256StreamCipher(StreamCipherOptions options);
    ~Sha256StreamCipher() override;

    std::error_code encrypt(Body& body, AuthFields& fields,
                            const PluginContext& context) const override;
    std::error_code decrypt(Body& body, const AuthFields& fields,
                            const PluginContext& context) const override;
    bool hides_uri() const noexcept override { return options_.encrypt_uri; }
    /// With several keys.
    bool is_peer_specific() const noexcept override;
    /// Nothing: the session's keys are made from the key, too.
    const CipherPlugin* within_session() const noexcept override { return nullptr; }
    void add_session_secrets(const Identities* whose, SessionSecrets& to) const override;

private:
    struct Keys;
    StreamCipherOptions options_;
    std::unique_ptr<const Keys> keys_;
};

/// A shared Sha256StreamCipher, for options: `.cipher = stream_cipher({.key = "test"})`.
std::shared_ptr<const CipherPlugin> stream_cipher(StreamCipherOptions options);

}  // namespace netaio
