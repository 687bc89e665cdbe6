#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <netaio/tcp_client.hpp>
#include <netaio/tcp_server.hpp>

#include "blocking_carrier.hpp"
#include "core/stream.hpp"
#include "core/unique_function.hpp"

namespace netaio::net {

/// A connection that was made, at either end.
struct Connected {
    core::Ends ends;
    /// Gives what carries its bytes. To be called once, on the thread of the loop that is to serve
    /// it.
    core::UniqueFunction<Result<std::unique_ptr<core::Carrier>>()> open;
};

/// What connections come from. Belongs to its executor's thread.
class Listener {
public:
    virtual ~Listener() = default;

    /// Where it listens, with what the system picked.
    virtual const Address& address() const noexcept = 0;
    /// Says who is called when connections wait. Once, before wait().
    void when_ready(std::function<void()> ready) { ready_ = std::move(ready); }
    /// Has that called once from now on, also for one that waits already, maybe although none does.
    /// Takes no memory; not after close().
    virtual void wait() = 0;
    /// Takes a connection that waits, to be served on an executor, which is where it is opened;
    /// would_block() says that none does. Errors such as std::errc::connection_aborted are about
    /// that connection; others, as for want of descriptors, have the server pause.
    virtual Result<Connected> accept(const boost::asio::any_io_executor& executor) = 0;
    virtual void close() noexcept = 0;
    virtual bool is_open() const noexcept = 0;

protected:
    void ready() const { ready_(); }

private:
    std::function<void()> ready_;
};

/// The connection that was made to a server, or why there is none. A Result, but that a coroutine's
/// has to be there before it is known.
struct ConnectResult {
    std::error_code error = {};
    Connected connection = {};
};

/// A connection that the calling thread made, and will wait for.
struct Dialled {
    core::Ends ends;
    std::unique_ptr<BlockingCarrier> carrier;
};

/// A way to listen and to connect, given up after connect_timeout. The other options are read by
/// the transports that they concern.
struct Transport {
    std::string_view scheme;  ///< of its addresses; none for IP addresses
    Result<std::shared_ptr<Listener>> (*listen)(const boost::asio::any_io_executor& executor,
                                                const Address& address,
                                                const TcpServerOptions& options);
    /// To a host and port, or to a name of the scheme. The executor must run on one thread or be a
    /// strand.
    boost::asio::awaitable<ConnectResult> (*connect)(std::string host, std::uint16_t port,
                                                     TcpClientOptions options);
    /// The same for who has no loop, and waits; null where that cannot be.
    Result<Dialled> (*dial)(const std::string& host, std::uint16_t port,
                            const TcpClientOptions& options);
};

extern const Transport tcp_transport;
extern const Transport unix_transport;
extern const Transport memory_transport;

/// An address for an end that has none of its own: the place it connected to, with a number.
Address numbered(const Address& place);

/// What a user wrote as an address. Throws std::invalid_argument where that is none.
Address parsed_address(std::string_view text);

/// What connect() is given as a key of the server is kept by: `server:8888`, `[::1]:8888`,
/// `unix:/run/x.sock`.
std::string server_name(const std::string& host, std::uint16_t port);

/// The transport of an address, or of what connect() is given; null when there is none.
const Transport* transport_of(const Address& address);
const Transport* transport_of(std::string_view host);

}  // namespace netaio::net
