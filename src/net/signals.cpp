#include "signals.hpp"

#include <boost/asio/query.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <list>
#include <mutex>
#include <optional>

namespace netaio::net {
namespace {

// Those of one context. Signals are caught only while they are for somebody.
class CaughtSignals final : public boost::asio::execution_context::service {
public:
    using key_type = CaughtSignals;
    using Waiter = std::shared_ptr<detail::Completion<int>>;
    static boost::asio::execution_context::id id;

    // Services end in turn, the youngest first: this one while the set can still be let go of.
    explicit CaughtSignals(boost::asio::execution_context& context) : service(context) {
        boost::asio::use_service<boost::asio::detail::signal_set_service>(context);
    }

    void wait(const boost::asio::any_io_executor& executor, detail::Completion<int> done) {
        auto slot = done.slot();
        const auto waiter = std::make_shared<detail::Completion<int>>(std::move(done));
        if (slot.is_connected()) {
            slot.assign([this, weak = std::weak_ptr(waiter)](boost::asio::cancellation_type) {
                cancel(weak.lock());
            });
        }
        const std::lock_guard lock(mutex_);
        executor_ = executor;
        catch_next();
        waiters_.push_back(waiter);
    }

    void watch(const boost::asio::any_io_executor& executor, std::function<void()> take) {
        const std::lock_guard lock(mutex_);
        executor_ = executor;
        catch_next();
        take_ = std::move(take);
    }

    void unwatch() {
        const std::lock_guard lock(mutex_);
        take_ = nullptr;
        let_go();
    }

private:
    void shutdown() override {
        std::list<Waiter> ended;
        const std::lock_guard lock(mutex_);
        ended.swap(waiters_);
        take_ = nullptr;
        set_.reset();
    }

    void catch_next() {
        if (!set_) {
            set_.emplace(executor_, SIGINT, SIGTERM);
            waits_ = false;
        }
        if (!std::exchange(waits_, true)) {
            set_->async_wait([this](boost::system::error_code error, int signal) {
                if (!error) {
                    took(signal);
                }
            });
        }
    }

    void let_go() {
        if (!take_ && waiters_.empty()) {
            set_.reset();
        }
    }

    void took(int signal) {
        std::list<Waiter> told;
        std::function<void()> take;
        boost::asio::any_io_executor executor;
        {
            const std::lock_guard lock(mutex_);
            waits_ = false;
            told.swap(waiters_);
            executor = executor_;
            take = told.empty() ? take_ : nullptr;
            if (take_) {
                catch_next();
            }
            let_go();
        }
        for (const Waiter& waiter : told) {
            waiter->post(executor, {}, signal);
        }
        if (take) {
            take();
        }
    }

    void cancel(const Waiter& waiter) {
        {
            const std::lock_guard lock(mutex_);
            if (!waiter || std::erase(waiters_, waiter) == 0) {
                return;
            }
            let_go();
        }
        waiter->post(executor_, Errc::cancelled);
    }

    std::mutex mutex_;
    boost::asio::any_io_executor executor_;
    std::optional<boost::asio::signal_set> set_;
    bool waits_ = false;
    std::list<Waiter> waiters_;
    std::function<void()> take_;
};

boost::asio::execution_context::id CaughtSignals::id;

CaughtSignals& signals_of(const boost::asio::any_io_executor& executor) {
    return boost::asio::use_service<CaughtSignals>(
        boost::asio::query(executor, boost::asio::execution::context));
}

}  // namespace

void wait_for_signal(const boost::asio::any_io_executor& executor, detail::Completion<int> done) {
    signals_of(executor).wait(executor, std::move(done));
}

SignalWatch::SignalWatch(boost::asio::any_io_executor executor, std::function<void()> take)
    : executor_(std::move(executor)) {
    signals_of(executor_).watch(executor_, std::move(take));
}

SignalWatch::~SignalWatch() {
    signals_of(executor_).unwatch();
}

}  // namespace netaio::net
