#pragma once

#include <functional>
#include <netaio/answer.hpp>
#include <netaio/awaitable.hpp>
#include <netaio/connection.hpp>
#include <netaio/message.hpp>
#include <netaio/reply.hpp>
#include <optional>
#include <type_traits>

namespace netaio {

namespace detail {

template <class T>
struct AwaitedType {
    static constexpr bool suspends = false;
    using type = T;
};
template <class T, class Executor>
struct AwaitedType<boost::asio::awaitable<T, Executor>> {
    static constexpr bool suspends = true;
    using type = T;
};

template <class T>
concept WholeMessage = std::is_same_v<T, Message> || std::is_same_v<T, OwnedMessage>;

template <class T>
struct OptionalValue {
    using type = void;
};
template <class T>
struct OptionalValue<std::optional<T>> {
    using type = T;
};

template <class T>
concept Returnable =
    std::is_void_v<T> || WholeMessage<T> || Content<T> ||
    WholeMessage<typename OptionalValue<T>::type> || Content<typename OptionalValue<T>::type>;

// Whether it answers by an Answer, whatever else it takes. One that takes anything for its second
// argument is meant to be given the source.
template <class F, class Source>
concept Defers = !std::is_invocable_v<F&, const Message&, Source&> &&
                 (std::is_invocable_v<F&, const Message&, Source&, Answer> ||
                  std::is_invocable_v<F&, const Message&, Answer>);

template <class F, class Source>
void call_deferring(F& f, const Message& message, Source& source, Answer answer) {
    if constexpr (std::is_invocable_v<F&, const Message&, Source&, Answer>) {
        static_assert(std::is_void_v<decltype(f(message, source, std::move(answer)))>,
                      "A netaio handler that takes an Answer returns nothing.");
        f(message, source, std::move(answer));
    } else {
        static_assert(std::is_void_v<decltype(f(message, std::move(answer)))>,
                      "A netaio handler that takes an Answer returns nothing.");
        f(message, std::move(answer));
    }
}

// Calls a handler with as many of (message, source) as it takes.
template <class F, class Source>
decltype(auto) invoke_handler(F& f, const Message& message, Source& source) {
    if constexpr (std::is_invocable_v<F&, const Message&, Source&>) {
        return f(message, source);
    } else if constexpr (std::is_invocable_v<F&, const Message&>) {
        return f(message);
    } else {
        static_assert(std::is_invocable_v<F&>,
                      "A netaio handler takes (const Message&, Connection&) - with a UdpNode "
                      "(const Message&, "
                      "const Address&) -, (const Message&), or nothing.");
        return f();
    }
}

// The answer of a handler that returns nothing: that it was done, where that is all there is to
// say.
inline std::optional<OwnedMessage> done(const Message& asked) {
    switch (asked.type()) {
        case MessageType::create_uri:
        case MessageType::update_uri:
        case MessageType::delete_uri:
        case MessageType::subscribe_uri:
        case MessageType::unsubscribe_uri: return to_reply(asked.uri(), ByteView());
        default: return std::nullopt;
    }
}

// Converts to what a function returns: makes an optional of it in place, as moving a message costs
// as much as finding its handler.
template <class F>
struct ResultOf {
    F function;
    operator std::invoke_result_t<F>() { return function(); }
};

// A handler's reply, or none.
template <class F, class Source>
std::optional<OwnedMessage> reply_of(F& f, const Message& message, Source& source) try {
    const auto call = [&]() -> decltype(auto) { return invoke_handler(f, message, source); };
    using Returned = std::remove_cvref_t<decltype(call())>;
    if constexpr (std::is_void_v<Returned>) {
        call();
        return done(message);
    } else if constexpr (std::is_same_v<Returned, OwnedMessage>) {
        return std::optional<OwnedMessage>(std::in_place, ResultOf<decltype(call)>{call});
    } else {
        return to_reply(message.uri(), call());
    }
} catch (const Refusal& refusal) {
    return to_reply(message.uri(), refusal);
}

template <class F, class Source>
awaitable<std::optional<OwnedMessage>> await_handler(F& f, const Message& message, Source& source) {
    using Returned = std::remove_cvref_t<decltype(invoke_handler(f, message, source))>;
    try {
        if constexpr (std::is_void_v<typename AwaitedType<Returned>::type>) {
            co_await invoke_handler(f, message, source);
            co_return done(message);
        } else {
            co_return to_reply(message.uri(), co_await invoke_handler(f, message, source));
        }
    } catch (const Refusal& refusal) {
        co_return to_reply(message.uri(), refusal);
    }
}

}  // namespace detail

/// A handler as it is kept: made from any callable that takes (const Message&, Source&), (const
/// Message&) or nothing, and returns an answer or an awaitable of one. That is
/// - content: a string, bytes, or a Reply. The library makes the message, with the uri of the
///   question and the type that answers it. An empty optional is answered NOT_FOUND.
/// - a Refusal, which it may also throw.
/// - a whole Message or OwnedMessage, which goes as it is. An empty optional is no answer.
/// - nothing: OK or the confirmation to what creates, updates, deletes, subscribes or unsubscribes,
///   no answer to anything else.
/// A plain callable is called without a coroutine. Its copies share one callable. While an
/// awaitable of a TCP server waits, further requests from the same connection are handled if both
/// carry an id, as those of a Requester do, and their uris differ; else they wait, as everything
/// does at a client. One that takes an Answer as its last argument and returns nothing answers by
/// that, later and in any order.
template <class Source>
class BasicHandler {
public:
    using Plain = std::function<std::optional<OwnedMessage>(const Message&, Source&)>;
    using Suspending =
        std::function<awaitable<std::optional<OwnedMessage>>(const Message&, Source&)>;
    using Deferring = std::function<void(const Message&, Source&, Answer)>;

    template <class F>
        requires(!std::is_same_v<std::decay_t<F>, BasicHandler>)
    BasicHandler(F&& f) {
        auto shared = std::make_shared<std::decay_t<F>>(std::forward<F>(f));
        if constexpr (detail::Defers<std::decay_t<F>, Source>) {
            deferring = [shared](const Message& message, Source& source, Answer answer) {
                detail::call_deferring(*shared, message, source, std::move(answer));
            };
        } else {
            keep_returning(std::move(shared));
        }
    }

    Plain plain = {};            ///< set for a plain callable
    Suspending suspending = {};  ///< set for a coroutine
    Deferring deferring = {};    ///< set for one that takes an Answer

private:
    template <class F>
    void keep_returning(std::shared_ptr<F> shared) {
        using Returned = std::remove_cvref_t<decltype(detail::invoke_handler(
            *shared, std::declval<const Message&>(), std::declval<Source&>()))>;
        using Awaited = detail::AwaitedType<Returned>;
        static_assert(
            detail::Returnable<typename Awaited::type>,
            "A netaio handler returns nothing, content (a string or bytes), Reply, Refusal, "
            "Message, OwnedMessage, an optional one, or an awaitable of these.");
        if constexpr (Awaited::suspends) {
            suspending = [shared](const Message& message, Source& source) {
                return detail::await_handler(*shared, message, source);
            };
        } else {
            plain = [shared](const Message& message, Source& source) {
                return detail::reply_of(*shared, message, source);
            };
        }
    }
};

/// Handlers of TCP servers and clients.
using TcpHandler = BasicHandler<Connection>;

}  // namespace netaio
