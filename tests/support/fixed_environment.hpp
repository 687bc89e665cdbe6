#pragma once

#include <atomic>
#include <cstring>
#include <deque>
#include <netaio/bytes.hpp>
#include <netaio/environment.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

/// An outside world that does as it is told.
namespace netaio::test {

/// Stands still until it is moved. Thread-safe, but for moves by several threads at once.
class FixedClock final : public Clock {
public:
    explicit FixedClock(std::chrono::seconds unix_time = std::chrono::seconds(1'700'000'000)) {
        set(unix_time);
    }

    std::chrono::system_clock::time_point now() const override {
        return std::chrono::system_clock::time_point(std::chrono::milliseconds(start_.load()) +
                                                     passed());
    }
    std::chrono::steady_clock::time_point steady_now() const override {
        return std::chrono::steady_clock::time_point(passed());
    }

    void advance(std::chrono::milliseconds by) { passed_.fetch_add(by.count()); }
    /// Sets the clock of day alone, forward or back.
    void set(std::chrono::seconds unix_time) {
        start_ = (std::chrono::milliseconds(unix_time) - passed()).count();
    }

private:
    std::chrono::milliseconds passed() const { return std::chrono::milliseconds(passed_.load()); }

    std::atomic<std::int64_t> start_{0};  // in milliseconds of Unix time
    std::atomic<std::int64_t> passed_{0};
};

/// Gives the bytes and numbers of a script, in order; anything off the script is a
/// std::logic_error, which fails the test. Not thread-safe.
class ScriptedRandom final : public Random {
public:
    explicit ScriptedRandom(std::vector<std::string> fills = {},
                            std::vector<std::uint32_t> numbers = {})
        : fills_(fills.begin(), fills.end()), numbers_(numbers.begin(), numbers.end()) {}

    void fill(std::span<char> bytes) override {
        if (fills_.empty() || fills_.front().size() != bytes.size()) {
            throw std::logic_error("the script has no " + std::to_string(bytes.size()) +
                                   " random bytes to give next");
        }
        std::memcpy(bytes.data(), fills_.front().data(), bytes.size());
        fills_.pop_front();
    }
    std::uint32_t between(std::uint32_t low, std::uint32_t high) override {
        if (numbers_.empty() || numbers_.front() < low || numbers_.front() > high) {
            throw std::logic_error("the script has no number from " + std::to_string(low) + " to " +
                                   std::to_string(high) + " to give next");
        }
        const std::uint32_t number = numbers_.front();
        numbers_.pop_front();
        return number;
    }

    /// Whether all of the script was given.
    bool done() const noexcept { return fills_.empty() && numbers_.empty(); }

private:
    std::deque<std::string> fills_;
    std::deque<std::uint32_t> numbers_;
};

/// Gives bytes that only look random, the same in each run. Not thread-safe.
class CountingRandom final : public Random {
public:
    void fill(std::span<char> bytes) override {
        for (char& byte : bytes) {
            state_ = state_ * 6364136223846793005u + 1442695040888963407u;
            byte = static_cast<char>(state_ >> 56);
        }
    }

private:
    std::uint64_t state_ = 1;
};

/// The environment of a script; see ScriptedRandom.
inline Environment fixed_environment(
    std::vector<std::string> fills, std::vector<std::uint32_t> numbers = {},
    std::chrono::seconds unix_time = std::chrono::seconds(1'700'000'000)) {
    return {.clock = std::make_shared<FixedClock>(unix_time),
            .random = std::make_shared<ScriptedRandom>(std::move(fills), std::move(numbers))};
}

/// An environment that stands still and gives the same bytes in each run.
inline Environment fixed_environment() {
    return {.clock = std::make_shared<FixedClock>(), .random = std::make_shared<CountingRandom>()};
}

}  // namespace netaio::test
