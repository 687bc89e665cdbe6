#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <netaio/awaitable.hpp>
#include <netaio/errc.hpp>
#include <optional>

namespace netaio {

/// How run() ends.
struct RunOptions {
    /// Whether SIGINT and SIGTERM end the program: it is cancelled, and what it waits for fails
    /// with Errc::cancelled. A second one ends it at once. Not while it waits in until_signal().
    bool handle_signals = true;
    /// How long it then may take, to clean up; beyond that it is destroyed where it waits. Zero
    /// does so at once, with `never` it is waited for.
    std::chrono::milliseconds grace = std::chrono::seconds(5);
};

/// Runs a coroutine on an event loop of its own on the calling thread until it ends, or a signal
/// ends it, and sends what connections and nodes there still have to send. What else lives on that
/// loop ends with it: coroutines are destroyed where they wait, connections closed; a TcpClient or
/// UdpNode that is kept can be connected or started anew.
///
///     int main() { return netaio::run(program()); }
///
/// Returns 0, also when a signal ended it. Throws what the coroutine throws, but for the
/// Errc::cancelled of one that a signal ended.
int run(awaitable<void> program, const RunOptions& options = {});

namespace detail {
template <class T>
awaitable<void> keep_value(awaitable<T> program, std::optional<T>& value) {
    value.emplace(co_await std::move(program));
}
}  // namespace detail

/// The same with a coroutine that returns something, which is returned; throws Error with
/// Errc::cancelled when a signal ended it before.
template <class T>
T run(awaitable<T> program, const RunOptions& options = {}) {
    std::optional<T> value;
    run(detail::keep_value(std::move(program), value), options);
    if (!value) {
        throw Error(make_error_code(Errc::cancelled));
    }
    return std::move(*value);
}

/// Has the sockets netaio opens on a context receive and send through io_uring, as run() and what
/// runs on threads of its own do: fewer system calls for each message. One thread must run the
/// context, the same for as long as there are such sockets. Call it before anything else is made on
/// the context, else it throws std::logic_error. Returns false, and changes nothing, where there is
/// none: on other systems than Linux, and with NETAIO_IO_URING=off in the environment. Where the
/// kernel refuses it, or is older than 6.1, sockets wait in epoll instead.
bool use_io_uring(boost::asio::io_context& context);

}  // namespace netaio
