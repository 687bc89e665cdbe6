#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <netaio/environment.hpp>
#include <netaio/timer.hpp>
#include <optional>

#include "operation_memory.hpp"

namespace netaio::net {

/// Has something that does things in time, but does not wait itself, called when they are due.
class Ticker : public std::enable_shared_from_this<Ticker> {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// `next` says when `tick` is to be called, by that clock. Both are not called after stop().
    Ticker(const boost::asio::any_io_executor& executor, std::shared_ptr<Clock> clock,
           std::function<std::optional<TimePoint>()> next, std::function<void()> tick)
        : timer_(executor),
          clock_(std::move(clock)),
          next_(std::move(next)),
          tick_(std::move(tick)) {}

    /// Looks anew when the next thing is due; to be called when that may have become sooner.
    void update();
    /// The same where the last time failed, as there was no memory.
    void update_if_missed() {
        if (missed_) {
            update();
        }
    }
    void stop();

private:
    void tick();

    Timer timer_;
    OperationMemory<> memory_;
    std::shared_ptr<Clock> clock_;
    std::function<std::optional<TimePoint>()> next_;
    std::function<void()> tick_;
    TimePoint set_to_ = TimePoint::max();
    bool stopped_ = false;
    bool missed_ = false;
};

}  // namespace netaio::net
