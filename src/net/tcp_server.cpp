#include <netaio/tcp_server.hpp>

#include "server_impl.hpp"
#include "tcp_handler.hpp"

namespace netaio {
TcpServer::TcpServer(TcpServerOptions options)
    : impl_(std::make_shared<Impl>(std::move(options), boost::asio::any_io_executor())) {}

TcpServer::TcpServer(boost::asio::any_io_executor executor, TcpServerOptions options)
    : impl_(std::make_shared<Impl>(std::move(options), std::move(executor))) {
    impl_->settle_in();
}

TcpServer::~TcpServer() {
    impl_->shut_down();
}

void TcpServer::keep_handler(Key key, HandlerOptions options, TcpHandler handler, bool once) {
    impl_->node().keep(key, net::tcp_route(std::move(handler), std::move(options)), once);
}

bool TcpServer::drop_handler(const Key& key, bool once) {
    return impl_->node().router.drop(key, once);
}

core::Node& TcpServer::core_node() const {
    return impl_->node();
}

void TcpServer::with_peer_manager(std::function<void(core::PeerManager&)> work) {
    impl_->with_peer_manager(std::move(work));
}

void TcpServer::set_plugins(Plugins plugins) {
    impl_->set_plugins(std::move(plugins));
}

void TcpServer::set_default_handler(TcpHandler handler) {
    impl_->require_not_started("set the default handler");
    impl_->node().default_route = net::tcp_route(std::move(handler), {});
}

void TcpServer::set_auth_error_handler(
    std::function<std::optional<OwnedMessage>(const AuthPlugin&, const Message&)> handler) {
    impl_->require_not_started("set the auth-error handler");
    impl_->node().on_auth_error = std::move(handler);
}

std::error_code TcpServer::notify(ByteView key, const Message& message, SendOptions options) {
    return impl_->deliver(message, options, key.str());
}

std::error_code TcpServer::broadcast(const Message& message, SendOptions options) {
    return impl_->deliver(message, options);
}

std::error_code TcpServer::send(Connection& to, const Message& message, SendOptions options) {
    return to.send(message, options);
}

void TcpServer::set_connect_handler(std::function<bool(Connection&)> handler) {
    impl_->require_not_started("set the connect handler");
    impl_->on_connect = std::move(handler);
}

void TcpServer::set_disconnect_handler(std::function<void(Connection&, std::error_code)> handler) {
    impl_->require_not_started("set the disconnect handler");
    impl_->on_disconnect = std::move(handler);
}

void TcpServer::start_exchange(std::shared_ptr<Connection> with, OwnedMessage message,
                               detail::RequestTerms terms, detail::Completion<OwnedMessage> done) {
    impl_->exchange(static_cast<core::Stream&>(*with), std::move(message), std::move(terms),
                    std::move(done));
}

Started TcpServer::begin() {
    const auto impl = impl_;  // a log may destroy the server
    const auto error = impl->start();
    return {error, error ? std::uint16_t{0} : impl->port(), impl->lasting_executor()};
}

StopReport TcpServer::run() {
    return impl_->run();
}

void TcpServer::start_stop(std::chrono::milliseconds deadline,
                           detail::Completion<StopReport> done) {
    impl_->stop(deadline, std::move(done));
}

std::vector<Address> TcpServer::endpoints() const {
    return impl_->endpoints();
}

std::uint16_t TcpServer::port() const {
    return impl_->port();
}

Counters TcpServer::counters() const {
    return impl_->counters();
}

std::size_t TcpServer::connection_count() const {
    return impl_->connection_count();
}

std::size_t TcpServer::subscriber_count(ByteView key) const {
    return impl_->subscriber_count(key);
}

}  // namespace netaio
