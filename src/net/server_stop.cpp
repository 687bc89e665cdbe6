#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>
#include <stdexcept>

#include "core/waiting.hpp"
#include "server_impl.hpp"

/// How a server runs and ends.
namespace netaio {

StopReport TcpServer::Impl::run() {
    if (!owns_threads()) {
        throw std::logic_error(
            "this server works on an executor of yours: call start() and run your event loop");
    }
    boost::asio::signal_set signals(own_threads_.front()->context);
    if (options_.handle_signals) {
        signals.add(SIGINT);
        signals.add(SIGTERM);
        signals.async_wait([self = shared_from_this()](boost::system::error_code error, int) {
            if (!error) {
                self->stop(self->options_.drain, {});
            }
        });
    }
    std::unique_lock lock(mutex_);
    if (!started_) {
        lock.unlock();
        if (const auto error = start()) {
            throw std::system_error(error, "the server cannot listen");
        }
        lock.lock();
    }
    ended_.wait(lock, [this] { return stopped_; });
    return {drained_, cut_off_, bytes_discarded_};
}

void TcpServer::Impl::stop(std::chrono::milliseconds deadline,
                           detail::Completion<StopReport> done) {
    {
        const std::lock_guard lock(mutex_);
        if (!started_ || stopped_) {
            if (done) {
                // Its own threads have ended, so a callback without an executor gets another.
                done.post(boost::asio::system_executor(), {},
                          {drained_, cut_off_, bytes_discarded_});
            }
            return;
        }
        if (done) {
            stop_waiters_.push_back(std::move(done));
        }
        if (stopping_) {
            return;
        }
        stopping_ = true;
    }
    boost::asio::post(loops_.front()->executor(), [self = shared_from_this(), deadline] {
        self->stop_accepting();
        self->peer_manager_.stop_all();
        self->ticker_->stop();
        self->stop_timer_ = std::make_unique<boost::asio::steady_timer>(
            self->loops_.front()->executor(), core::bounded(deadline));
        self->stop_timer_->async_wait([self](boost::system::error_code error) {
            if (!error) {
                self->cut_off();
            }
        });
        for (const auto& loop : self->loops_) {
            boost::asio::post(loop->executor(), [self, loop] {
                for (const auto& stream : loop->streams()) {
                    stream->drain();
                }
                self->finish_stop();
            });
        }
    });
}

void TcpServer::Impl::stop_accepting() {
    for (const auto& acceptor : acceptors_) {
        boost::system::error_code ignored;
        acceptor->close(ignored);
    }
}

// The deadline has come: what still has something outstanding is closed as it is.
void TcpServer::Impl::cut_off() {
    for (const auto& loop : loops_) {
        boost::asio::post(loop->executor(), [self = shared_from_this(), loop] {
            for (const auto& stream : loop->streams()) {
                {
                    const std::lock_guard lock(self->mutex_);
                    ++self->cut_off_;
                    self->bytes_discarded_ += stream->queued_bytes();
                }
                stream->abort(Errc::cancelled);
            }
            self->finish_stop();
        });
    }
}

// Ends the stop when the last connection is gone.
void TcpServer::Impl::finish_stop() {
    std::vector<detail::Completion<StopReport>> waiters;
    StopReport report;
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_ || stopped_ || connection_count_.load() > 0) {
            return;
        }
        stopped_ = true;
        report = {drained_, cut_off_, bytes_discarded_};
        waiters = std::move(stop_waiters_);
    }
    for (auto& waiter : waiters) {
        waiter.post(loops_.front()->executor(), {}, report);
    }
    boost::asio::post(loops_.front()->executor(), [self = shared_from_this()] {
        if (self->stop_timer_) {
            self->stop_timer_->cancel();
        }
    });
    for (const auto& loop : loops_) {
        boost::asio::post(loop->executor(), [loop] { loop->stop(); });
    }
    for (const auto& own : own_threads_) {
        own->work.reset();
    }
    ended_.notify_all();
}

void TcpServer::Impl::shut_down() {
    if (!has_context()) {
        return;
    }
    std::vector<detail::Completion<StopReport>> waiters;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        waiters = std::move(stop_waiters_);
    }
    ended_.notify_all();
    for (auto& waiter : waiters) {
        waiter.post(boost::asio::system_executor(), Errc::cancelled);
    }
    const auto close_loop = [](const std::shared_ptr<net::Loop>& loop) {
        for (const auto& stream : loop->streams()) {
            stream->abort(Errc::cancelled);
        }
        loop->stop();
        loop->cancel_orphans();
    };
    if (!owns_threads()) {
        boost::asio::dispatch(loops_.front()->executor(), [self = shared_from_this(), close_loop] {
            self->stop_accepting();
            self->stop_timer_.reset();
            self->ticker_->stop();
            close_loop(self->loops_.front());
            self->node_->peers.set_observer({});
        });
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
    stop_accepting();
    ticker_->stop();
    for (const auto& loop : loops_) {
        close_loop(loop);
    }
    // Whatever still waits there holds on to its connection or loop: let it end. That may give
    // work to a loop that had none left, as when a peer leaves.
    for (bool more = true; std::exchange(more, false);) {
        for (const auto& own : own_threads_) {
            own->context.restart();
            more = own->context.poll() > 0 || more;
        }
    }
    stop_timer_.reset();
    ticker_.reset();
    loops_.clear();
    acceptors_.clear();
    own_threads_.clear();
}

void TcpServer::Impl::context_ends() {
    std::vector<detail::Completion<StopReport>> waiters;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        waiters = std::move(stop_waiters_);
    }
    for (auto& waiter : waiters) {
        waiter.post(loops_.front()->executor(), Errc::cancelled);
    }
    stop_accepting();
    acceptors_.clear();
    stop_timer_.reset();
    ticker_->stop();
    ticker_.reset();
    node_->peers.set_observer({});
    loops_.front()->context_ends();  // stays, for its counters
}

}  // namespace netaio
