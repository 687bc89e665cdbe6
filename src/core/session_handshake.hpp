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
    crypto::AeadCipher cipher_;
    bool knows_other_;
    bool own_lasting_;
    bool other_lasting_ = false;
    noise::Handshake handshake_;
};

}  // namespace netaio::core
