#pragma once

#include <netaio/timer.hpp>

namespace netaio::net {

/// A time that passes only when somebody says so.
struct MovedTime {
    SteadyTime::time_point now;
    /// When the first timer is due, as a loop said last.
    SteadyTime::time_point due = SteadyTime::time_point::max();
    bool said = false;
};

/// What this thread's timers go by; null for the machine's time.
MovedTime*& moved_time() noexcept;

}  // namespace netaio::net
