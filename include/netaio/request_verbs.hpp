#pragma once

#include <chrono>
#include <concepts>
#include <netaio/message.hpp>
#include <netaio/request.hpp>
#include <string_view>
#include <type_traits>
#include <utility>

namespace netaio {

namespace detail {

// Options with their own share of the plugins.
struct RequestTerms {
    std::optional<std::chrono::milliseconds> timeout;
    Plugins inner;
    std::optional<Address> server;
    std::optional<MessageType> reply_type = std::nullopt;
    bool must_be_granted = false;  // what the content asks, as of subscribe()
    bool is_relayed = false;       // it is for somebody behind the server: whoever asks sees to it
                                   // that a subscription stays
};

}  // namespace detail

/// A verb for each kind of request, for a Requester and for a BlockingClient. They differ in how
/// one waits, which is what the last argument says: a completion token, or where a failure goes.
template <class Derived, class DefaultToken>
class RequestVerbs {
public:
    /// Asks for a resource; the answer is RESPOND_URI or an error type.
    template <class Token = DefaultToken>
    auto request(ByteView uri, const RequestOptions& options = {}, Token&& token = {}) {
        return exchange(MessageType::request_uri, uri, {}, options, std::forward<Token>(token));
    }
    /// The same with content, which is what the question is about beside the uri.
    template <std::convertible_to<ByteView> Content, class Token = DefaultToken>
    auto request(ByteView uri, const Content& content, const RequestOptions& options = {},
                 Token&& token = {}) {
        return exchange(MessageType::request_uri, uri, content, options,
                        std::forward<Token>(token));
    }
    /// The same where only the time to wait is to be said: `request("something", 2s)`.
    template <class Rep, class Period, class Token = DefaultToken>
    auto request(ByteView uri, std::chrono::duration<Rep, Period> timeout, Token&& token = {}) {
        const RequestOptions options{.timeout =
                                         std::chrono::ceil<std::chrono::milliseconds>(timeout)};
        return request(uri, options, std::forward<Token>(token));
    }
    /// Creates a resource; the answer is OK or an error type.
    template <class Token = DefaultToken>
    auto create(ByteView uri, ByteView content, const RequestOptions& options = {},
                Token&& token = {}) {
        return exchange(MessageType::create_uri, uri, content, options, std::forward<Token>(token));
    }
    /// Replaces the content of a resource; the answer is OK or an error type.
    template <class Token = DefaultToken>
    auto update(ByteView uri, ByteView content, const RequestOptions& options = {},
                Token&& token = {}) {
        return exchange(MessageType::update_uri, uri, content, options, std::forward<Token>(token));
    }
    /// Deletes a resource (`delete` is a word of C++); the answer is OK or an error type.
    template <class Token = DefaultToken>
    auto remove(ByteView uri, const RequestOptions& options = {}, Token&& token = {}) {
        return exchange(MessageType::delete_uri, uri, {}, options, std::forward<Token>(token));
    }
    /// Asks to be notified of a uri, or of all that begin with it; the answer is CONFIRM_SUBSCRIBE
    /// (or OK), or an error type. Errc::unsupported where the other end does not know what the
    /// options ask; then nothing is subscribed to (protocol.md §11). A node renews what it was
    /// granted, see UdpNode.
    template <class Token = DefaultToken>
    auto subscribe(ByteView uri, const SubscribeOptions& options = {}, Token&& token = {}) {
        return ask(MessageType::subscribe_uri, uri, words_of(options.prefix, options.present),
                   terms_of(options), std::forward<Token>(token));
    }
    /// Asks to be notified of it no more; the answer is CONFIRM_UNSUBSCRIBE (or OK), or an error
    /// type.
    template <class Token = DefaultToken>
    auto unsubscribe(ByteView uri, const UnsubscribeOptions& options = {}, Token&& token = {}) {
        return ask(MessageType::unsubscribe_uri, uri, words_of(options.prefix, false),
                   terms_of(options), std::forward<Token>(token));
    }
    /// Sends a message of any type and waits for the answer with the same uri: RESPOND_URI after
    /// REQUEST_URI, OK or a confirmation after the others, RequestOptions::reply_type or what
    /// MessageTypes::set_answer() says of one's own types, or an error type (protocol.md §4).
    /// Several for one uri may be in flight: an answer matches by the id that the request carries,
    /// or in order where the peer does not give that back.
    template <class Token = DefaultToken>
    auto exchange(MessageType type, ByteView uri, ByteView content,
                  const RequestOptions& options = {}, Token&& token = {}) {
        detail::RequestTerms terms = terms_of(options);
        terms.reply_type = options.reply_type;
        return ask(type, uri, content, std::move(terms), std::forward<Token>(token));
    }

    /// The same with a whole message, which goes as it is, with the auth fields that it has; so
    /// does one that was received, to pass it on.
    template <class Token = DefaultToken>
    auto exchange(OwnedMessage message, const RequestOptions& options = {}, Token&& token = {}) {
        detail::RequestTerms terms = terms_of(options);
        terms.reply_type = options.reply_type;
        return static_cast<Derived&>(*this).perform(Result<OwnedMessage>(std::move(message)),
                                                    std::move(terms), std::forward<Token>(token));
    }

protected:
    RequestVerbs() = default;
    ~RequestVerbs() = default;

private:
    template <class Options>
    static detail::RequestTerms terms_of(const Options& options) {
        detail::RequestTerms terms{
            options.timeout, {options.auth.share(), options.cipher.share()}, options.server.get()};
        if constexpr (std::is_same_v<Options, SubscribeOptions>) {
            terms.must_be_granted = options.prefix || options.present;
        }
        return terms;
    }
    static constexpr std::string_view words_of(bool prefix, bool present) noexcept {
        return prefix ? present ? "prefix present" : "prefix" : present ? "present" : "";
    }
    template <class Token>
    auto ask(MessageType type, ByteView uri, ByteView content, detail::RequestTerms terms,
             Token&& token) {
        return static_cast<Derived&>(*this).perform(OwnedMessage::make(type, uri, content),
                                                    std::move(terms), std::forward<Token>(token));
    }
};

}  // namespace netaio
