#include "introduction.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

namespace netaio::app {

PeerManagementOptions peer_management(const Protection& protection) {
    return {.plugins = {.auth = protection.inner.auth}};
}

Introduction::Introduction(TcpClient& client, const Protection& protection) : client_(client) {
    client_.set_peer_callbacks({.joined = [this](const Peer&) { end({}); }});
    client_.manage_peers(peer_management(protection));
}

awaitable<std::error_code> Introduction::wait(const Address& server,
                                              std::chrono::milliseconds timeout) {
    if (client_.peer_at(server)) co_return std::error_code();
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, timeout);
    waiting_ = &timer;
    error_ = Errc::timeout;
    client_.set_disconnect_handler([this](const Address&, std::error_code why) { end(why); });
    // A server that does not believe the introduction says so; it cannot prove that it is it.
    client_.set_auth_error_handler([this](const AuthPlugin&, const Message&) {
        end(Errc::auth_failed_unverified);
        return std::optional<OwnedMessage>();
    });
    client_.on(MessageType::auth_error,
               [this](const Message&) { end(Errc::auth_failed_unverified); });

    boost::system::error_code cancelled;
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    waiting_ = nullptr;
    client_.set_disconnect_handler({});
    client_.set_auth_error_handler({});
    client_.remove_handler(MessageType::auth_error);
    co_return error_;
}

void Introduction::end(std::error_code error) {
    if (!waiting_) return;
    error_ = error;
    waiting_->cancel();
}

}  // namespace netaio::app
