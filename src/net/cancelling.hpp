#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>
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

}  // namespace netaio::net
