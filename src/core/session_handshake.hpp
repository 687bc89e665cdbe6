#pragma once

#include <netaio/environment.hpp>
#include <variant>

#include "session.hpp"
#include "session_terms.hpp"

namespace netaio::core {

/// What comes of a handshake.
struct Agreed {
    noise::Keys keys;
    SessionKey key;  // the other's
    bool lasting;
};

/// What whoever asks chooses, with which a first question begins.
struct SessionChoice {
    static constexpr std::size_t size = 2;

    bool knows_other;
    crypto::AeadCipher cipher;

    /// With this machine's cipher.
    explicit SessionChoice(bool knows_the_other);
    /// That of a question; nothing where it is none.
    static std::optional<SessionChoice> read(ByteView content);
    std::string str() const;

private:
    SessionChoice(bool knows_the_other, crypto::AeadCipher chosen)
        : knows_other(knows_the_other), cipher(chosen) {}
};

/// One end of the handshake that was chosen; `said` is what stands before its first message.
noise::Handshake handshake_of(bool initiates, const SessionChoice& choice, ByteView said,
                              const SessionTerms& terms, const crypto::SecretKey& psk,
                              const std::optional<SessionKey>& other, Random& random);
/// The first octet of a payload, and what it says: whether its sender's key lasts.
char said_of(bool lasting) noexcept;
bool says_lasting(ByteView payload) noexcept;
/// What a first question that anybody can read says instead, so that no answer is longer than it
/// (protocol.md §10), which it would be by a key and two tags.
inline constexpr std::size_t session_padding = 64;
/// The bytes of a first message, at least; nothing is done for what is too short.
std::size_t first_message_min(const SessionChoice& choice) noexcept;
/// When it is finished.
Agreed agreed_by(const noise::Handshake& handshake, bool lasting);

/// The contents of the questions and answers that a session begins with (protocol.md §15), at the
/// end that is asked. Small, as anybody may begin one. Not thread-safe.
class SessionAnswerer {
public:
    struct Reply {
        std::string content;
        std::optional<Agreed> agreed = std::nullopt;
    };

    /// What answers a question. Errc::malformed, Errc::auth_failed; then no other may follow.
    Result<Reply> answer(ByteView content, const SessionTerms& terms, const crypto::SecretKey& psk,
                         Random& random);

private:
    std::optional<noise::Handshake> third_;  // that waits for its third message
};

/// The same at the end that asks.
class SessionAsker {
public:
    /// With the key of the other, where it is known.
    SessionAsker(const SessionTerms& terms, const crypto::SecretKey& psk,
                 const std::optional<SessionKey>& other, Random& random);

    /// The content of the first question.
    std::string ask();
    /// Takes an answer. The content of one more question, after which it is agreed(); empty when it
    /// is already. Errc::malformed, Errc::auth_failed.
    Result<std::string> take(ByteView content);
    /// Then.
    Agreed agreed() const;
    const SessionKey& other() const noexcept { return *handshake_.other(); }

private:
    SessionChoice choice_;
    bool own_lasting_;
    bool other_lasting_ = false;
    noise::Handshake handshake_;
};

}  // namespace netaio::core
