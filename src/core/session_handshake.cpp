#include "session_handshake.hpp"

#include "key_log.hpp"

namespace netaio::core {
namespace {

// A first question begins with two octets: which pattern, and which cipher.
constexpr char with_known_key = 1;
constexpr char with_unknown_key = 2;
constexpr std::size_t choice_size = 2;

// What both say of their keys.
constexpr char lasting_key = 1;

// So that no answer is longer than its question (protocol.md §10), which it would be by a key and
// two tags.
constexpr std::size_t padding = 64;

constexpr std::size_t unknown_size_min = crypto::key_size + padding;
constexpr std::size_t known_size_min = 2 * crypto::key_size + 2 * crypto::AeadKey::tag_size;

std::string prologue_of(char pattern, crypto::AeadCipher cipher) {
    return session_uri.str() + pattern + static_cast<char>(cipher);
}

std::string said_of(bool lasting) {
    return std::string(1, lasting ? lasting_key : '\0');
}

// More may be said one day.
bool says_lasting(const std::string& payload) {
    return !payload.empty() && (payload[0] & lasting_key) != 0;
}

noise::Handshake handshake_of(bool initiates, bool knows_other, crypto::AeadCipher cipher,
                              const SessionTerms& terms, const crypto::SecretKey& psk,
                              const std::optional<SessionKey>& other, Random& random) {
    const std::string prologue =
        prologue_of(knows_other ? with_known_key : with_unknown_key, cipher);
    return noise::Handshake({knows_other ? noise::ik_psk2 : noise::xx_psk3, cipher, initiates,
                             prologue, terms.own, crypto::KeyPair::random(random), other, psk});
}

Agreed agreed_by(const noise::Handshake& handshake, bool lasting) {
    return {handshake.split(), *handshake.other(), lasting};
}

}  // namespace

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
    if (content.size() < choice_size) {
        return Errc::malformed;
    }
    const bool knows_other = content[0] == with_known_key;
    const auto cipher = static_cast<crypto::AeadCipher>(content[1]);
    if ((!knows_other && content[0] != with_unknown_key) ||
        (cipher != crypto::AeadCipher::aes_gcm && cipher != crypto::AeadCipher::chacha_poly)) {
        return Errc::malformed;
    }
    // Nothing is done for what is too short.
    if (content.size() < choice_size + (knows_other ? known_size_min : unknown_size_min)) {
        return Errc::malformed;
    }
    auto handshake = handshake_of(false, knows_other, cipher, terms, psk, std::nullopt, random);
    const auto said = handshake.read(content.substr(choice_size));
    if (!said) {
        return said.error();
    }
    Reply reply;
    if (const auto error = handshake.write(said_of(terms.lasting), reply.content)) {
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
    : cipher_(crypto::has_fast_aes() ? crypto::AeadCipher::aes_gcm
                                     : crypto::AeadCipher::chacha_poly),
      knows_other_(other.has_value()),
      own_lasting_(terms.lasting),
      handshake_(handshake_of(true, knows_other_, cipher_, terms, psk, other, random)) {}

std::string SessionAsker::ask() {
    std::string content{knows_other_ ? with_known_key : with_unknown_key,
                        static_cast<char>(cipher_)};
    // What is said in clear tells nobody whether the key lasts.
    const std::string said = knows_other_ ? said_of(own_lasting_) : std::string(padding, '\0');
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
        if (const auto error = handshake_.write(said_of(own_lasting_), third)) {
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
