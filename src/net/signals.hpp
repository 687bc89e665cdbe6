#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <netaio/completion.hpp>

/// SIGINT and SIGTERM, which are for whoever waits for the next one on an event loop, or else for
/// whoever runs it.
namespace netaio::net {

/// Gives the number of the next signal. Thread-safe.
void wait_for_signal(const boost::asio::any_io_executor& executor, detail::Completion<int> done);

/// For as long as it lives, calls a function on the executor at each signal that nobody waits for.
/// One at a time for each context.
class SignalWatch {
public:
    SignalWatch(boost::asio::any_io_executor executor, std::function<void()> take);
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

private:
    boost::asio::any_io_executor executor_;
};

}  // namespace netaio::net
