#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>
#include <stdexcept>

#include "core/callback.hpp"
#include "core/waiting.hpp"
#include "server_impl.hpp"
#include "signals.hpp"

/// How a server runs and ends.
namespace netaio {
namespace {

// Until what could not be begun for want of memory is tried again.
constexpr auto retry_pause = std::chrono::milliseconds(100);

}  // namespace

StopReport TcpServer::Impl::run() {
    if (!owns_threads()) {
        throw std::logic_error(
            "this server works on an executor of yours: call start() and run your event loop");
    }
    std::optional<net::SignalWatch> signals;
    if (options_.handle_signals) {
        signals.emplace(loops_.front()->executor(),
                        [self = shared_from_this(), again = false]() mutable {
                            if (std::exchange(again, true)) {
                                self->cut_off();
                            } else {
                                self->stop(self->options_.drain, {});
                            }
                        });
    }
    std::unique_lock lock(mutex_);
    if (!started_) {
        lock.unlock();
        if (const auto error = start()) {
            throw Error(error, "the server cannot listen");
        }
        lock.lock();
    }
    ended_.wait(lock, [this] { return stopped_; });
    return {drained_, cut_off_, bytes_discarded_};
}

void TcpServer::Impl::stop(std::chrono::milliseconds deadline,
                           detail::Completion<StopReport> done) {
    std::unique_lock lock(mutex_);
    if (!started_ || stopped_) {
        const StopReport report{drained_, cut_off_, bytes_discarded_};
        lock.unlock();
        if (done) {
            done.post(lasting_executor(), {}, report);
        }
        return;
    }
    const bool waits = static_cast<bool>(done);
    if (waits) {
        stop_waiters_.push_back(std::move(done));
    }
    if (stopping_) {
        return;
    }
    stopping_ = true;
    try {
        boost::asio::post(loops_.front()->executor(),
                          [self = shared_from_this(), deadline] { self->drain_all(deadline); });
    } catch (...) {
        // Whoever waits learns of it from the call.
        stopping_ = false;
        if (waits) {
            done = std::move(stop_waiters_.back());
            stop_waiters_.pop_back();
        }
        throw;
    }
}

// Whatever fails, the rest is done: what cannot be told to drain is cut off.
void TcpServer::Impl::drain_all(std::chrono::milliseconds deadline) {
    stop_accepting();
    go_on([&] { peer_manager_.stop_all(); });
    if (stopped()) {
        return;  // a plugin destroyed the server
    }
    ticker_->stop();
    for (const auto& loop : loops_) {
        go_on([&] {
            boost::asio::post(loop->executor(), [self = shared_from_this(), loop] {
                for (const auto& stream : loop->streams()) {
                    self->go_on([&] { stream->drain(); });
                }
                self->finish_stop();
            });
        });
    }
    if (!cut_off_in(core::bounded(deadline))) {
        cut_off();
    }
}

bool TcpServer::Impl::cut_off_in(std::chrono::milliseconds time) noexcept {
    return go_on([&] {
        stop_timer_ = std::make_unique<Timer>(loops_.front()->executor(), time);
        stop_timer_->async_wait([self = shared_from_this()](boost::system::error_code error) {
            if (!error) {
                self->cut_off();
            }
        });
    });
}

bool TcpServer::Impl::stopped() const {
    const std::lock_guard lock(mutex_);
    return stopped_;
}

template <class Work>
bool TcpServer::Impl::go_on(Work&& work) noexcept {
    return core::attempt(node_->environment.log, "the server stops all the same", work);
}

void TcpServer::Impl::stop_accepting() {
    for (const auto& listening : listening_) {
        listening->listener->close();
        listening->pause.cancel();
    }
}

// The deadline has come: what still has something outstanding is closed as it is.
void TcpServer::Impl::cut_off() {
    bool all = true;
    for (const auto& loop : loops_) {
        const auto cut = [self = shared_from_this(), loop] {
            {
                const std::lock_guard lock(self->mutex_);
                self->cut_off_ += loop->size();
                self->bytes_discarded_ += loop->queued_bytes();
            }
            loop->abort_all(Errc::cancelled);
            self->finish_stop();
        };
        if (detail::runs_here(loop->executor())) {
            cut();  // which takes no memory
        } else {
            all = go_on([&] { boost::asio::post(loop->executor(), cut); }) && all;
        }
    }
    if (!all) {
        cut_off_in(retry_pause);
    }
}

// Ends the stop when the last connection is gone.
void TcpServer::Impl::finish_stop() noexcept {
    std::vector<detail::Completion<StopReport>> waiters;
    StopReport report;
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_ || stopped_ || connection_count_.load() > 0) {
            return;
        }
        stopped_ = true;
        report = {drained_, cut_off_, bytes_discarded_};
        waiters.swap(stop_waiters_);
    }
    for (auto& waiter : waiters) {
        go_on([&] { waiter.post(loops_.front()->executor(), {}, report); });
    }
    go_on([&] {
        boost::asio::post(loops_.front()->executor(), [self = shared_from_this()] {
            if (self->stop_timer_) {
                self->stop_timer_->cancel();
            }
        });
    });
    for (const auto& loop : loops_) {
        go_on([&] { boost::asio::post(loop->executor(), [loop] { loop->stop(); }); });
    }
    for (const auto& own : own_threads_) {
        own->work.reset();
    }
    ended_.notify_all();
}

