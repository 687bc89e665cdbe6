#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>
#include <memory>

namespace netaio::net {

/// Cancels the coroutine that co_spawn bound to the signal, on the coroutine's own executor: from
/// elsewhere Asio would post a bare pointer into the signal, which may end before that is run.
/// `owner` keeps the signal.
template <class Owner>
void cancel_on(const boost::asio::any_io_executor& executor, std::shared_ptr<Owner> owner,
               boost::asio::cancellation_signal& signal) {
    boost::asio::dispatch(executor, [owner = std::move(owner), &signal] {
        signal.emit(boost::asio::cancellation_type::terminal);
    });
}

}  // namespace netaio::net
