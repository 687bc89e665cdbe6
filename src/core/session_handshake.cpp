#include "session_handshake.hpp"

#include "key_log.hpp"

namespace netaio::core {
namespace {

// The first octet of a question.
constexpr char with_known_key = 1;
constexpr char with_unknown_key = 2;

// What both say of their keys.
constexpr char lasting_key = 1;

}  // namespace

SessionChoice::SessionChoice(bool knows_the_other)
    : SessionChoice(knows_the_other, crypto::has_fast_aes() ? crypto::AeadCipher::aes_gcm
                                                            : crypto::AeadCipher::chacha_poly) {}

std::optional<SessionChoice> SessionChoice::read(ByteView content) {
    if (content.size() < size) {
        return std::nullopt;
    }
    const auto cipher = static_cast<crypto::AeadCipher>(content[1]);
    const bool is_one =
        (content[0] == with_known_key || content[0] == with_unknown_key) &&
        (cipher == crypto::AeadCipher::aes_gcm || cipher == crypto::AeadCipher::chacha_poly);
    return is_one ? std::optional(SessionChoice(content[0] == with_known_key, cipher))
                  : std::nullopt;
}

std::string SessionChoice::str() const {
    return {knows_other ? with_known_key : with_unknown_key, static_cast<char>(cipher)};
}

noise::Handshake handshake_of(bool initiates, const SessionChoice& choice, ByteView said,
                              const SessionTerms& terms, const crypto::SecretKey& psk,
                              const std::optional<SessionKey>& other, Random& random) {
    const std::string prologue = session_uri.str().append(said);
    return noise::Handshake({choice.knows_other ? noise::ik_psk2 : noise::xx_psk3, choice.cipher,
                             initiates, prologue, terms.own, crypto::KeyPair::random(random), other,
                             psk});
}

char said_of(bool lasting) noexcept {
    return lasting ? lasting_key : '\0';
}

// More may be said one day.
bool says_lasting(ByteView payload) noexcept {
    return !payload.empty() && (payload[0] & lasting_key) != 0;
}

std::size_t first_message_min(const SessionChoice& choice) noexcept {
    return choice.knows_other ? 2 * crypto::key_size + 2 * crypto::AeadKey::tag_size
                              : crypto::key_size + session_padding;
}

Agreed agreed_by(const noise::Handshake& handshake, bool lasting) {
    return {handshake.split(), *handshake.other(), lasting};
}

Result<SessionAnswerer::Reply> SessionAnswerer::answer(ByteView content, const SessionTerms& terms,
                                                       const crypto::SecretKey& psk,
                                                       Random& random) {
    if (third_) {
        noise::Handshake handshake = std::move(*third_);
        third_.reset();
        const auto said = handshake.read(content);
        if (!said) {
            return said.error();
        }
        log_keys(handshake);
        return Reply{"", agreed_by(handshake, says_lasting(*said))};
    }
    const auto choice = SessionChoice::read(content);
    if (!choice || content.size() < SessionChoice::size + first_message_min(*choice)) {
        return Errc::malformed;
    }
    auto handshake = handshake_of(false, *choice, content.substr(0, SessionChoice::size), terms,
                                  psk, std::nullopt, random);
    const auto said = handshake.read(content.substr(SessionChoice::size));
    if (!said) {
        return said.error();
    }
    Reply reply;
    if (const auto error = handshake.write(std::string(1, said_of(terms.lasting)), reply.content)) {
        return error;
    }
    if (reply.content.size() > content.size()) {
        return Errc::malformed;
    }
    if (handshake.finished()) {
        log_keys(handshake);
        reply.agreed = agreed_by(handshake, says_lasting(*said));
    } else {
        third_ = std::move(handshake);
    }
    return reply;
}

SessionAsker::SessionAsker(const SessionTerms& terms, const crypto::SecretKey& psk,
                           const std::optional<SessionKey>& other, Random& random)
    : choice_(other.has_value()),
      own_lasting_(terms.lasting),
      handshake_(handshake_of(true, choice_, choice_.str(), terms, psk, other, random)) {}

std::string SessionAsker::ask() {
    std::string content = choice_.str();
    // What is said in clear tells nobody whether the key lasts.
    const std::string said = choice_.knows_other ? std::string(1, said_of(own_lasting_))
                                                 : std::string(session_padding, '\0');
    const auto error = handshake_.write(said, content);
    return error ? std::string() : content;
}

Result<std::string> SessionAsker::take(ByteView content) {
    const auto said = handshake_.read(content);
    if (!said) {
        return said.error();
    }
    other_lasting_ = says_lasting(*said);
    std::string third;
    if (!handshake_.finished()) {
        if (const auto error = handshake_.write(std::string(1, said_of(own_lasting_)), third)) {
            return error;
        }
    }
    log_keys(handshake_);
    return third;
}

Agreed SessionAsker::agreed() const {
    return agreed_by(handshake_, other_lasting_);
}

}  // namespace netaio::core