boost::asio::any_io_executor TcpServer::Impl::lasting_executor() const {
    return !owns_threads() && has_context() ? loops_.front()->executor()
                                            : boost::asio::system_executor();
}

// Whoever still waits for the end of it.
void TcpServer::Impl::end_waiting(const boost::asio::any_io_executor& executor) noexcept {
    std::vector<detail::Completion<StopReport>> waiters;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        waiters.swap(stop_waiters_);
    }
    ended_.notify_all();
    for (auto& waiter : waiters) {
        go_on([&] { waiter.post(executor, Errc::cancelled); });
    }
}

void TcpServer::Impl::close_all() noexcept {
    stop_accepting();
    stop_timer_.reset();
    ticker_->stop();
    for (const auto& loop : loops_) {
        loop->abort_all(Errc::cancelled);
        loop->stop();
        loop->cancel_orphans();
    }
}

void TcpServer::Impl::shut_down() noexcept {
    if (!has_context()) {
        return;
    }
    end_waiting(lasting_executor());
    if (!owns_threads()) {
        const auto end = [self = shared_from_this()] {
            self->close_all();
            self->node_->peers.set_observer({});
        };
        const auto executor = loops_.front()->executor();
        if (detail::runs_here(executor)) {
            end();  // which takes no memory
        } else {
            go_on([&] { boost::asio::dispatch(executor, end); });
        }
        return;
    }
    for (const auto& own : own_threads_) {
        own->context.stop();
    }
    for (const auto& own : own_threads_) {
        if (own->thread.joinable()) {
            own->thread.join();
        }
    }
    // The threads are gone, so everything is this one's.
    close_all();
    // Whatever still waits there holds on to its connection or loop: let it end. That may give
    // work to a loop that had none left, as when a peer leaves.
    for (bool more = true; std::exchange(more, false);) {
        for (const auto& own : own_threads_) {
            own->context.restart();
            const bool all_done = go_on([&] { more = own->context.poll() > 0 || more; });
            more = more || !all_done;
        }
    }
    stop_timer_.reset();
    ticker_.reset();
    loops_.clear();
    listening_.clear();
    own_threads_.clear();
}

void TcpServer::Impl::context_ends() {
    end_waiting(loops_.front()->executor());
    stop_accepting();
    listening_.clear();
    stop_timer_.reset();
    ticker_->stop();
    ticker_.reset();
    node_->peers.set_observer({});
    loops_.front()->context_ends();  // stays, for its counters
}

}  // namespace netaio
