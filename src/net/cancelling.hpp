#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>
#include <memory>

namespace netaio::net {

/// How to cancel a coroutine that co_spawn bound to the signal.
struct Cancelling {
    boost::asio::cancellation_signal signal = {};
    bool over = false;  // it has ended, so that nothing may be cancelled any more
};

/// Cancels the coroutine on its own executor: from elsewhere Asio would post a bare pointer into
/// the signal, which may end before that is run. `owner` keeps the signal.
template <class Owner>
void cancel_on(const boost::asio::any_io_executor& executor, std::shared_ptr<Owner> owner,
               Cancelling& cancelling) {
    boost::asio::dispatch(executor, [owner = std::move(owner), &cancelling] {
        if (!cancelling.over) {
            cancelling.signal.emit(boost::asio::cancellation_type::terminal);
        }
    });
}

}  // namespace netaio::net
