#include "logging.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <map>
#include <netaio/line_queue.hpp>

#include "descriptor.hpp"
#include "log_brake.hpp"

namespace netaio::app {
namespace {

// Unless everything is asked for.
constexpr std::uint64_t lines_per_second = 100;
// How long the end waits for whoever reads the log.
constexpr std::chrono::seconds last_wait(1);

const std::map<std::string, LogLevel>& levels() {
    static const std::map<std::string, LogLevel> by_name = {
        {"trace", LogLevel::trace},     {"debug", LogLevel::debug}, {"info", LogLevel::info},
        {"warning", LogLevel::warning}, {"error", LogLevel::error}, {"off", LogLevel::off}};
    return by_name;
}

const char* colour(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::debug: return "\x1b[36m";
        case LogLevel::info: return "\x1b[32m";
        case LogLevel::warning: return "\x1b[33m";
        case LogLevel::error: return "\x1b[31m";
        default: return "\x1b[37m";
    }
}

// The time of day to the millisecond, with its offset (RFC 3339).
std::string time_text(std::chrono::system_clock::time_point now) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    const auto since =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
    std::tm local{};
    ::localtime_r(&seconds, &local);
    const long minutes = std::labs(local.tm_gmtoff) / 60;
    char text[64];
    const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &local);
    std::snprintf(text + size, sizeof text - size, ".%03d%c%02ld:%02ld",
                  static_cast<int>(since.count() % 1000), local.tm_gmtoff < 0 ? '-' : '+',
                  minutes / 60, minutes % 60);
    return text;
}

std::string log_line(LogLevel level, std::string_view text) {
    static const bool with_colour =
        ::isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
    std::string line = time_text(std::chrono::system_clock::now()) + ' ';
    if (with_colour) line += colour(level);
    line += to_string(level);
    if (with_colour) line += "\x1b[m";
    return (line.append(" ").append(text) += '\n');
}

std::atomic<bool> has_lines = false;

// Never destroyed: a thread that waits to write ends with the process.
LineQueue& error_lines() {
    has_lines = true;
    static auto* const lines = new LineQueue(
        {.write = [](std::string_view text) { return write_all(STDERR_FILENO, text); },
         .tell_left_out =
             [](std::uint64_t left_out) {
                 return log_line(LogLevel::warning,
                                 std::to_string(left_out) +
                                     " lines were left out here, as the log could not be written");
             }});
    return *lines;
}

}  // namespace

void add_log_option(CLI::App& command, std::string& level) {
    command
        .add_option("--log-level", level,
                    "how much to log to stderr: trace, debug, info, warning, error, off")
        ->type_name("LEVEL")
        ->check(
            CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}).description(""))
        ->capture_default_str();
}

Log make_log(const std::string& level) {
    const LogLevel shown = levels().at(level);
    const auto brake = std::make_shared<LogBrake>(
        shown <= LogLevel::debug ? std::numeric_limits<std::uint64_t>::max() : lines_per_second);
    return Log(shown, [brake](LogLevel at, std::string_view line) {
        const auto verdict = brake->next(std::chrono::steady_clock::now());
        if (verdict.left_out > 0) {
            error_lines().write(log_line(
                LogLevel::warning, std::to_string(verdict.left_out) +
                                       " more lines were left out; --log-level debug shows all"));
        }
        if (verdict.write) error_lines().write(log_line(at, line));
    });
}

void announce(std::string_view text) {
    error_lines().write(log_line(LogLevel::info, text));
}

void say(std::string_view line) {
    error_lines().write(std::string(line) + '\n');
}

void warn(std::string_view text) {
    say("netaio: warning: " + std::string(text));
}

void finish_log() {
    if (has_lines) error_lines().finish(last_wait);
}

}  // namespace netaio::app
