#pragma once

#include <boost/asio/io_context.hpp>
#include <netaio/handler.hpp>

namespace netaio {

/// Runs a coroutine on an event loop of its own on the calling thread until it ends, and sends what
/// connections and nodes there still have to send. Throws what the coroutine throws. What else
/// lives on that loop ends with it: coroutines are destroyed where they wait, connections closed;
/// a TcpClient or UdpNode that is kept can be connected or started anew.
void run(awaitable<void> program);

/// Has the sockets netaio opens on a context receive and send through io_uring, as run() and what
/// runs on threads of its own do: fewer system calls for each message. One thread must run the
/// context, the same for as long as there are such sockets. Call it before anything else is made on
/// the context, else it throws std::logic_error. Returns false, and changes nothing, where there is
/// none: on other systems than Linux, and with NETAIO_IO_URING=off in the environment. Where the
/// kernel refuses it, or is older than 6.1, sockets wait in epoll instead.
bool use_io_uring(boost::asio::io_context& context);

}  // namespace netaio
