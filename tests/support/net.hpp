#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <netaio/netaio.hpp>

#include "log_lines.hpp"

/// What tests with real sockets share.
namespace netaio::test {

using namespace std::chrono_literals;

inline constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);

/// Waits until a condition holds that another thread brings about. False after ten seconds.
bool eventually(const std::function<bool()>& condition);

/// Runs the context until a condition holds, ten seconds at most. Whether it does.
bool run_until(boost::asio::io_context& context, const std::function<bool()>& condition);

/// Options for a server on a free port of this machine.
TcpServerOptions local_options();

/// Options for a node of this machine alone, on a free port.
UdpNodeOptions local_node_options(std::string id);

/// A client in the raw: sends any bytes, and reads what comes.
class RawPeer {
public:
    explicit RawPeer(std::uint16_t port, int receive_buffer = 0);

    /// False when the connection is gone.
    bool send(ByteView bytes);
    void finish_sending();
    /// The next message; nothing when the connection ended or brought no frame in ten seconds.
    std::optional<OwnedMessage> receive();
    /// The bytes of the next frame, which may be sealed; nothing as above.
    std::optional<std::string> receive_frame();
    /// Whether the other end closes, within ten seconds; what it sends until then is skipped.
    bool closed_by_peer();
    void reset();

private:
    bool read_more();

    boost::asio::io_context context_;
    boost::asio::ip::tcp::socket socket_{context_};
    std::string input_;
};

std::string encoded(const Message& message);

/// Pauses a coroutine.
awaitable<void> pause(std::chrono::milliseconds time);

/// Waits for the condition to hold, 10 seconds at most; whether it does.
awaitable<bool> until(std::function<bool()> condition);

}  // namespace netaio::test
