#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netaio/timer.hpp>
#include <netaio/wait.hpp>

#include "core/waiting.hpp"
#include "signals.hpp"

namespace netaio {

awaitable<void> sleep(std::chrono::milliseconds time) {
    Timer timer(co_await boost::asio::this_coro::executor, core::bounded(time));
    co_await timer.async_wait(boost::asio::use_awaitable);
}

awaitable<int> until_signal() {
    auto token = boost::asio::use_awaitable;
    const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
    co_return co_await boost::asio::async_initiate<boost::asio::use_awaitable_t<>,
                                                   void(boost::system::error_code, int)>(
        [executor](auto handler) {
            net::wait_for_signal(executor, detail::Completion<int>(std::move(handler)));
        },
        token);
}

}  // namespace netaio
