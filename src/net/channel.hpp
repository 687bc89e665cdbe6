#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <netaio/bytes.hpp>
#include <optional>
#include <span>
#include <string>

#include "input.hpp"

namespace netaio::net {

/// Is told, on the socket's executor, what a channel waited for.
class ChannelListener : public InputListener {
public:
    /// Bytes came, to be changed in place and gone after the call, or an error did. `more` says to
    /// read() as well. Returns whether to receive on: if not, read() begins that again, but what is
    /// on its way already still comes.
    virtual bool received(std::span<char> bytes, bool more, boost::system::error_code error) = 0;
    /// Bytes that write() took are not sent, as the receiver is slow.
    virtual void output_blocked() = 0;
    /// The receiver takes bytes again; with an error, never.
    virtual void output_ready(boost::system::error_code error) = 0;
};

/// How a stream's bytes come and go over its socket. It holds no buffer while it waits.
class Channel {
public:
    virtual ~Channel() = default;

    /// Says who is told of what is waited for. Once, before anything else.
    virtual void start(std::weak_ptr<ChannelListener> listener) = 0;
    /// Reads what has come, as much as the buffers hold; nothing while something received is on its
    /// way to the listener. `more` says to read again; if not, the listener is told when there is
    /// something, or gets it. Passes on to told_of_input() what
    /// input_came() says.
    virtual std::size_t read(std::span<const boost::asio::mutable_buffer> buffers, bool& more,
                             boost::system::error_code& error) = 0;
    /// Takes as many bytes as the system does. That it takes no more is no error.
    virtual std::size_t write(ByteView bytes, boost::system::error_code& error) = 0;
    /// Has the listener told, once, when write() takes bytes again.
    virtual void wait_writable() = 0;
    /// Gives the system what write() kept, and brings unsent() up to date.
    virtual void settle(boost::system::error_code&) {}
    /// For who does not read: whether there is nothing to read but the end, or an error that is the
    /// end. If nothing at all, the listener is told of what comes, or gets it.
    virtual bool at_end(boost::system::error_code& error) = 0;
    /// How many bytes write() took that the system does not take yet.
    std::size_t unsent() const noexcept { return unsent_.size(); }
    /// Ends the connection; the listener hears no more. Only unsent() may be called from then on,
    /// and nothing of the socket's context is kept.
    virtual void close() = 0;

    void told_of_input() noexcept { waiting_ = false; }

protected:
    bool waiting_ = false;
    std::string unsent_;
};

/// The channel that is the fastest for this socket, of a connection on the calling thread's loop.
std::unique_ptr<Channel> open_channel(boost::asio::ip::tcp::socket socket);

/// Writes as much as the system takes at once.
std::size_t write_now(boost::asio::ip::tcp::socket& socket, ByteView bytes,
                      boost::system::error_code& error);
/// Whether nothing is left to read, ever. With would_block() when only nothing came yet.
bool ended_now(boost::asio::ip::tcp::socket& socket, boost::system::error_code& error);
/// Shuts both directions down and closes.
void shut(std::optional<boost::asio::ip::tcp::socket>& socket);

}  // namespace netaio::net
