#include "handler_run.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <new>

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

// Tells of the end, also of a coroutine that ends without a word: one whose next wait cannot be
// begun, for want of memory, is destroyed by what that throws.
class HandlerRun::Ending {
public:
    Ending(std::shared_ptr<HandlerRun> run, Ended ended)
        : run_(std::move(run)), ended_(std::move(ended)) {}
    Ending(Ending&&) = default;
    ~Ending() {
        if (!run_) {
            return;
        }
        run_->cancelling_.over = true;
        // What is thrown while it starts reaches who starts it; contexts that end throw nothing.
        if (!run_->starting_ && std::uncaught_exceptions() > 0) {
            try {
                ended_(std::nullopt, std::make_exception_ptr(std::bad_alloc()));
            } catch (...) {
                // It is told at most once.
            }
        }
    }

    void operator()(std::exception_ptr failure, Reply reply) {
        const auto run = std::exchange(run_, nullptr);
        run->cancelling_.over = true;
        if (failure && run->cancelled_ && says_cancelled(failure)) {
            failure = nullptr;
        }
        ended_(std::move(reply), failure);
    }

private:
    std::shared_ptr<HandlerRun> run_;
    Ended ended_;
};

void HandlerRun::start(awaitable<Reply> handler, Ended ended) {
    boost::asio::co_spawn(
        executor_, std::move(handler),
        boost::asio::bind_cancellation_slot(cancelling_.signal.slot(),
                                            Ending(shared_from_this(), std::move(ended))));
    starting_ = false;
    if (cancelled_) {
        cancel();
    }
}

void HandlerRun::cancel() {
    cancelled_ = true;
    if (!starting_) {
        cancel_on(executor_, shared_from_this(), cancelling_);
    }
}

}  // namespace netaio::net
