#include <netaio/tcp_client.hpp>
#include <stdexcept>

#include "client_impl.hpp"
#include "tcp_handler.hpp"

namespace netaio {

TcpClient::TcpClient(TcpClientOptions options)
    : impl_(std::make_shared<Impl>(boost::asio::any_io_executor(), std::move(options))) {}

TcpClient::TcpClient(boost::asio::any_io_executor executor, TcpClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}

TcpClient::~TcpClient() {
    impl_->shut_down();
}

void TcpClient::start_connect(std::string host, std::uint16_t port,
                              detail::Completion<Address> done) {
    impl_->connect(std::move(host), port, std::move(done));
}

void TcpClient::keep_connected(std::string_view host, std::uint16_t port, KeepOptions options) {
    keep_connected({ServerName{std::string(host), port}}, std::move(options));
}

void TcpClient::keep_connected(std::vector<ServerName> servers, KeepOptions options) {
    impl_->keep_connected(std::move(servers), std::move(options));
}

void TcpClient::keep_connected(const Address& server, KeepOptions options) {
    keep_connected(server.host(), server.port(), std::move(options));
}

bool TcpClient::stop_keeping() {
    return impl_->stop_keeping();
}

void TcpClient::start_request(Result<OwnedMessage> message, RequestTerms terms,
                              detail::Completion<OwnedMessage> done) {
    impl_->request(std::move(message), std::move(terms), std::move(done));
}

void TcpClient::start_receive(ReceiveOptions options, detail::Completion<OwnedMessage> done) {
    impl_->receive(std::move(options), std::move(done));
}

std::error_code TcpClient::send(const Message& message, SendOptions options,
                                const std::optional<Address>& server) {
    const auto stream = impl_->stream(server);
    return stream ? stream->send(message, options) : Errc::not_connected;
}

bool TcpClient::start_receive_loop(const std::optional<Address>& server) {
    return impl_->start_receive_loop(server);
}

bool TcpClient::stop_receive_loop(const std::optional<Address>& server) {
    return impl_->stop_receive_loop(server);
}

std::size_t TcpClient::stop_all_receive_loops() {
    return impl_->stop_all_receive_loops();
}

std::vector<Address> TcpClient::receive_loops() const {
    return impl_->receive_loops();
}

Address TcpClient::parsed(std::string_view address) {
    const auto read = Address::parse(address);
    if (!read) {
        throw std::invalid_argument("'" + std::string(address) +
                                    "' is no address; write it as 127.0.0.1:8888, [::1]:8888 or "
                                    "unix:/run/x.sock, or give the name of a host and a port");
    }
    return *read;
}

void TcpClient::keep_handler(Key key, HandlerOptions options, TcpHandler handler, bool once) {
    impl_->node().router.keep(key, net::tcp_route(std::move(handler), std::move(options)), once);
}

bool TcpClient::drop_handler(const Key& key, bool once) {
    return impl_->node().router.drop(key, once);
}

core::Node& TcpClient::core_node() const {
    return impl_->node();
}

void TcpClient::with_peer_manager(std::function<void(core::PeerManager&)> work) {
    impl_->with_peer_manager(std::move(work));
}

void TcpClient::set_auth_error_handler(
    std::function<std::optional<OwnedMessage>(const AuthPlugin&, const Message&)> handler) {
    impl_->node().on_auth_error = std::move(handler);
}

void TcpClient::set_timeout_handlers(std::function<void(const TimeoutContext&)> plain,
                                     std::function<awaitable<void>(TimeoutContext)> suspending) {
    impl_->on_timeout = std::move(plain);
    impl_->on_timeout_async = std::move(suspending);
}

void TcpClient::set_disconnect_handler(
    std::function<void(const Address&, std::error_code)> handler) {
    impl_->on_disconnect = std::move(handler);
}

void TcpClient::close(const std::optional<Address>& server) {
    impl_->close(server);
}

void TcpClient::close_all() {
    impl_->close_all();
}

std::optional<Address> TcpClient::default_server() const {
    return impl_->default_server();
}

void TcpClient::set_default_server(const Address& server) {
    impl_->set_default_server(server);
}

std::vector<Address> TcpClient::servers() const {
    return impl_->servers();
}

bool TcpClient::connected(const std::optional<Address>& server) const {
    const auto stream = impl_->stream(server);
    return stream && stream->open();
}

std::shared_ptr<Connection> TcpClient::connection(const std::optional<Address>& server) const {
    return impl_->stream(server);
}

Counters TcpClient::counters() const {
    return impl_->counters();
}

}  // namespace netaio
