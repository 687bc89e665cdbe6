#include "ticker.hpp"

#include <algorithm>
#include <boost/asio/bind_allocator.hpp>

namespace netaio::net {

void Ticker::update() {
    const auto next = stopped_ ? std::nullopt : next_();
    if (!next && set_to_ != TimePoint::max()) {
        timer_.cancel();  // nobody is to wait for it
        set_to_ = TimePoint::max();
    }
    if (!next || set_to_ <= *next) {
        return;  // the timer looks again when it gets there
    }
    set_to_ = TimePoint::max();  // should the rest throw
    missed_ = true;
    const std::chrono::steady_clock::duration soonest = std::chrono::milliseconds(1);
    timer_.expires_after(std::max(*next - clock_->steady_now(), soonest));
    timer_.async_wait(boost::asio::bind_allocator(
        memory_, [weak = weak_from_this()](boost::system::error_code error) {
            if (const auto self = weak.lock(); self && !error && !self->stopped_) {
                self->tick();
            }
        }));
    set_to_ = *next;
    missed_ = false;
}

void Ticker::tick() {
    set_to_ = TimePoint::max();
    try {
        tick_();
    } catch (...) {
        update();  // whatever it throws, there is a next time
        throw;
    }
    update();
}

void Ticker::stop() {
    stopped_ = true;
    timer_.cancel();
}

}  // namespace netaio::net
