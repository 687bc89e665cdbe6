#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <memory>

namespace netaio::net {

/// Cancels the coroutine that co_spawn bound to the signal, on the coroutine's own executor: from
/// elsewhere Asio would post a bare pointer into the signal, which may end before that is run.
inline void cancel_on(const boost::asio::any_io_executor& executor,
                      std::shared_ptr<boost::asio::cancellation_signal> signal) {
    boost::asio::dispatch(executor, [signal = std::move(signal)] {
        signal->emit(boost::asio::cancellation_type::terminal);
    });
}

/// The same for a signal that is a member of what `owner` keeps.
template <class Owner>
void cancel_on(const boost::asio::any_io_executor& executor, const std::shared_ptr<Owner>& owner) {
    cancel_on(executor, std::shared_ptr<boost::asio::cancellation_signal>(owner, &owner->cancel));
}

/// A user's coroutine handler that can be cancelled, although not before it suspends: one that ends
/// without that would end by what Asio then throws out of its event loop.
struct Cancellable {
    boost::asio::cancellation_signal cancel = {};
    bool starting = true;
    bool cancelled = false;
};

template <class Handler>
void cancel_handler(const boost::asio::any_io_executor& executor,
                    const std::shared_ptr<Handler>& handler) {
    handler->cancelled = true;
    if (!handler->starting) {
        cancel_on(executor, handler);
    }
}

/// After co_spawn.
template <class Handler>
void has_started(const boost::asio::any_io_executor& executor,
                 const std::shared_ptr<Handler>& handler) {
    handler->starting = false;
    if (handler->cancelled) {
        cancel_on(executor, handler);
    }
}

/// Whether the handler ended as it was cancelled, which is no fault of it.
inline bool ended_cancelled(const Cancellable& handler, const std::exception_ptr& failure) {
    if (!handler.cancelled || !failure) {
        return false;
    }
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& thrown) {
        return thrown.code() == boost::asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

}  // namespace netaio::net
