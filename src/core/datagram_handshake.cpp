#include "datagram_handshake.hpp"

#include <algorithm>

#include "../wire/endian.hpp"
#include "key_log.hpp"

namespace netaio::core::datagram_handshake {
namespace {

// In the place of a choice.
constexpr char goes_on = 3;
// An answer's first octet.
constexpr char agrees = 1;
constexpr char wants_cookie = 2;

constexpr std::size_t index_size = 4;
constexpr std::size_t tag_size = std::tuple_size_v<crypto::Mac>;

std::string written(Index index) {
    std::string bytes(index_size, '\0');
    wire::put_u32(bytes.data(), index);
    return bytes;
}

// What follows what was said, once that is known: the tag, and Noise's message.
std::string tagged(const std::string& said, ByteView message,
                   const std::optional<crypto::Mac>& cookie) {
    const crypto::Mac tag =
        cookie ? crypto::mac_of(crypto::view(*cookie), {said, message}) : crypto::Mac{};
    return std::string(said).append(crypto::view(tag)).append(message);
}

}  // namespace

std::optional<Asked> Asked::read(ByteView content) {
    const auto choice = SessionChoice::read(content);
    const std::size_t index_at = choice ? SessionChoice::size : 1;
    const std::size_t said_size = index_at + index_size;
    if (content.size() < said_size + tag_size || (!choice && content[0] != goes_on)) {
        return std::nullopt;
    }
    Asked question{.choice = choice,
                   .index = wire::get_u32(content.data() + index_at),
                   .said = content.substr(0, said_size),
                   .tag = {},
                   .message = content.substr(said_size + tag_size)};
    std::copy_n(content.data() + said_size, tag_size, question.tag.begin());
    return choice && question.message.size() < first_message_min(*choice) ? std::nullopt
                                                                          : std::optional(question);
}

std::string cookie_answer(const crypto::Mac& cookie) {
    return std::string(1, wants_cookie).append(crypto::view(cookie));
}

Asker::Asker(const SessionTerms& terms, const crypto::SecretKey& psk,
             const std::optional<SessionKey>& other, Index own, Random& random)
    : own_(own),
      choice_(other.has_value()),
      own_lasting_(terms.lasting),
      said_(choice_.str() + written(own)),
      handshake_(handshake_of(true, choice_, said_, terms, psk, other, random)) {}

std::string Asker::ask(std::chrono::system_clock::time_point now,
                       const std::optional<crypto::Mac>& cookie) {
    std::string payload(session_padding, '\0');
    if (choice_.knows_other) {
        payload.assign(1 + 8, said_of(own_lasting_));
        wire::put_u64(
            payload.data() + 1,
            static_cast<std::uint64_t>(std::chrono::nanoseconds(now.time_since_epoch()).count()));
    }
    std::string message;
    const auto error = handshake_.write(payload, message);
    return error ? std::string() : tagged(said_, message, cookie);
}

Result<Asker::Answer> Asker::take(ByteView content, const std::optional<crypto::Mac>& cookie) {
    if (content.size() == 1 + tag_size && content[0] == wants_cookie) {
        Answer answer{.cookie = crypto::Mac()};
        std::copy_n(content.data() + 1, tag_size, answer.cookie->begin());
        return answer;
    }
    if (content.empty() || content[0] != agrees) {
        return Errc::malformed;
    }
    const auto payload = handshake_.read(content.substr(1));
    if (!payload) {
        return payload.error();
    }
    if (payload->size() < 1 + index_size) {
        return Errc::malformed;
    }
    other_lasting_ = says_lasting(*payload);
    other_ = wire::get_u32(payload->data() + 1);
    Answer answer;
    if (!handshake_.finished()) {
        std::string message;
        if (const auto error = handshake_.write(std::string(1, said_of(own_lasting_)), message)) {
            return error;
        }
        answer.third = tagged(goes_on + written(other_), message, cookie);
    }
    log_keys(handshake_, SessionIndexes{own_, other_});
    return answer;
}

Answerer::Answerer(const Asked& first, const SessionTerms& terms, const crypto::SecretKey& psk,
                   Index own, Random& random)
    : own_(own),
      other_(first.index),
      lasting_(terms.lasting),
      handshake_(handshake_of(false, *first.choice, first.said, terms, psk, std::nullopt, random)) {
}

Result<std::string> Answerer::answer(const Asked& first) {
    const auto payload = handshake_.read(first.message);
    if (!payload) {
        return payload.error();
    }
    if (first.choice->knows_other) {
        if (payload->size() < 1 + 8) {
            return Errc::malformed;
        }
        other_lasting_ = says_lasting(*payload);
        asked_at_ = wire::get_u64(payload->data() + 1);
    }
    std::string content(1, agrees);
    if (const auto error = handshake_.write(said_of(lasting_) + written(own_), content)) {
        return error;
    }
    if (finished()) {
        log_keys(handshake_, SessionIndexes{other_, own_});
    }
    return content;
}

std::error_code Answerer::take(const Asked& second) {
    const auto payload = handshake_.read(second.message);
    if (!payload) {
        return payload.error();
    }
    other_lasting_ = says_lasting(*payload);
    log_keys(handshake_, SessionIndexes{other_, own_});
    return {};
}

}  // namespace netaio::core::datagram_handshake
