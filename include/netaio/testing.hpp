#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <netaio/tcp_client.hpp>
#include <netaio/tcp_server.hpp>
#include <netaio/timer.hpp>
#include <optional>
#include <stdexcept>
#include <type_traits>

namespace netaio {

/// A network within one thread, for tests of programs: its servers and clients have no sockets, run
/// only within run() and advance(), and see time pass only when the test says so. So a test takes
/// microseconds and ends the same way each time. There are no UDP nodes on it.
///
///     TestNetwork network;
///     TcpServer server(network.executor(), network.options(TcpServerOptions()));
///     add_handlers(server);
///     EXPECT_FALSE(server.start());
///     TcpClient client(network.executor(), network.options(TcpClientOptions()));
///     network.run(client.connect(network.address()));
///     EXPECT_EQ(network.run(client.request("something")).content(), "This is it.");
///
/// One at a time on a thread, which it belongs to; it must outlive what works on it. A server that
/// is destroyed keeps its place until the next run(). Time passes for 200 years at most. While it
/// lives, each netaio::Timer of that thread goes by its clock. Whatever else takes time, as sockets
/// and Asio's own timers do, takes the machine's and is not waited for.
class TestNetwork {
public:
    /// Throws std::logic_error where the thread has one already.
    TestNetwork();
    ~TestNetwork();
    TestNetwork(const TestNetwork&) = delete;
    TestNetwork& operator=(const TestNetwork&) = delete;

    /// What its servers and clients are to work on.
    boost::asio::any_io_executor executor() const;
    /// The clock, beside randomness as usual and no log.
    const Environment& environment() const noexcept;
    /// Where a server listens: `memory:NAME`.
    static Address address(std::string_view name = "server");
    /// The options of a server that listens there, and nowhere else, and has the network's clock.
    TcpServerOptions options(TcpServerOptions options, std::string_view name = "server") const;
    /// The options of a client that has the network's clock.
    TcpClientOptions options(TcpClientOptions options) const;

    /// Does all there is to do now.
    void run();
    /// Has so much time pass, and does what becomes due at its time, and what there is to do then.
    void advance(std::chrono::nanoseconds time);
    /// Runs a coroutine to its end and gives what it returns, or throws what it throws. Where it
    /// waits and nothing else is to do, time passes, as far as `patience`; beyond it throws
    /// std::logic_error, and the coroutine stays where it is.
    template <class T>
    T run(awaitable<T> coroutine, std::chrono::nanoseconds patience = std::chrono::nanoseconds(0));

private:
    // Until that is so; whether it became so in time.
    bool run_until(const bool& done, std::chrono::nanoseconds patience);

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

template <class T>
T TestNetwork::run(awaitable<T> coroutine, std::chrono::nanoseconds patience) {
    struct End {
        bool come = false;
        std::exception_ptr failure = nullptr;
        std::conditional_t<std::is_void_v<T>, bool, std::optional<T>> value = {};
    };
    const auto end = std::make_shared<End>();
    boost::asio::co_spawn(executor(), std::move(coroutine),
                          [end](const std::exception_ptr& failure, auto... value) {
                              end->come = true;
                              end->failure = failure;
                              ((end->value = std::move(value)), ...);
                          });
    if (!run_until(end->come, patience)) {
        throw std::logic_error(
            "the coroutine waits for what does not come: let more time pass, have it wait by "
            "netaio::Timer rather than Asio's own timers, or look at whom it waits for");
    }
    if (end->failure) {
        std::rethrow_exception(end->failure);
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*end->value);
    }
}

}  // namespace netaio
