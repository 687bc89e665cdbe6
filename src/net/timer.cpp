#include <netaio/timer.hpp>

#include "moved_time.hpp"

namespace netaio {
namespace net {

MovedTime*& moved_time() noexcept {
    static thread_local MovedTime* time = nullptr;
    return time;
}

}  // namespace net

SteadyTime::time_point SteadyTime::now() noexcept {
    const net::MovedTime* const moved = net::moved_time();
    return moved ? moved->now : std::chrono::steady_clock::now();
}

// A loop asks how long it may sleep, and so says when its first timer is due. One whose time is
// moved does not sleep.
SteadyTime::duration SteadyTimeWaitTraits::to_wait_duration(
    const SteadyTime::duration& left) noexcept {
    net::MovedTime* const moved = net::moved_time();
    if (!moved) {
        return left;
    }
    moved->due = moved->now + left;
    moved->said = true;
    return {};
}

}  // namespace netaio
