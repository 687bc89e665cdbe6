#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <string>
#include <vector>

namespace netaio {
class BlockingClient;
}  // namespace netaio

namespace netaio::app {

/// What a signal does to the process while no Signals is there: SIGINT, SIGTERM, SIGHUP and SIGXCPU
/// end it at once with 8, SIGPIPE and SIGXFSZ become errors of a write, others do nothing.
void end_at_once_on_signals() noexcept;

/// Who takes signals.
enum class SignalsOf {
    /// Ends on SIGINT, SIGTERM and SIGXCPU, in its own time; says its counters on SIGUSR1, and
    /// reads files again on SIGHUP.
    service,
    /// Ends on SIGHUP too, and by force with 8 after a second, as it may wait to write.
    command,
};

/// Signals as an event loop takes them. A second one to end does that at once, with 8, whatever the
/// process is doing. There is one at a time.
class Signals {
public:
    /// Takes them over; they wait until wait().
    Signals(const boost::asio::any_io_executor& executor, SignalsOf whose);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Has `end` called on the loop, and `counters` asked.
    void wait(std::function<void()> end, std::function<std::string()> counters = {});
    /// Has this called on the loop on each SIGHUP, in the order they were added.
    void on_hangup(std::function<void()> reload) { reloads_.push_back(std::move(reload)); }

private:
    void catch_signal(int signal);
    void next();
    void take(int signal);

    boost::asio::signal_set set_;
    std::function<void()> end_;
    std::function<std::string()> counters_;
    std::vector<std::function<void()>> reloads_;
};

/// Signals as a client without a loop takes them: the first that ends a command cancels its call,
/// by force with 8 after two seconds; a second one ends it at once. There is one at a time.
class CancelsOnSignals {
public:
    /// The client must outlive it.
    explicit CancelsOnSignals(BlockingClient& client);
    ~CancelsOnSignals();
    CancelsOnSignals(const CancelsOnSignals&) = delete;
    CancelsOnSignals& operator=(const CancelsOnSignals&) = delete;

    /// Whether there was one.
    bool told() const noexcept;
};

}  // namespace netaio::app
