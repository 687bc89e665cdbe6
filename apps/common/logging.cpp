#include "logging.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <netaio/line_queue.hpp>

#include "descriptor.hpp"
#include "json.hpp"
#include "log_brake.hpp"
#include "output.hpp"

namespace netaio::app {
namespace {

// Unless everything is asked for.
constexpr std::uint64_t lines_per_second = 100;
constexpr std::uint64_t lines_per_cause = 20;
// How long the end waits for whoever reads the log.
constexpr std::chrono::seconds last_wait(1);

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

struct Style {
    const char* program = "netaio";
    LogFormat format = LogFormat::text;
};
Style style;

std::string log_line(LogLevel level, std::string_view text) {
    if (style.format == LogFormat::json) {
        Json line;
        line["time"] = time_text(std::chrono::system_clock::now());
        line["level"] = to_string(level);
        line["text"] = text;
        return json_text(line) += '\n';
    }
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
    static auto* const lines = new LineQueue(
        {.write = [](std::string_view text) { return write_all(STDERR_FILENO, text); },
         .tell_left_out =
             [](std::uint64_t left_out) {
                 return log_line(LogLevel::warning,
                                 std::to_string(left_out) +
                                     " lines were left out here, as the log could not be written");
             }});
    has_lines = true;  // not where their thread cannot be started
    return *lines;
}

}  // namespace

void add_log_option(CLI::App& command, std::string& level) {
    command
        .add_option("--log-level", level,
                    "how much to log to stderr: trace, debug, info, warning, error, off")
        ->type_name("LEVEL")
        ->check(CLI::IsMember(log_levels()).description(""))
        ->capture_default_str();
}

const std::vector<std::string>& log_levels() {
    static const std::vector<std::string> names = {"trace",   "debug", "info",
                                                   "warning", "error", "off"};
    return names;
}

LogLevel log_level(const std::string& name) {
    const auto place = std::ranges::find(log_levels(), name) - log_levels().begin();
    return static_cast<LogLevel>(place);
}

void log_as(const char* program, LogFormat format) {
    style = {program, format};
}

Log make_log(const std::string& level) {
    const LogLevel shown = log_level(level);
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

Log make_lasting_log(std::shared_ptr<const std::atomic<LogLevel>> level) {
    const auto brakes = std::make_shared<LogBrakes>(lines_per_cause);
    const auto* shown = level.get();  // which lives as long as the log
    return Log(std::move(level), [brakes, shown](LogLevel at, std::string_view line) {
        const bool all = *shown <= LogLevel::debug;
        const auto verdict =
            all ? LogBrake::Verdict{true, 0} : brakes->next(line, std::chrono::steady_clock::now());
        if (verdict.left_out > 0) {
            error_lines().write(log_line(
                LogLevel::warning, std::to_string(verdict.left_out) +
                                       " more lines like the next were left out; the level debug "
                                       "shows all"));
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
    if (style.format == LogFormat::json) {
        error_lines().write(log_line(LogLevel::warning, text));
    } else {
        say(std::string(style.program) + ": warning: " + std::string(text));
    }
}

void finish_log() {
    if (has_lines) error_lines().finish(last_wait);
}

}  // namespace netaio::app
