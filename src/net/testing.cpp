#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <netaio/testing.hpp>
#include <utility>

#include "moved_time.hpp"

namespace netaio {
namespace {

using std::chrono::nanoseconds;

// Any would do, but the same each time.
constexpr std::chrono::system_clock::time_point first_day{std::chrono::hours(24 * 365 * 50)};
constexpr SteadyTime::time_point beginning{std::chrono::hours(1)};
// No clock reckons much further.
constexpr SteadyTime::time_point the_end = beginning + std::chrono::hours(24 * 365 * 200);

class NetworkClock final : public Clock {
public:
    std::chrono::system_clock::time_point now() const override {
        return first_day + std::chrono::duration_cast<std::chrono::system_clock::duration>(
                               time.now - beginning);
    }
    SteadyTime::time_point steady_now() const override { return time.now; }

    net::MovedTime time{beginning};
};

}  // namespace

struct TestNetwork::Impl {
    std::shared_ptr<NetworkClock> clock = std::make_shared<NetworkClock>();
    Environment environment{.clock = clock};
    boost::asio::io_context context{1};

    SteadyTime::time_point after(nanoseconds time) const {
        const auto now = clock->time.now;
        return now + std::clamp<nanoseconds>(time, nanoseconds(0), the_end - now);
    }
    void run_ready() {
        context.restart();
        context.poll();
#ifndef BOOST_ASIO_HAS_TIMERFD
        // Only who sleeps asks when something is due.
        context.restart();
        context.run_one_for(std::chrono::microseconds(1));
#endif
    }
    // A loop says when something is due as often as it looks after its timers, of which the system
    // may take a moment to tell it.
    void run_due() {
        net::MovedTime& time = clock->time;
        time.said = false;
        run_ready();
        while (time.due <= time.now) {
            if (!std::exchange(time.said, false)) {
                context.restart();
                context.run_one_for(std::chrono::milliseconds(5));
                if (!time.said) {
                    time.due = SteadyTime::time_point::max();  // nothing is waited for any more
                }
            }
            run_ready();
        }
    }
    // To when something is due, or that time comes.
    void move_to(SteadyTime::time_point end) {
        net::MovedTime& time = clock->time;
        time.now = std::min(end, time.due);
        run_due();
    }
};

TestNetwork::TestNetwork() : impl_(std::make_unique<Impl>()) {
    if (net::moved_time()) {
        throw std::logic_error("this thread has a TestNetwork already: use that");
    }
    net::moved_time() = &impl_->clock->time;
}

TestNetwork::~TestNetwork() {
    // Timers end before the time they go by.
    const auto clock = impl_->clock;
    impl_.reset();
    net::moved_time() = nullptr;
}

boost::asio::any_io_executor TestNetwork::executor() const {
    return impl_->context.get_executor();
}

const Environment& TestNetwork::environment() const noexcept {
    return impl_->environment;
}

Address TestNetwork::address(std::string_view name) {
    return Address::named("memory", name).value();
}

TcpServerOptions TestNetwork::options(TcpServerOptions options, std::string_view name) const {
    options.interfaces.clear();
    options.endpoints = {address(name)};
    options.environment.clock = impl_->clock;
    return options;
}

TcpClientOptions TestNetwork::options(TcpClientOptions options) const {
    options.environment.clock = impl_->clock;
    return options;
}

void TestNetwork::run() {
    impl_->run_due();
}

void TestNetwork::advance(nanoseconds time) {
    const auto end = impl_->after(time);
    impl_->run_due();
    while (impl_->clock->time.now < end) {
        impl_->move_to(end);
    }
}

bool TestNetwork::run_until(const bool& done, nanoseconds patience) {
    const auto end = impl_->after(patience);
    impl_->run_due();
    while (!done && impl_->clock->time.now < end) {
        impl_->move_to(end);
    }
    return done;
}

}  // namespace netaio
