#pragma once

#include <netaio/message.hpp>

/// What the type of a message means, beside is_error().
namespace netaio::core {

/// Whether somebody waits for what comes of it; everything else that nobody handles is dropped
/// (protocol.md §4).
constexpr bool expects_answer(MessageType type) noexcept {
    switch (type) {
        case MessageType::request_uri:
        case MessageType::create_uri:
        case MessageType::update_uri:
        case MessageType::delete_uri:
        case MessageType::subscribe_uri:
        case MessageType::unsubscribe_uri:
        case MessageType::publish_uri: return true;
        default: return static_cast<int>(type) > 30;
    }
}

/// Whether a message of one type answers a request of another.
constexpr bool answers(MessageType asked, MessageType answer) noexcept {
    switch (answer) {
        case MessageType::auth_error:
        case MessageType::error:
        case MessageType::not_found:
        case MessageType::not_permitted: return true;
        case MessageType::respond_uri: return asked == MessageType::request_uri;
        case MessageType::confirm_subscribe: return asked == MessageType::subscribe_uri;
        case MessageType::confirm_unsubscribe: return asked == MessageType::unsubscribe_uri;
        case MessageType::ok: return asked != MessageType::request_uri;
        default: return false;
    }
}

/// What a request asks, and the type of message that answers it beside what always may.
struct Question {
    constexpr Question(MessageType asked = MessageType::request_uri,
                       MessageType by = MessageType::error) noexcept
        : type(asked), answer(by) {}

    MessageType type;
    MessageType answer;
};
constexpr bool answers(const Question& asked, MessageType answer) noexcept {
    return answer == asked.answer || answers(asked.type, answer);
}

/// Whether a message of this type says that somebody is subscribed.
constexpr bool confirms_subscription(MessageType type) noexcept {
    return type == MessageType::confirm_subscribe || type == MessageType::ok;
}
/// The same of one that is so no more.
constexpr bool confirms_unsubscription(MessageType type) noexcept {
    return type == MessageType::confirm_unsubscribe || type == MessageType::ok;
}

/// What clients ask for, of REQUEST_URI, to learn whether a server is there (protocol.md §4).
inline constexpr std::string_view alive_uri = "netaio/alive";

/// What ERROR says of a message that was damaged on its way (protocol.md §1).
inline constexpr std::string_view invalid_message = "invalid message";

/// What the refusal of a node says that ends a subscription to a uri, or to a prefix (protocol.md
/// §11): with it, and without an id, it answers nothing that was asked about the same uri.
inline constexpr std::string_view subscription_ended = "subscription ended";
inline constexpr std::string_view prefix_subscription_ended = "subscription to prefix ended";

inline bool ends_subscription(const Message& message) noexcept {
    return (message.type() == MessageType::not_permitted || message.type() == MessageType::error) &&
           !message.request_id() &&
           (message.content() == ByteView(subscription_ended) ||
            message.content() == ByteView(prefix_subscription_ended));
}

/// Whether it answers requests of some type.
constexpr bool is_answer(MessageType type) noexcept {
    return answers(MessageType::request_uri, type) || answers(MessageType::create_uri, type) ||
           answers(MessageType::subscribe_uri, type) || answers(MessageType::unsubscribe_uri, type);
}

/// Whether the reference may send it by itself without the uri of what it answers (protocol.md §4).
constexpr bool may_lack_uri(MessageType type) noexcept {
    return type == MessageType::not_found || type == MessageType::error ||
           type == MessageType::auth_error;
}

/// Whether one does not say what it answers.
inline bool lacks_uri(const Message& message) noexcept {
    return may_lack_uri(message.type()) &&
           (message.uri().empty() || message.uri() == ByteView("ERROR"));
}

}  // namespace netaio::core
