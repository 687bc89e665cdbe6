#include "handler_run.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "cancelling.hpp"

namespace netaio::net {
namespace {

bool says_cancelled(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& thrown) {
        return thrown.code() == boost::asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

}  // namespace

void HandlerRun::start(awaitable<Reply> handler, Ended ended) {
    boost::asio::co_spawn(executor_, std::move(handler),
                          boost::asio::bind_cancellation_slot(
                              signal_.slot(), [self = shared_from_this(), ended = std::move(ended)](
                                                  std::exception_ptr failure, Reply reply) mutable {
                                  if (failure && self->cancelled_ && says_cancelled(failure)) {
                                      failure = nullptr;
                                  }
                                  ended(std::move(reply), failure);
                              }));
    starting_ = false;
    if (cancelled_) {
        cancel();
    }
}

void HandlerRun::cancel() {
    cancelled_ = true;
    if (!starting_) {
        cancel_on(executor_, shared_from_this(), signal_);
    }
}

}  // namespace netaio::net
