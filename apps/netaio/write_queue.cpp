#include "write_queue.hpp"

#include <boost/asio/post.hpp>

namespace netaio::app {

Result<std::string> WriteQueue::read(ByteView uri) {
    const std::lock_guard lock(mutex_);
    return store_.read(uri);
}

void WriteQueue::start(Change what, ByteView uri, ByteView content,
                       boost::asio::any_io_executor executor,
                       detail::Completion<std::error_code> done) {
    const std::lock_guard lock(mutex_);
    if (closed_) {
        done.post(executor, {}, StoreErrc::failed);
        return;
    }
    const std::error_code result = store_.change(what, uri, content);
    if (waiters_.empty()) {
        // Behind what the loop has in hand, so that other changes can join.
        boost::asio::post(executor, [this] { commit(); });
    }
    // Even a change that was refused waits: what it was refused for may not be durable yet.
    waiters_.push_back(
        {std::move(executor), std::move(done), result, what, uri.str(), content.str()});
}

void WriteQueue::commit() {
    std::vector<Waiter> waiters;
    std::error_code error;
    {
        const std::lock_guard lock(mutex_);
        error = store_.commit();
        waiters.swap(waiters_);
        for (const Waiter& made : waiters) {
            if (!error && !made.result) committed_(made.what, made.uri, made.content);
        }
    }
    for (Waiter& waiter : waiters) {
        waiter.done.post(waiter.executor, {}, error ? error : waiter.result);
    }
}

void WriteQueue::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    commit();
}

}  // namespace netaio::app
