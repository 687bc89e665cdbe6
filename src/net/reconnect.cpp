#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <netaio/reconnect.hpp>
#include <netaio/timer.hpp>
#include <optional>
#include <set>

#include "core/waiting.hpp"

namespace netaio {
namespace {

using boost::asio::as_tuple;
using boost::asio::redirect_error;
using boost::asio::use_awaitable;
using std::chrono::milliseconds;

// What reconnections of one client share.
struct Reconnecting {
    ReconnectOptions options;
    std::shared_ptr<Random> random = Environment::secure_random();
    std::set<Address> running = {};
};

milliseconds with_jitter(milliseconds pause, Reconnecting& state) {
    constexpr std::uint32_t steps = 1'000'000;
    const double jitter = std::clamp(state.options.jitter, 0.0, 1.0);
    const double part = state.random->between(0, steps) / static_cast<double>(steps);
    return core::bounded(pause, 1.0 - jitter * part);
}

// However the coroutine ends, also with its context.
struct EndsReconnecting {
    std::shared_ptr<Reconnecting> state;
    Address server;
    ~EndsReconnecting() { state->running.erase(server); }
};

awaitable<std::error_code> attempt(TcpClient& client, Address server, milliseconds limit) {
    using namespace boost::asio::experimental::awaitable_operators;
    Timer timer(co_await boost::asio::this_coro::executor, core::bounded(limit));
    boost::system::error_code ignored;
    const auto first = co_await (client.reconnect(server, as_tuple(use_awaitable)) ||
                                 timer.async_wait(redirect_error(use_awaitable, ignored)));
    if (first.index() == 1) {
        co_return Errc::timeout;
    }
    co_return std::get<0>(std::get<0>(first));
}

// The client cancels this when it goes away, and must not be touched from then on.
awaitable<void> reconnect(TcpClient& client, std::shared_ptr<Reconnecting> state, Address server) {
    if (!state->running.insert(server).second) {
        co_return;
    }
    std::optional<EndsReconnecting> running(std::in_place, state, server);
    const ReconnectOptions& options = state->options;
    const bool looped = std::ranges::count(client.receive_loops(), server) > 0;
    client.close(server);
    Timer timer(co_await boost::asio::this_coro::executor);
    milliseconds pause = options.delay;
    std::error_code result = Errc::not_connected;
    for (unsigned tried = 0; tried < options.attempts; ++tried) {
        if (tried > 0) {
            timer.expires_after(with_jitter(pause, *state));
            co_await timer.async_wait(use_awaitable);
            pause = std::min(options.delay_max, core::bounded(pause, options.backoff));
        }
        result = co_await attempt(client, server, options.attempt_timeout);
        const auto state_now = co_await boost::asio::this_coro::cancellation_state;
        if (state_now.cancelled() != boost::asio::cancellation_type::none) {
            co_return;
        }
        if (!result) {
            break;
        }
    }
    if (!result && looped) {
        client.start_receive_loop(server);
    }
    running.reset();
    if (options.done) {
        options.done(server, result);
    }
}

}  // namespace

std::function<awaitable<void>(TimeoutContext)> auto_reconnect(TcpClient& client,
                                                              ReconnectOptions options) {
    core::require_time(options.attempt_timeout, "attempt_timeout");
    auto state = std::make_shared<Reconnecting>(Reconnecting{std::move(options)});
    return [&client, state](TimeoutContext context) {
        return reconnect(client, state, context.server);
    };
}

}  // namespace netaio
