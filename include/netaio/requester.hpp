#pragma once

#include <boost/asio/use_awaitable.hpp>
#include <netaio/awaitable.hpp>
#include <netaio/completion.hpp>
#include <netaio/message.hpp>
#include <netaio/request_verbs.hpp>

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
/// Errc::unsupported for an address that is a name, and in place of timeout why an answer that came
/// was not believed: auth_failed_unverified, auth_failed, decrypt_failed or a plugin's. As
/// thread-safe as the class that derives from it.
class Requester : public RequestVerbs<Requester, boost::asio::use_awaitable_t<>> {
public:
    Requester(const Requester&) = delete;
    Requester& operator=(const Requester&) = delete;
    virtual ~Requester() = default;

protected:
    using RequestTerms = detail::RequestTerms;

    Requester() = default;

private:
    friend RequestVerbs<Requester, boost::asio::use_awaitable_t<>>;

    template <class Token>
    auto perform(Result<OwnedMessage>&& message, RequestTerms&& terms, Token&& token) {
        if constexpr (detail::awaits_by_default<Token>) {
            return answer_to(std::move(message), std::move(terms));
        } else {
            return initiate(token, std::move(message), std::move(terms));
        }
    }
    template <class Token>
    auto initiate(Token&& token, Result<OwnedMessage> message, RequestTerms terms) {
        return detail::initiate<OwnedMessage>(
            std::forward<Token>(token),
            [this, message = std::move(message), terms = std::move(terms)](auto done) mutable {
                start_request(std::move(message), std::move(terms), std::move(done));
            });
    }
    awaitable<OwnedMessage> answer_to(Result<OwnedMessage> message, RequestTerms terms);
    virtual void start_request(Result<OwnedMessage> message, RequestTerms terms,
                               detail::Completion<OwnedMessage> done) = 0;
};

}  // namespace netaio
