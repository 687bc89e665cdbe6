#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <memory>
#include <span>

/// Waiting for input without taking a buffer, and reading it: what operating systems do
/// differently. One folder beside this file for each way: linux/, and portable/ for all others.
namespace netaio::net {

/// Is told when a socket has input.
class InputListener {
public:
    virtual ~InputListener() = default;
    /// Called on the socket's executor; with an error when the socket is closed.
    virtual void input_came(boost::system::error_code error) = 0;
};

/// Has the listener, if it still lives, called once when input comes from now on, and maybe already
/// for what is there. So call this first, then read until nothing is left. One wait at a time for
/// each socket.
void wait_for_input(boost::asio::ip::tcp::socket& socket, std::weak_ptr<InputListener> listener);
void wait_for_input(boost::asio::ip::udp::socket& socket, std::weak_ptr<InputListener> listener);

/// Has read_input() know better whether there is more. Once for each socket.
void prepare_input(boost::asio::ip::tcp::socket& socket);
/// Reads what has come, as much as the buffers hold. `more` says whether to read again before
/// waiting: bytes are left, or the peer's end of the stream, for which no further wait would end.
std::size_t read_input(boost::asio::ip::tcp::socket& socket,
                       std::span<const boost::asio::mutable_buffer> buffers, bool& more,
                       boost::system::error_code& error);

}  // namespace netaio::net
