#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/wait_traits.hpp>
#include <chrono>

namespace netaio {

/// The time that the library's timers go by on this thread: the machine's, but within a
/// TestNetwork that of its clock. A Clock of the standard's.
struct SteadyTime {
    using duration = std::chrono::steady_clock::duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::steady_clock::time_point;
    static constexpr bool is_steady = true;

    static time_point now() noexcept;
};

/// How long a loop may sleep until a timer is due, see boost::asio::wait_traits.
struct SteadyTimeWaitTraits {
    static SteadyTime::duration to_wait_duration(const SteadyTime::duration& left) noexcept;
    static SteadyTime::duration to_wait_duration(const SteadyTime::time_point& due) noexcept {
        return to_wait_duration(due - SteadyTime::now());
    }
};

/// A timer of Asio's, as boost::asio::steady_timer; those that handlers wait by can be tested
/// within a TestNetwork.
using Timer = boost::asio::basic_waitable_timer<SteadyTime, SteadyTimeWaitTraits>;

}  // namespace netaio
