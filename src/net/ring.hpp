#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "channel.hpp"

/// Receiving and sending through io_uring, where the system has it: what a turn of the loop sends,
/// and the wait for what comes next, is one system call. See linux/ and portable/.
namespace netaio::net {

/// Has the connections opened by the thread that runs the context use a ring. Before anything else
/// is made on the context. False where there is none.
bool use_ring(boost::asio::io_context& context);

/// Null when the calling thread's loop has no ring.
std::unique_ptr<Channel> open_ring_channel(boost::asio::ip::tcp::socket& socket);

}  // namespace netaio::net
