#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <netaio/environment.hpp>
#include <queue>
#include <string>
#include <vector>

/// A world of hosts and networks in which time passes only from one event to the next, and in which
/// everything follows from a seed.
namespace netaio::sim {

using Duration = std::chrono::milliseconds;
using TimePoint = std::chrono::steady_clock::time_point;

/// Goes where it is set. Begins an hour after its epoch, as nothing may depend on time 0.
class SimClock final : public Clock {
public:
    std::chrono::system_clock::time_point now() const override {
        return std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000) +
                                                     now_.time_since_epoch() + stepped_);
    }
    TimePoint steady_now() const override { return now_; }
    void set(TimePoint now) { now_ = now; }
    /// Sets the clock of day forward, or back.
    void step(std::chrono::seconds by) { stepped_ += by; }

private:
    std::chrono::seconds stepped_{0};
    TimePoint now_{std::chrono::hours(1)};
};

/// SplitMix64: all of it follows from the seed.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

    void fill(std::span<char> bytes) override;
    std::uint32_t between(std::uint32_t low, std::uint32_t high) override;
    std::uint64_t next();
    /// True once in so many times on average, for a share from 0 to 1.
    bool chance(double share);
    Duration between(Duration low, Duration high);
    /// Bytes of a length up to `size_max`.
    std::string bytes(std::size_t size_max);

private:
    std::uint64_t state_;
};

/// The time, the dice and what is still to happen.
class World {
public:
    explicit World(std::uint64_t seed);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Runs what has its time, in order; what has the same time in the order it was asked for.
    void at(TimePoint when, std::function<void()> what);
    void after(Duration time, std::function<void()> what) { at(now() + time, std::move(what)); }
    /// Lets so much time pass.
    void run_for(Duration time);

    TimePoint now() const { return clock_->steady_now(); }
    SimClock& clock() { return *clock_; }
    SeededRandom& dice() { return *dice_; }
    Environment environment() const { return {.clock = clock_, .random = dice_, .log = {}}; }

private:
    struct Event {
        TimePoint when;
        std::uint64_t order;
        std::shared_ptr<std::function<void()>> what;

        bool operator<(const Event& other) const {
            return when != other.when ? when > other.when : order > other.order;
        }
    };

    std::shared_ptr<SimClock> clock_ = std::make_shared<SimClock>();
    std::shared_ptr<SeededRandom> dice_;
    std::priority_queue<Event> events_;
    std::uint64_t next_order_ = 0;
};

}  // namespace netaio::sim
