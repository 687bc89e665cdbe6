#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netaio/awaitable.hpp>
#include <netaio/completion.hpp>
#include <netaio/message.hpp>
#include <netaio/request.hpp>

namespace netaio {

/// The requester of the pattern request-reply: who sends requests and waits for the answers, which
/// the handlers of servers and nodes give. A TcpClient is one, and asks its default server unless
/// options say whom; so is a UdpNode, whose requests each have to say it.
///
///     awaitable<void> greet(Requester& requester, Address server) {
///         OwnedMessage reply =
///             co_await requester.request("greeting", {.timeout = 2s, .server = server});
///     }
///
/// Waiting calls are Asio operations of `void(boost::system::error_code, OwnedMessage)`: awaited by
/// default (errors are thrown as boost::system::system_error), or with any completion token, such
/// as `as_tuple(use_awaitable)` or a callback; they can be cancelled one by one. What they give is
/// the answer, also when its type is an error, which is data for the caller. Their errors:
/// Errc::timeout, not_connected, cancelled, malformed, too_large, queue_full, what a plugin or the
/// system says, or where nothing tells whom to ask, std::errc::destination_address_required; over
/// TCP also Errc::closed, auth_failed, auth_failed_unverified, unknown_message_type, over UDP
/// Errc::unsupported for an address that is a name. As thread-safe as the class that derives from
/// it.
class Requester {
public:
    Requester(const Requester&) = delete;
    Requester& operator=(const Requester&) = delete;
    virtual ~Requester() = default;

    /// Asks for a resource; the answer is RESPOND_URI or an error type.
    template <class Token = boost::asio::use_awaitable_t<>>
    auto request(ByteView uri, const RequestOptions& options = {}, Token&& token = {}) {
        return exchange(MessageType::request_uri, uri, {}, options, std::forward<Token>(token));
    }
    /// The same with content, which is what the question is about beside the uri.
    template <std::convertible_to<ByteView> Content, class Token = boost::asio::use_awaitable_t<>>
    auto request(ByteView uri, const Content& content, const RequestOptions& options = {},
                 Token&& token = {}) {
        return exchange(MessageType::request_uri, uri, content, options,
                        std::forward<Token>(token));
    }
    /// Creates a resource; the answer is OK or an error type.
    template <class Token = boost::asio::use_awaitable_t<>>
    auto create(ByteView uri, ByteView content, const RequestOptions& options = {},
                Token&& token = {}) {
        return exchange(MessageType::create_uri, uri, content, options, std::forward<Token>(token));
    }
    /// Replaces the content of a resource; the answer is OK or an error type.
    template <class Token = boost::asio::use_awaitable_t<>>
    auto update(ByteView uri, ByteView content, const RequestOptions& options = {},
                Token&& token = {}) {
        return exchange(MessageType::update_uri, uri, content, options, std::forward<Token>(token));
    }
    /// Deletes a resource (`delete` is a word of C++); the answer is OK or an error type.
    template <class Token = boost::asio::use_awaitable_t<>>
    auto remove(ByteView uri, const RequestOptions& options = {}, Token&& token = {}) {
        return exchange(MessageType::delete_uri, uri, {}, options, std::forward<Token>(token));
    }
    /// Asks to be notified of a uri, or of all that begin with it; the answer is CONFIRM_SUBSCRIBE
    /// (or OK), or an error type. Errc::unsupported where the other end does not know what the
    /// options ask; then nothing is subscribed to (protocol.md §11).
    template <class Token = boost::asio::use_awaitable_t<>>
    auto subscribe(ByteView uri, const SubscribeOptions& options = {}, Token&& token = {}) {
        return ask(MessageType::subscribe_uri, uri, words_of(options.prefix, options.present),
                   terms_of(options), std::forward<Token>(token));
    }
    /// Asks to be notified of it no more; the answer is CONFIRM_UNSUBSCRIBE (or OK), or an error
    /// type.
    template <class Token = boost::asio::use_awaitable_t<>>
    auto unsubscribe(ByteView uri, const UnsubscribeOptions& options = {}, Token&& token = {}) {
        return ask(MessageType::unsubscribe_uri, uri, words_of(options.prefix, false),
                   terms_of(options), std::forward<Token>(token));
    }
    /// Sends a message of any type and waits for the answer with the same uri: RESPOND_URI after
    /// REQUEST_URI, OK or a confirmation after the others, RequestOptions::reply_type or what
    /// MessageTypes::set_answer() says of one's own types, or an error type (protocol.md §4).
    /// Several for one uri may be in flight: an answer matches by the id that the request carries,
    /// or in order where the peer does not give that back.
    template <class Token = boost::asio::use_awaitable_t<>>
    auto exchange(MessageType type, ByteView uri, ByteView content,
                  const RequestOptions& options = {}, Token&& token = {}) {
        RequestTerms terms = terms_of(options);
        terms.reply_type = options.reply_type;
        return ask(type, uri, content, std::move(terms), std::forward<Token>(token));
    }

protected:
    // Options with their own share of the plugins.
    struct RequestTerms {
        std::optional<std::chrono::milliseconds> timeout;
        Plugins inner;
        std::optional<Address> server;
        std::optional<MessageType> reply_type = std::nullopt;
        bool must_be_granted = false;  // what the content asks, as of subscribe()
    };

    Requester() = default;

private:
    template <class Options>
    static RequestTerms terms_of(const Options& options) {
        RequestTerms terms{
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
    auto ask(MessageType type, ByteView uri, ByteView content, RequestTerms terms, Token&& token) {
        auto message = OwnedMessage::make(type, uri, content);
        if constexpr (detail::awaits_by_default<Token>) {
            return answer_to(std::move(message), std::move(terms));
        } else {
            return initiate(token, std::move(message), std::move(terms));
        }
    }
    template <class Token>
    auto initiate(Token&& token, Result<OwnedMessage> message, RequestTerms terms) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, OwnedMessage)>(
            [this](auto handler, Result<OwnedMessage> made, RequestTerms asked) {
                start_request(std::move(made), std::move(asked),
                              detail::Completion<OwnedMessage>(std::move(handler)));
            },
            token, std::move(message), std::move(terms));
    }
    awaitable<OwnedMessage> answer_to(Result<OwnedMessage> message, RequestTerms terms);
    virtual void start_request(Result<OwnedMessage> message, RequestTerms terms,
                               detail::Completion<OwnedMessage> done) = 0;
};

}  // namespace netaio
