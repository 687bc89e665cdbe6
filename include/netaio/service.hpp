#pragma once

#include <boost/asio/detached.hpp>
#include <chrono>
#include <cstddef>
#include <netaio/completion.hpp>
#include <netaio/started.hpp>
#include <type_traits>

namespace netaio {

/// What stop() found. Over UDP there are no connections, but handlers.
struct StopReport {
    std::size_t drained = 0;  ///< connections whose replies had all been taken; handlers that ended
    std::size_t cut_off = 0;  ///< those that were closed, or cancelled, with something outstanding
    std::size_t bytes_discarded = 0;  ///< bytes that were not taken in time
};

/// What servers and nodes share: they serve from a start until they are stopped. As thread-safe as
/// the class that derives from it.
class Service {
public:
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    /// Begins to listen and to serve, in the background. What it gives is an error, as of what
    /// could not be bound, and can be awaited, see Started. Throws std::logic_error when it runs
    /// already.
    Started start() { return begin(); }
    /// The same with a completion token of `void(boost::system::error_code, std::uint16_t)`, which
    /// is given the port.
    template <class Token>
    auto start(Token&& token) {
        return begin()(std::forward<Token>(token));
    }
    /// Starts, unless that was done, and waits until stop() or a signal ends it; gives what stop()
    /// reports. Throws Error when it can't start, std::logic_error when it works on an executor of
    /// yours.
    virtual StopReport run() = 0;

    /// Stops listening, lets what was begun be finished until the deadline (zero: at once), ends
    /// what then still waits with Errc::cancelled, and reports: `server.stop()`,
    /// `co_await server.stop(2s, use_awaitable)`, or a callback
    /// `void(boost::system::error_code, StopReport)`.
    template <class Token = boost::asio::detached_t>
    auto stop(std::chrono::milliseconds deadline = std::chrono::seconds(5), Token&& token = {}) {
        if constexpr (std::is_same_v<std::remove_cvref_t<Token>, boost::asio::detached_t>) {
            start_stop(deadline, {});
        } else {
            return detail::initiate<StopReport>(
                std::forward<Token>(token),
                [this, deadline](auto done) { start_stop(deadline, std::move(done)); });
        }
    }

protected:
    Service() = default;
    virtual ~Service() = default;

private:
    virtual Started begin() = 0;
    virtual void start_stop(std::chrono::milliseconds deadline,
                            detail::Completion<StopReport> done) = 0;
};

}  // namespace netaio
