#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "channel.hpp"
#include "datagrams.hpp"

/// Receiving and sending through io_uring, where the system has it: what a turn of the loop sends,
/// and the wait for what comes next, is one system call. See linux/ and portable/.
namespace netaio::net {

/// Has the connections opened by the thread that runs the context use a ring. Before anything else
/// is made on the context, else it throws std::logic_error. False where there is none.
bool use_ring(boost::asio::io_context& context);

/// Sends what is still to be sent when the context was stopped. On the thread that ran it.
void send_rest(boost::asio::io_context& context);

/// Null when the calling thread's loop has no ring. It takes the socket over.
std::unique_ptr<Channel> open_ring_channel(StreamSocket& socket);

/// A UDP socket's way through a ring, one datagram at a time. Many at once go faster the other way,
/// which stays open.
class DatagramRing {
public:
    /// Is told, on the loop, of a datagram that was not sent. Must not send at once.
    using NotSent = std::function<void(ByteView bytes, const Address& to, std::error_code error)>;

    virtual ~DatagramRing() = default;
    /// Receives the next datagram; then the listener is told. One at a time.
    virtual void wait() = 0;
    /// The datagram that came, if that was so, valid until the next wait().
    virtual std::optional<Arrival> take(std::error_code& error) = 0;
    /// Sends a datagram that is routed at the end of the loop's turn. False when it can't.
    virtual bool send(const char* bytes, const Departure& departure) = 0;
    /// Sends what is to be sent now.
    virtual void settle() = 0;
    /// Calls the function when the socket takes output again.
    virtual void wait_writable(std::function<void()> then) = 0;
};

/// Null when the calling thread's loop has no ring. The socket must outlive it.
std::unique_ptr<DatagramRing> open_datagram_ring(UdpSocket& socket,
                                                 std::weak_ptr<InputListener> listener,
                                                 DatagramRing::NotSent not_sent);

}  // namespace netaio::net
