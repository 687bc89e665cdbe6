#pragma once

#include <netaio/peer.hpp>
#include <netaio/plugins.hpp>
#include <netaio/secret.hpp>
#include <netaio/value.hpp>

namespace netaio {

/// What X25519Cipher needs to know.
struct X25519Options {
    /// The secret that all own keys are made from: 32 random bytes, e.g. of `netaio keygen`.
    /// Required.
    Secret seed = {};
    /// Whether the uri is encrypted with the content. An inner cipher on a handler with a uri in
    /// its key needs `false`.
    bool encrypt_uri = false;
    /// For that many peers, the last used ones, the key shared with them is kept, at some 200 bytes
    /// each; for others it is derived anew, which takes some 100 times as long as using it.
    std::size_t shared_keys_max = 65536;
};

/// Encrypts bodies for one peer alone: NaCl boxes between the own key and the `pubkey` in the data
/// of the peer (protocol.md §7). A message that was changed, or is from somebody else than the
/// peer, fails to decrypt. So it works only with peers that are known: as an inner cipher with peer
/// management, whose own messages need another protection; they must not be believed from anybody.
/// Vouches for `x25519`, the peer's public key: a message is from the owner of that key, or one of
/// this node's own that came back, as both ends encrypt with the same key.
///
/// encrypt() and decrypt() fail, with Errc::encrypt_failed and Errc::decrypt_failed, when the peer
/// is unknown or its data has no `pubkey` of 32 bytes that can be a key; the log says at debug
/// which it was.
class X25519Cipher final : public CipherPlugin {
public:
    /// How much longer bodies get, in bytes; by 2 more when the uri is hidden.
    static constexpr std::size_t overhead = 40;

    /// Throws std::invalid_argument when the seed is not 32 bytes long.
    explicit X25519Cipher(X25519Options options);
    ~X25519Cipher() override;

    std::error_code encrypt(Body& body, AuthFields& fields,
                            const PluginContext& context) const override;
    std::error_code decrypt(Body& body, const AuthFields& fields,
                            const PluginContext& context) const override;
    bool hides_uri() const noexcept override { return encrypt_uri_; }
    bool is_peer_specific() const noexcept override { return true; }

    /// The own public key for Curve25519, 32 bytes; valid as long as this object.
    ByteView public_key() const noexcept;
    /// The own public key for Ed25519, 32 bytes, which checks signatures made with the same seed;
    /// valid as long as this object.
    ByteView verify_key() const noexcept;

    /// What peers must be told to use this cipher with this node, `pubkey`, and besides it `vkey`,
    /// the verify key. Add what else they should know, and encode it with the peer plugin.
    Dict peer_data() const;

private:
    struct Keys;
    const bool encrypt_uri_;
    std::unique_ptr<Keys> keys_;
};

/// A shared X25519Cipher, for options: `.cipher = x25519_cipher({.seed = seed})`.
std::shared_ptr<const CipherPlugin> x25519_cipher(X25519Options options);

/// A node as it presents itself to peers that are to use an X25519Cipher with it, and the default
/// peer plugin: `.local_peer = x25519_peer(seed)`. Its data is X25519Cipher::peer_data(), its id
/// the public key; nodes that share a seed need ids of their own. Throws as the cipher does.
Peer x25519_peer(const Secret& seed);

}  // namespace netaio
