#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include "channel.hpp"
#include "endpoint.hpp"
#include "reach.hpp"
#include "socket_listener.hpp"

namespace netaio::net {
namespace {

using boost::asio::ip::tcp;

// What is watched of a connection.
struct Watch {
    std::chrono::milliseconds keepalive_timeout;
    std::chrono::milliseconds send_timeout;
};

template <class Options>
Watch watch_of(const Options& options) {
    return {options.keepalive_timeout, options.send_timeout};
}

Address local_of(const StreamSocket& socket) {
    boost::system::error_code gone;
    const auto endpoint = socket.local_endpoint(gone);
    return gone ? Address() : to_address(endpoint);
}

Connected connected(StreamSocket socket, Address remote, const Watch& watch) {
    core::Ends ends{std::move(remote), local_of(socket)};
    return {
        std::move(ends),
        [socket = std::move(socket), watch]() mutable -> Result<std::unique_ptr<core::Carrier>> {
            boost::system::error_code error;
            socket.set_option(tcp::no_delay(true), error);
            if (error) {
                return std::error_code(error);
            }
            const auto [alive, sent] = watch;
            keep_alive(socket, alive, sent.count() > 0 && sent <= alive);
            return open_channel(std::move(socket));
        }};
}

class TcpListener final : public SocketListener {
public:
    TcpListener(StreamAcceptor socket, const Watch& watch)
        : SocketListener(std::move(socket), to_address(socket.local_endpoint())), watch_(watch) {}

private:
    Result<Connected> accepted(StreamSocket socket) override {
        boost::system::error_code gone;
        const auto from = socket.remote_endpoint(gone);
        if (gone) {
            return make_error_code(std::errc::connection_aborted);
        }
        return connected(std::move(socket), to_address(from), watch_);
    }

    const Watch watch_;
};

Result<std::shared_ptr<Listener>> listen(const boost::asio::any_io_executor& executor,
                                         const Address& address, const TcpServerOptions& options) {
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
    if (error) {
        return std::error_code(error);
    }
    return std::shared_ptr<Listener>(
        std::make_shared<TcpListener>(std::move(acceptor), watch_of(options)));
}

boost::asio::awaitable<Attempt> connect(std::string host, std::uint16_t port,
                                        TcpClientOptions options) {
    Reached reached = co_await reach(std::move(host), port, options.connect_timeout);
    if (reached.error) {
        co_return Attempt{reached.error};
    }
    co_return Attempt{{}, connected(std::move(*reached.socket), reached.server, watch_of(options))};
}

}  // namespace

const Transport tcp_transport{"", listen, connect};

}  // namespace netaio::net
