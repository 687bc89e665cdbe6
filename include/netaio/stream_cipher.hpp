#pragma once

#include <netaio/hmac_auth.hpp>

namespace netaio {

/// What Sha256StreamCipher needs to know.
struct StreamCipherOptions {
    /// The shared key, of any length. Required.
    Secret key = {};
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
    /// Throws std::invalid_argument when the key or the field's name is empty.
    explicit Sha256StreamCipher(StreamCipherOptions options);
    ~Sha256StreamCipher() override;

    std::error_code encrypt(Body& body, AuthFields& fields,
                            const PluginContext& context) const override;
    std::error_code decrypt(Body& body, const AuthFields& fields,
                            const PluginContext& context) const override;
    bool hides_uri() const noexcept override { return options_.encrypt_uri; }

private:
    struct Key;
    StreamCipherOptions options_;
    std::unique_ptr<const Key> key_;
};

/// A shared Sha256StreamCipher, for options: `.cipher = stream_cipher({.key = "test"})`.
std::shared_ptr<const CipherPlugin> stream_cipher(StreamCipherOptions options);

}  // namespace netaio
