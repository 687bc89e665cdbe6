#include "ticker.hpp"

#include <algorithm>

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
    set_to_ = *next;
    const std::chrono::steady_clock::duration soonest = std::chrono::milliseconds(1);
    timer_.expires_after(std::max(*next - clock_->steady_now(), soonest));
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
        const auto self = weak.lock();
        if (error || !self || self->stopped_) {
            return;
        }
        self->set_to_ = TimePoint::max();
        try {
            self->tick_();
        } catch (...) {
            self->update();  // whatever it throws, there is a next time
            throw;
        }
        self->update();
    });
}

void Ticker::stop() {
    stopped_ = true;
    timer_.cancel();
}

}  // namespace netaio::net
