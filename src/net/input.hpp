#pragma once

#include <memory>
#include <system_error>

#include "sockets.hpp"

/// Waiting for input without taking a buffer: what operating systems do differently. One folder
/// beside this file for each way: linux/, and portable/ for all others.
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
void wait_for_input(StreamSocket& socket, std::weak_ptr<InputListener> listener);
void wait_for_input(boost::asio::ip::udp::socket& socket, std::weak_ptr<InputListener> listener);

/// Whether an error only says that a socket is not ready.
inline bool would_block(const std::error_code& error) noexcept {
    return error == std::errc::resource_unavailable_try_again ||
           error == std::errc::operation_would_block;
}

}  // namespace netaio::net
