#pragma once

#include <boost/asio/use_awaitable.hpp>
#include <netaio/requester.hpp>

namespace netaio {

/// A Requester whose requests may name whom they ask in front of all else, beside in their options:
/// what nodes are, which have no server of their own.
class AddressedRequester : public Requester {
public:
    using Requester::create;
    using Requester::exchange;
    using Requester::remove;
    using Requester::request;
    using Requester::update;

    /// The same with whom to ask in front; options that say it too throw std::invalid_argument.
    template <class Token = boost::asio::use_awaitable_t<>>
    auto request(const Address& to, ByteView uri, const RequestOptions& options = {},
                 Token&& token = {}) {
        return Requester::request(uri, asking(to, options), std::forward<Token>(token));
    }
    template <std::convertible_to<ByteView> Content, class Token = boost::asio::use_awaitable_t<>>
    auto request(const Address& to, ByteView uri, const Content& content,
                 const RequestOptions& options = {}, Token&& token = {}) {
        return Requester::request(uri, content, asking(to, options), std::forward<Token>(token));
    }
    template <class Token = boost::asio::use_awaitable_t<>>
    auto create(const Address& to, ByteView uri, ByteView content,
                const RequestOptions& options = {}, Token&& token = {}) {
        return Requester::create(uri, content, asking(to, options), std::forward<Token>(token));
    }
    template <class Token = boost::asio::use_awaitable_t<>>
    auto update(const Address& to, ByteView uri, ByteView content,
                const RequestOptions& options = {}, Token&& token = {}) {
        return Requester::update(uri, content, asking(to, options), std::forward<Token>(token));
    }
    template <class Token = boost::asio::use_awaitable_t<>>
    auto remove(const Address& to, ByteView uri, const RequestOptions& options = {},
                Token&& token = {}) {
        return Requester::remove(uri, asking(to, options), std::forward<Token>(token));
    }
    template <class Token = boost::asio::use_awaitable_t<>>
    auto exchange(const Address& to, MessageType type, ByteView uri, ByteView content,
                  const RequestOptions& options = {}, Token&& token = {}) {
        return Requester::exchange(type, uri, content, asking(to, options),
                                   std::forward<Token>(token));
    }
    template <class Token = boost::asio::use_awaitable_t<>>
    auto exchange(const Address& to, OwnedMessage message, const RequestOptions& options = {},
                  Token&& token = {}) {
        return Requester::exchange(std::move(message), asking(to, options),
                                   std::forward<Token>(token));
    }

protected:
    AddressedRequester() = default;

private:
    static RequestOptions asking(const Address& server, RequestOptions options);
};

}  // namespace netaio
