#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <netaio/connection.hpp>
#include <netaio/message.hpp>
#include <optional>
#include <type_traits>

namespace netaio {

using boost::asio::awaitable;

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
concept Reply =
    std::is_void_v<T> || std::is_same_v<T, Message> || std::is_same_v<T, OwnedMessage> ||
    std::is_same_v<T, std::optional<Message>> || std::is_same_v<T, std::optional<OwnedMessage>>;

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

// A reply in the one form the library works with.
inline std::optional<OwnedMessage> to_reply(OwnedMessage&& reply) {
    return std::move(reply);
}
inline std::optional<OwnedMessage> to_reply(Message&& reply) {
    return OwnedMessage::from(std::move(reply));
}
inline std::optional<OwnedMessage> to_reply(std::optional<OwnedMessage>&& reply) {
    return std::move(reply);
}
inline std::optional<OwnedMessage> to_reply(std::optional<Message>&& reply) {
    return reply ? to_reply(std::move(*reply)) : std::nullopt;
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
std::optional<OwnedMessage> reply_of(F& f, const Message& message, Source& source) {
    const auto call = [&]() -> decltype(auto) { return invoke_handler(f, message, source); };
    using Returned = std::remove_cvref_t<decltype(call())>;
    if constexpr (std::is_void_v<Returned>) {
        call();
        return std::nullopt;
    } else if constexpr (std::is_same_v<Returned, OwnedMessage>) {
        return std::optional<OwnedMessage>(std::in_place, ResultOf<decltype(call)>{call});
    } else {
        return to_reply(call());
    }
}

template <class F, class Source>
awaitable<std::optional<OwnedMessage>> await_handler(F& f, const Message& message, Source& source) {
    using Returned = std::remove_cvref_t<decltype(invoke_handler(f, message, source))>;
    if constexpr (std::is_void_v<typename AwaitedType<Returned>::type>) {
        co_await invoke_handler(f, message, source);
        co_return std::nullopt;
    } else {
        co_return to_reply(co_await invoke_handler(f, message, source));
    }
}

}  // namespace detail

/// A handler as it is kept: made from any callable that takes (const Message&, Source&), (const
/// Message&) or nothing, and returns nothing, a message, an optional one, or an awaitable of these.
/// A plain callable is called without a coroutine. Its copies share one callable. While an
/// awaitable of a TCP server waits, further requests from the same connection are handled if both
/// carry an id, as those of a Requester do, and their uris differ; else they wait, as everything
/// does at a client.
template <class Source>
class BasicHandler {
public:
    using Plain = std::function<std::optional<OwnedMessage>(const Message&, Source&)>;
    using Suspending =
        std::function<awaitable<std::optional<OwnedMessage>>(const Message&, Source&)>;

    template <class F>
        requires(!std::is_same_v<std::decay_t<F>, BasicHandler>)
    BasicHandler(F&& f) {
        using Returned = std::remove_cvref_t<decltype(detail::invoke_handler(
            f, std::declval<const Message&>(), std::declval<Source&>()))>;
        using Awaited = detail::AwaitedType<Returned>;
        static_assert(
            detail::Reply<typename Awaited::type>,
            "A netaio handler returns nothing, Message, OwnedMessage, an optional one, or an "
            "awaitable of these.");
        auto shared = std::make_shared<std::decay_t<F>>(std::forward<F>(f));
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

    Plain plain = {};            ///< set for a plain callable
    Suspending suspending = {};  ///< set for a coroutine
};

/// Handlers of TCP servers and clients.
using TcpHandler = BasicHandler<Connection>;

}  // namespace netaio
