#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <netaio/completion.hpp>
#include <netaio/errc.hpp>

namespace netaio {

/// What start() gives, of servers and nodes alike. It was begun at once, and this is the error, if
/// any. It can also be awaited, with any completion token: an Asio operation of
/// `void(boost::system::error_code, std::uint16_t)`, which gives the port. That is how a UdpNode
/// begins that has no executor yet, on that of the coroutine; until then this is
/// Errc::unsupported.
class [[nodiscard]] Started : public std::error_code {
public:
    using Begin = std::function<void(detail::Completion<std::uint16_t>)>;

    /// It is so already; callbacks without an executor of their own are called on this one.
    Started(std::error_code error, std::uint16_t port, boost::asio::any_io_executor executor)
        : std::error_code(error), port_(port), executor_(std::move(executor)) {}
    /// It is begun when awaited.
    explicit Started(Begin begin)
        : std::error_code(make_error_code(Errc::unsupported)), begin_(std::move(begin)) {}

    template <
        boost::asio::completion_token_for<void(boost::system::error_code, std::uint16_t)> Token>
    auto operator()(Token&& token) const {
        return detail::initiate<std::uint16_t>(
            std::forward<Token>(token), [self = *this](auto done) { self.tell(std::move(done)); });
    }

private:
    void tell(detail::Completion<std::uint16_t> done) const;

    std::uint16_t port_ = 0;
    boost::asio::any_io_executor executor_ = {};
    Begin begin_ = {};
};

}  // namespace netaio
