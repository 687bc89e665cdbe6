#pragma once

#include <netaio/errc.hpp>
#include <string>

#include "../crypto/aead.hpp"
#include "../crypto/key_pair.hpp"
#include "../crypto/sha256.hpp"

/// The handshakes of the Noise protocol framework, revision 34, with X25519 and SHA-256: the
/// machine of its specification, token by token.
namespace netaio::core::noise {

enum class Token : std::uint8_t { e, s, ee, es, se, ss, psk };

/// What the messages of a handshake bring, in turns, the initiator's first.
struct Pattern {
    std::string_view name;
    bool initiator_is_known;  // to the responder, before the first message
    bool responder_is_known;
    std::span<const std::span<const Token>> messages;
};

/// The initiator knows the responder's static key.
extern const Pattern ik_psk2;
/// Neither knows the other's.
extern const Pattern xx_psk3;

/// What one end of a handshake begins with.
struct Setup {
    const Pattern& pattern;
    crypto::AeadCipher cipher;
    bool initiates;
    ByteView prologue;
    const crypto::KeyPair& own;
    const crypto::KeyPair& ephemeral;  // used for this one alone
    std::optional<crypto::PublicKey> other = std::nullopt;
    crypto::SecretKey psk = {};
};

/// What both ends share at the end.
struct Keys {
    crypto::AeadKey sends;
    crypto::AeadKey receives;
    crypto::Digest hash;  // of all that was said: no other handshake has it
};

/// The same as a key log has it, for nothing else.
struct Disclosed {
    crypto::PublicKey ephemeral;  // the initiator's
    crypto::AeadCipher cipher;
    crypto::Digest of_initiator;  // the key for what it sends
    crypto::Digest of_responder;
};

/// One end of a handshake. Errors end it. Not thread-safe.
class Handshake {
public:
    explicit Handshake(const Setup& setup);

    /// Whether this end's message is the next.
    bool writes() const noexcept { return initiates_ == (step_ % 2 == 0); }
    bool finished() const noexcept { return step_ == pattern_->messages.size(); }

    /// Appends this end's next message.
    std::error_code write(ByteView payload, std::string& out);
    /// Takes the other's; its payload. Errc::malformed, Errc::auth_failed.
    Result<std::string> read(ByteView message);

    /// The other's static key, as soon as it is known.
    const std::optional<crypto::PublicKey>& other() const noexcept { return other_; }
    /// When finished.
    Keys split() const;
    Disclosed disclose() const;

private:
    void mix_hash(ByteView bytes) noexcept;
    void mix_key(ByteView input) noexcept;
    void mix_key_and_hash(ByteView input) noexcept;
    bool mix_agreed(const crypto::SecretKey& own, const std::optional<crypto::PublicKey>& other);
    bool mix(Token token);
    void take_public(const crypto::PublicKey& key);
    void encrypt(ByteView text, std::string& out);
    Result<std::string> decrypt(ByteView bytes);

    const Pattern* pattern_;
    crypto::AeadCipher cipher_;
    bool initiates_;
    bool uses_psk_;
    std::size_t step_ = 0;
    crypto::KeyPair own_;
    crypto::KeyPair ephemeral_;
    std::optional<crypto::PublicKey> other_;
    std::optional<crypto::PublicKey> other_ephemeral_;
    crypto::SecretKey psk_;

    crypto::Digest hash_;
    crypto::Digest chaining_key_;
    std::optional<crypto::AeadKey> key_;
    std::uint64_t number_ = 0;
};

}  // namespace netaio::core::noise
