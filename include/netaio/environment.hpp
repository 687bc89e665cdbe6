#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace netaio {

/// Where time comes from; replace it to test or simulate. Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    /// The time of day, for timestamps.
    virtual std::chrono::system_clock::time_point now() const = 0;
    /// A clock that never steps back, for timeouts.
    virtual std::chrono::steady_clock::time_point steady_now() const = 0;

    /// Seconds since 1970 as protocol.md §5 writes them: those of now(), unless a clock has them
    /// cheaper, and then maybe some milliseconds late.
    virtual std::uint32_t unix_seconds() const;
};

/// Where random bytes come from; replace it to test or simulate. Thread-safe.
class Random {
public:
    virtual ~Random() = default;
    /// Fills with bytes nobody can predict.
    virtual void fill(std::span<char> bytes) = 0;
    /// A number from `low` to `high`, both included; they must be in that order.
    virtual std::uint32_t between(std::uint32_t low, std::uint32_t high);
};

/// How much a log line matters.
enum class LogLevel : std::uint8_t { trace, debug, info, warning, error, off };

/// The name of a level, e.g. `warning`.
std::string_view to_string(LogLevel level) noexcept;

/// Where log lines go. The library prints nothing by itself: without a sink, lines are dropped. The
/// sink is called on the thread that logs, so it must be thread-safe when a server has several.
/// What it throws is lost. It must not block, as connections would wait with it: a sink that may,
/// as it writes to a pipe, belongs behind a LineQueue. Control characters, which exceptions and
/// peers may bring into a line, are written as `\n`, `\r`, `\t` or `\xNN`. Lines never contain
/// secrets or message contents.
class Log {
public:
    using Sink = std::function<void(LogLevel, std::string_view line)>;

    Log() = default;
    /// Lines of `level` and above go to `sink`.
    Log(LogLevel level, Sink sink) : level_(sink ? level : LogLevel::off), sink_(std::move(sink)) {}
    /// The same for a level that may change at any time, for all copies. Throws
    /// std::invalid_argument without a level.
    Log(std::shared_ptr<const std::atomic<LogLevel>> level, Sink sink);

    bool enabled(LogLevel level) const noexcept {
        return level >= (turned_ ? turned_->load(std::memory_order_relaxed) : level_);
    }
    void operator()(LogLevel level, std::string_view line) const {
        if (enabled(level)) {
            write(level, line);
        }
    }

private:
    void write(LogLevel level, std::string_view line) const;

    LogLevel level_ = LogLevel::off;
    std::shared_ptr<const std::atomic<LogLevel>> turned_;
    Sink sink_;
};

/// The outside world of a node: its clock, its randomness, its log.
struct Environment {
    std::shared_ptr<Clock> clock = system_clock();
    std::shared_ptr<Random> random = secure_random();
    Log log = {};

    /// The machine's clocks.
    static std::shared_ptr<Clock> system_clock();
    /// OpenSSL's generator, drawn through a small pool for each thread that is wiped as it is used.
    static std::shared_ptr<Random> secure_random();
};

}  // namespace netaio
