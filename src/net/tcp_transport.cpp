#include <netinet/tcp.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include "channel.hpp"
#include "endpoint.hpp"
#include "reach.hpp"
#include "socket_listener.hpp"

namespace netaio::net {
namespace {

using boost::asio::ip::tcp;

// How the system finds out that a peer has vanished.
struct KeepAlive {
    std::chrono::milliseconds within;
    bool while_sending;
};

// Who may take nothing for longer is not to be cut off by the system.
template <class Options>
KeepAlive keep_alive_of(const Options& options) {
    const auto within = options.keepalive_timeout;
    return {within, options.send_timeout <= within};
}

Address local_of(int socket) {
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    auto* const at = reinterpret_cast<sockaddr*>(&name);
    return ::getsockname(socket, at, &size) == 0 ? from_sockaddr(at).value_or(Address())
                                                 : Address();
}

Connected connected_tcp(StreamSocket socket, Address remote, const KeepAlive& keep) {
    core::Ends ends{std::move(remote), local_of(socket.native_handle())};
    return {std::move(ends), [socket = std::move(socket), keep]() mutable {
                boost::system::error_code gone;  // which is met when it is read
                socket.set_option(tcp::no_delay(true), gone);
                keep_alive(socket.native_handle(), keep.within, keep.while_sending);
                return open_channel(std::move(socket));
            }};
}

class TcpListener final : public SocketListener {
public:
    TcpListener(StreamAcceptor socket, const Address& at, const KeepAlive& keep)
        : SocketListener(std::move(socket), at), keep_(keep) {}

private:
    Result<Connected> accepted(StreamSocket socket) override {
        boost::system::error_code gone;
        const auto from = socket.remote_endpoint(gone);
        if (gone) {
            return make_error_code(std::errc::connection_aborted);
        }
        return connected_tcp(std::move(socket), to_address(from), keep_);
    }

    const KeepAlive keep_;
};

Result<std::shared_ptr<Listener>> listen_tcp(const boost::asio::any_io_executor& executor,
                                             const Address& address,
                                             const TcpServerOptions& options) {
    StreamAcceptor acceptor(executor);
    boost::system::error_code error;
    const auto endpoint = to_stream_endpoint(address);
    open_socket(acceptor, endpoint.protocol(), error);
    if (!error) {
        acceptor.set_option(StreamAcceptor::reuse_address(true), error);
    }
    if (!error && address.is_v6()) {
        acceptor.set_option(boost::asio::ip::v6_only(!options.dual_stack), error);
    }
    if (!error) {
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
    }
    if (!error) {
        acceptor.non_blocking(true, error);
    }
    const Address at = error ? Address() : to_address(acceptor.local_endpoint(error));
    if (error) {
        return std::error_code(error);
    }
    return std::shared_ptr<Listener>(
        std::make_shared<TcpListener>(std::move(acceptor), at, keep_alive_of(options)));
}

boost::asio::awaitable<ConnectResult> connect_tcp(std::string host, std::uint16_t port,
                                                  TcpClientOptions options) {
    Reached reached = co_await reach(std::move(host), port, options.connect_timeout);
    if (reached.error) {
        co_return ConnectResult{reached.error};
    }
    co_return ConnectResult{
        {}, connected_tcp(std::move(*reached.socket), reached.server, keep_alive_of(options))};
}

Result<Dialled> dial_tcp(const std::string& host, std::uint16_t port,
                         const TcpClientOptions& options) {
    auto reached = reach_blocking(host, port, options.connect_timeout);
    if (!reached) {
        return reached.error();
    }
    const int socket = reached->socket.get();
    const KeepAlive keep = keep_alive_of(options);
    const int on = 1;
    static_cast<void>(::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    keep_alive(socket, keep.within, keep.while_sending);
    return Dialled{{reached->server, local_of(socket)},
                   std::make_unique<BlockingCarrier>(std::move(reached->socket))};
}

}  // namespace

const Transport tcp_transport{"", listen_tcp, connect_tcp, dial_tcp};

}  // namespace netaio::net
