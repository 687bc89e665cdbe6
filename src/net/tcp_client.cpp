#include <netaio/tcp_client.hpp>

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

TcpClient::Impl& TcpClient::impl() const {
    impl_->expect_own_thread();
    return *impl_;
}

void TcpClient::start_connect(std::string host, std::uint16_t port,
                              detail::Completion<Address> done) {
    impl().connect(std::move(host), port, std::move(done));
}

void TcpClient::keep_connected(std::string_view host, std::uint16_t port, KeepOptions options) {
    keep_connected({ServerName{std::string(host), port}}, std::move(options));
}

void TcpClient::keep_connected(std::vector<ServerName> servers, KeepOptions options) {
    impl().keep_connected(std::move(servers), std::move(options));
}

void TcpClient::keep_connected(const Address& server, KeepOptions options) {
    keep_connected(server.host(), server.port(), std::move(options));
}

bool TcpClient::stop_keeping() {
    return impl().stop_keeping();
}

awaitable<Address> TcpClient::connection_to(std::string host, std::uint16_t port) {
    return initiate_connect(boost::asio::use_awaitable, std::move(host), port);
}

awaitable<OwnedMessage> TcpClient::next_message(const ReceiveOptions& options) {
    return initiate_receive(boost::asio::use_awaitable, options);
}

void TcpClient::start_request(Result<OwnedMessage> message, RequestTerms terms,
                              detail::Completion<OwnedMessage> done) {
    impl().request(std::move(message), std::move(terms), std::move(done));
}

void TcpClient::start_receive(ReceiveOptions options, detail::Completion<OwnedMessage> done) {
    impl().receive(std::move(options), std::move(done));
}

std::error_code TcpClient::send(const Message& message, SendOptions options,
                                const std::optional<Address>& server) {
    const auto stream = impl().stream(server);
    return stream ? stream->send(message, options) : Errc::not_connected;
}

bool TcpClient::start_receive_loop(const std::optional<Address>& server) {
    return impl().start_receive_loop(server);
}

bool TcpClient::stop_receive_loop(const std::optional<Address>& server) {
    return impl().stop_receive_loop(server);
}

std::size_t TcpClient::stop_all_receive_loops() {
    return impl().stop_all_receive_loops();
}

std::vector<Address> TcpClient::receive_loops() const {
    return impl().receive_loops();
}

Address TcpClient::parsed(std::string_view address) {
    return net::parsed_address(address);
}

void TcpClient::keep_handler(Key key, HandlerOptions options, TcpHandler handler, bool once) {
    impl_->node().keep(key, net::tcp_route(std::move(handler), std::move(options)), once);
}

bool TcpClient::drop_handler(const Key& key, bool once) {
    return impl_->node().router.drop(key, once);
}

core::Node& TcpClient::core_node() const {
    return impl_->node();
}

void TcpClient::with_peer_manager(std::function<void(core::PeerManager&)> work) {
    impl().with_peer_manager(std::move(work));
}

void TcpClient::set_plugins(Plugins plugins) {
    impl_->node().set_outer(std::move(plugins));
}

void TcpClient::set_rules(std::shared_ptr<const AccessRules> rules) {
    impl_->node().set_rules(std::move(rules));
}

void TcpClient::set_auth_error_handler(
    std::function<std::optional<OwnedMessage>(const AuthPlugin&, const Message&)> handler) {
    impl().node().on_auth_error = std::move(handler);
}

void TcpClient::set_timeout_handlers(std::function<void(const TimeoutContext&)> plain,
                                     std::function<awaitable<void>(TimeoutContext)> suspending) {
    impl().on_timeout = std::move(plain);
    impl().on_timeout_async = std::move(suspending);
}

void TcpClient::set_disconnect_handler(
    std::function<void(const Address&, std::error_code)> handler) {
    impl().on_disconnect = std::move(handler);
}

void TcpClient::close(const std::optional<Address>& server) {
    impl().close(server);
}

void TcpClient::close_all() {
    impl().close_all();
}

std::optional<Address> TcpClient::default_server() const {
    return impl().default_server();
}

void TcpClient::set_default_server(const Address& server) {
    impl().set_default_server(server);
}

std::vector<Address> TcpClient::servers() const {
    return impl().servers();
}

bool TcpClient::connected(const std::optional<Address>& server) const {
    const auto stream = impl().stream(server);
    return stream && stream->open();
}

std::shared_ptr<Connection> TcpClient::connection(const std::optional<Address>& server) const {
    return impl().stream(server);
}

Counters TcpClient::counters() const {
    return impl_->counters();
}

}  // namespace netaio
