#pragma once

#include "../crypto/mac.hpp"
#include "session_handshake.hpp"

namespace netaio::core {

/// The contents of the questions and answers that a session over datagrams begins with (protocol.md
/// §16): those of connections, with what the two call the session, a proof against forged senders,
/// and the time against those that are sent again.
namespace datagram_handshake {

/// What one end calls a session in what is sent to it.
using Index = std::uint32_t;

/// A question, as far as it can be read without a key: views of its content.
struct Asked {
    std::optional<SessionChoice> choice;  ///< of a first one
    Index index;                          ///< its sender's of a first one, else its receiver's
    ByteView said;                        ///< what goes before the tag
    crypto::Mac tag;
    ByteView message;  ///< Noise's

    /// Nothing for any other content.
    static std::optional<Asked> read(ByteView content);
};

/// What answers a question whose sender is to show first that it gets that.
std::string cookie_answer(const crypto::Mac& cookie);

/// The end that asks.
class Asker {
public:
    /// With the key of the other, where it is known; `cookie` is the last one it had from there.
    Asker(const SessionTerms& terms, const crypto::SecretKey& psk,
          const std::optional<SessionKey>& other, Index own, Random& random);

    /// The content of the first question.
    std::string ask(std::chrono::system_clock::time_point now,
                    const std::optional<crypto::Mac>& cookie);

    struct Answer {
        std::optional<crypto::Mac> cookie = std::nullopt;  ///< to ask again with, and nothing else
        std::string third = {};  ///< the content of one more question, if there is one
    };
    /// Takes an answer. Errc::malformed, Errc::auth_failed.
    Result<Answer> take(ByteView content, const std::optional<crypto::Mac>& cookie);
    /// Then.
    Agreed agreed() const { return agreed_by(handshake_, other_lasting_); }
    Index other_index() const noexcept { return other_; }
    const SessionKey& other() const noexcept { return *handshake_.other(); }

private:
    Index own_;
    SessionChoice choice_;
    bool own_lasting_;
    bool other_lasting_ = false;
    std::string said_;
    Index other_ = 0;
    noise::Handshake handshake_;
};

/// The end that is asked, once a first question was judged worth an answer.
class Answerer {
public:
    /// `own` is what this end calls the session.
    Answerer(const Asked& first, const SessionTerms& terms, const crypto::SecretKey& psk, Index own,
             Random& random);

    /// The answer to the first question. Errc::malformed, Errc::auth_failed.
    Result<std::string> answer(const Asked& first);
    /// Takes the second one, if that is to come. The same errors.
    std::error_code take(const Asked& second);

    bool finished() const noexcept { return handshake_.finished(); }
    Agreed agreed() const { return agreed_by(handshake_, other_lasting_); }
    /// When the first question was asked, by the clock of who asked; 0 where that may not be
    /// believed, as anybody could have written it.
    std::uint64_t asked_at() const noexcept { return asked_at_; }

private:
    Index own_;
    Index other_;
    bool lasting_;
    bool other_lasting_ = false;
    std::uint64_t asked_at_ = 0;
    noise::Handshake handshake_;
};

}  // namespace datagram_handshake

}  // namespace netaio::core
