#pragma once

#include <netaio/message.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace netaio {

namespace detail {
// Stands for the type that answers the question until that is filled in; never sent.
inline constexpr auto type_of_answer = static_cast<MessageType>(19);
}  // namespace detail

/// What a handler answers without saying to what: the library adds the uri of the question, and the
/// type that answers it (MessageTypes::answer_to()) unless one is given. Owns its content.
struct Reply {
    std::string content = {};
    std::optional<MessageType> type = std::nullopt;
};

/// A Reply with a copy of this content.
inline Reply reply(ByteView content = {}) {
    return {content.str()};
}
/// The same of a type of one's own choice.
inline Reply reply(MessageType type, ByteView content = {}) {
    return {content.str(), type};
}

/// Why a request is refused: a handler returns it or throws it, and who asked gets a message of
/// this error type with its text. It is no failure of the handler, and is not logged.
///
///     throw Refusal::not_found("there is no such room");
class Refusal : public std::runtime_error {
public:
    explicit Refusal(MessageType type, std::string_view text = {})
        : std::runtime_error(std::string(text)), type_(type) {}

    static Refusal not_found(std::string_view text = "not found") {
        return Refusal(MessageType::not_found, text);
    }
    static Refusal not_permitted(std::string_view text = "not permitted") {
        return Refusal(MessageType::not_permitted, text);
    }
    static Refusal error(std::string_view text) { return Refusal(MessageType::error, text); }

    MessageType type() const noexcept { return type_; }

private:
    MessageType type_;
};

}  // namespace netaio
