#pragma once

#include <sys/types.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <vector>

#include "arguments.hpp"
#include "sockets.hpp"

namespace netaio::bench {

/// How long to measure, and what.
struct Duration {
    double warm_up_seconds = 0.1;
    double seconds = 0.5;
    pid_t server = 0;  ///< whose CPU time counts; 0 for nobody's
};

/// What `name=value` say about that: `seconds`, `warm_up` and `server`.
inline Duration duration_of(const Arguments& arguments) {
    return {.warm_up_seconds = arguments.seconds("warm_up", 0.1),
            .seconds = arguments.seconds("seconds", 0.5),
            .server = static_cast<pid_t>(arguments.number("server", 0))};
}

/// Counts what is done between the end of the warm-up and the end of a run, and prints it.
class Stopwatch {
public:
    explicit Stopwatch(const Duration& duration)
        : server_(duration.server),
          warm_at_(monotonic_seconds() + duration.warm_up_seconds),
          end_at_(warm_at_ + duration.seconds) {}

    /// Whether to go on, `done` messages after the start.
    bool goes_on(std::uint64_t done, double now = monotonic_seconds()) {
        if (!counting_ && now >= warm_at_) {
            counting_ = true;
            began_at_ = now;
            before_ = done;
            cpu_before_ = cpu();
            return true;  // however late it is, there has to be something to count
        }
        if (now < end_at_ || !counting_) {
            return true;
        }
        messages_ = done - before_;
        seconds_ = now - began_at_;
        cpu_seconds_ = cpu() - cpu_before_;
        return false;
    }
    bool counting() const noexcept { return counting_; }
    /// Says how many got lost since the start.
    void lost(std::uint64_t count) noexcept {
        lost_ = count;
        lost_before_ = counting_ ? lost_before_ : count;
    }
    void round_trip(double seconds) {
        if (counting_) {
            round_trips_.push_back(static_cast<float>(seconds * 1e6));
        }
    }

    /// One line of JSON.
    void print() {
        const auto count = static_cast<double>(std::max<std::uint64_t>(messages_, 1));
        std::printf("{\"messages\": %llu, \"rate\": %.1f",
                    static_cast<unsigned long long>(messages_),
                    static_cast<double>(messages_) / seconds_);
        if (server_ > 0) {
            std::printf(", \"server_cpu_ns\": %.1f", cpu_seconds_ * 1e9 / count);
        }
        if (lost_) {
            std::printf(", \"lost_percent\": %.3f",
                        100 * static_cast<double>(*lost_ - lost_before_) / count);
        }
        if (!round_trips_.empty()) {
            std::printf(", \"p50_us\": %.2f, \"p99_us\": %.2f", quantile(0.5), quantile(0.99));
        }
        std::printf("}\n");
    }

private:
    double cpu() const { return server_ > 0 ? process_cpu_seconds(server_) : 0; }
    double quantile(double part) {
        const auto at =
            static_cast<std::ptrdiff_t>(part * static_cast<double>(round_trips_.size() - 1) + 0.5);
        std::nth_element(round_trips_.begin(), round_trips_.begin() + at, round_trips_.end());
        return static_cast<double>(round_trips_[static_cast<std::size_t>(at)]);
    }

    pid_t server_;
    double warm_at_;
    double end_at_;
    double began_at_ = 0;
    double cpu_before_ = 0;
    double seconds_ = 0;
    double cpu_seconds_ = 0;
    std::uint64_t before_ = 0;
    std::uint64_t messages_ = 0;
    std::optional<std::uint64_t> lost_ = std::nullopt;
    std::uint64_t lost_before_ = 0;
    bool counting_ = false;
    std::vector<float> round_trips_;
};

/// Calls `once` again and again: something with a reply, one at a time.
template <class Once>
Stopwatch run_one_in_flight(const Duration& duration, Once&& once) {
    Stopwatch watch(duration);
    std::uint64_t done = 0;
    double now = monotonic_seconds();
    do {
        const double began = now;
        once();
        ++done;
        now = monotonic_seconds();
        watch.round_trip(now - began);
    } while (watch.goes_on(done, now));
    return watch;
}

}  // namespace netaio::bench
