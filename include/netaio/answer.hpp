#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <netaio/message.hpp>
#include <netaio/reply.hpp>
#include <optional>
#include <type_traits>

namespace netaio {

namespace core {
class Deferred;
class Stream;
// Not thread-safe, as an Answer is used on one thread.
void intrusive_ptr_add_ref(Deferred* deferred) noexcept;
void intrusive_ptr_release(Deferred* deferred) noexcept;
}  // namespace core

namespace detail {

// What a handler may return for the library to make a message of.
template <class T>
concept Content = std::is_convertible_v<const T&, ByteView> || std::is_same_v<T, Reply> ||
                  std::is_same_v<T, Refusal>;

// A reply in the one form the library works with, to who asked about the uri.
inline std::optional<OwnedMessage> to_reply(ByteView, OwnedMessage&& reply) {
    return std::move(reply);
}
inline std::optional<OwnedMessage> to_reply(ByteView, Message&& reply) {
    return OwnedMessage::from(std::move(reply));
}
inline std::optional<OwnedMessage> to_reply(ByteView uri, const Refusal& refusal) {
    return OwnedMessage(refusal.type(), uri, std::string_view(refusal.what()));
}
inline std::optional<OwnedMessage> to_reply(ByteView uri, const Reply& reply) {
    return OwnedMessage(reply.type.value_or(type_of_answer), uri, reply.content);
}
inline std::optional<OwnedMessage> to_reply(ByteView uri, ByteView content) {
    return OwnedMessage(type_of_answer, uri, content);
}
// What is not there: of content that is an answer, too.
template <class T>
std::optional<OwnedMessage> to_reply(ByteView uri, std::optional<T>&& reply) {
    if (reply) {
        return to_reply(uri, std::move(*reply));
    }
    if constexpr (Content<T>) {
        return to_reply(uri, Refusal::not_found());
    } else {
        return std::nullopt;
    }
}

}  // namespace detail

/// Answers a message after its handler has returned: given to handlers that take it as their last
/// argument, which may keep it, and answer in any order.
///
///     server.on(request_uri, [&](const Message& message, Connection&, Answer answer) {
///         jobs.add(message.uri().str(), [answer = std::move(answer)](std::string result) mutable {
///             answer(result);
///         });
///     });
///
/// Used once, on the thread that handlers run on: more than that, or after it was moved from,
/// throws std::logic_error. One that goes unused answers ERROR, which is logged. Once the
/// connection has ended, or the node, it does nothing. Until it is used it counts as a handler that
/// runs (`handlers_max`), but holds back no message with the same uri.
class Answer {
public:
    /// For those who write transports.
    explicit Answer(boost::intrusive_ptr<core::Deferred> deferred) noexcept
        : deferred_(std::move(deferred)) {}
    Answer(Answer&&) noexcept = default;
    Answer& operator=(Answer&&) noexcept = default;

    /// Answers with anything that a handler may return: content, a Reply or a Refusal, a whole
    /// message, or an optional one.
    template <class T>
    void operator()(T&& reply) {
        using Given = std::remove_cvref_t<T>;
        if constexpr (std::is_lvalue_reference_v<T> && !detail::Content<Given>) {
            static_assert(detail::Content<Given>, "Move a message into its Answer.");
        } else if constexpr (std::is_convertible_v<const Given&, ByteView>) {
            give(detail::to_reply(uri(), ByteView(reply)));
        } else {
            give(detail::to_reply(uri(), std::forward<T>(reply)));
        }
    }
    /// Answers with a message that was received, as it is with its auth fields, and leaves it so.
    /// One about another uri than was asked about is not passed on: ERROR says so.
    void pass(Message& received);
    /// Whether there still is somebody to answer.
    bool open() const noexcept;

private:
    friend class core::Stream;

    ByteView uri() const;
    void give(std::optional<OwnedMessage>&& reply);

    boost::intrusive_ptr<core::Deferred> deferred_;
};

}  // namespace netaio
