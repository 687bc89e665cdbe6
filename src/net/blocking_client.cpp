#include <netaio/blocking_client.hpp>
#include <stdexcept>

#include "blocking_impl.hpp"
#include "tcp_handler.hpp"

namespace netaio {
namespace {

template <class T>
T value_or_throw(Result<T> result) {
    if (!result) {
        throw boost::system::system_error(result.error());
    }
    return std::move(*result);
}

Address value_or_error(Result<Address> result, std::error_code& error) {
    error = result ? std::error_code() : result.error();
    return result ? *result : Address();
}

}  // namespace

BlockingClient::BlockingClient(TcpClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(options))) {}

BlockingClient::BlockingClient(std::string_view host, std::uint16_t port, TcpClientOptions options)
    : BlockingClient(std::move(options)) {
    connect(host, port);
}

BlockingClient::BlockingClient(std::string_view address, TcpClientOptions options)
    : BlockingClient(std::move(options)) {
    connect(address);
}

BlockingClient::~BlockingClient() {
    impl_->shut_down();
}

Address BlockingClient::connect(std::string_view host, std::uint16_t port) {
    return value_or_throw(impl_->connect(std::string(host), port));
}

Address BlockingClient::connect(std::string_view host, std::uint16_t port, std::error_code& error) {
    return value_or_error(impl_->connect(std::string(host), port), error);
}

Address BlockingClient::connect(const Address& server) {
    return connect(server.host(), server.port());
}

Address BlockingClient::connect(const Address& server, std::error_code& error) {
    return connect(server.host(), server.port(), error);
}

Address BlockingClient::connect(std::string_view address) {
    return connect(net::parsed_address(address));
}

Address BlockingClient::connect(std::string_view address, std::error_code& error) {
    return connect(net::parsed_address(address), error);
}

Address BlockingClient::reconnect() {
    return value_or_throw(impl_->reconnect());
}

Address BlockingClient::reconnect(std::error_code& error) {
    return value_or_error(impl_->reconnect(), error);
}

Result<OwnedMessage> BlockingClient::answered(Result<OwnedMessage>&& message,
                                              detail::RequestTerms&& terms) {
    return impl_->request(std::move(message), terms);
}

Result<OwnedMessage> BlockingClient::received(const ReceiveOptions& options) {
    return impl_->receive(options);
}

void BlockingClient::send(const Message& message, const SendOptions& options) {
    if (const auto error = impl_->send(message, options)) {
        throw boost::system::system_error(error);
    }
}

void BlockingClient::send(const Message& message, const SendOptions& options,
                          std::error_code& error) {
    error = impl_->send(message, options);
}

void BlockingClient::cancel() noexcept {
    impl_->cancel();
}

void BlockingClient::close() {
    impl_->close();
}

bool BlockingClient::connected() const noexcept {
    return impl_->connected();
}

std::optional<Address> BlockingClient::server() const {
    return impl_->server();
}

Counters BlockingClient::counters() const {
    return impl_->counters();
}

void BlockingClient::set_plugins(Plugins plugins) {
    impl_->node().set_outer(std::move(plugins));
}

void BlockingClient::keep_handler(Key key, HandlerOptions options, TcpHandler handler, bool once) {
    if (!handler.plain) {
        throw std::invalid_argument(
            "a BlockingClient has no loop to run coroutines, and answers nothing: register a plain "
            "handler, or use a TcpClient");
    }
    impl_->node().keep(key, net::tcp_route(std::move(handler), std::move(options)), once);
}

bool BlockingClient::drop_handler(const Key& key, bool once) {
    return impl_->node().router.drop(key, once);
}

core::Node& BlockingClient::core_node() const {
    return impl_->node();
}

void BlockingClient::with_peer_manager(std::function<void(core::PeerManager&)> work) {
    impl_->with_peer_manager(work);
}

}  // namespace netaio
