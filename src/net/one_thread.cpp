#include "one_thread.hpp"

#include <boost/asio/io_context.hpp>
#include <new>
#include <stdexcept>
#include <string>

namespace netaio::net {

const std::shared_ptr<const OneThread::Mark>& OneThread::mark() {
    static thread_local const auto of_this_thread = std::make_shared<const Mark>();
    return of_this_thread;
}

void OneThread::runs_here() noexcept {
    try {
        if (const auto& here = mark(); thread_ != here.get()) {
            thread_ = here.get();
            alive_ = here;
        }
    } catch (const std::bad_alloc&) {
        // It is known by the next time.
    }
}

// A loop that was run before and is not any more may be used by whoever comes.
void OneThread::check(const boost::asio::any_io_executor& executor, const char* who) const {
    const auto* const loop = executor.target<boost::asio::io_context::executor_type>();
    if (!loop || loop->running_in_this_thread() || alive_.expired() || loop->context().stopped()) {
        return;
    }
    throw std::logic_error(
        "this " + std::string(who) +
        " works on an event loop that another thread runs, or ran without ending "
        "it by stop(): use it there, by boost::asio::post() to its executor, or "
        "take a SharedClient");
}

}  // namespace netaio::net
