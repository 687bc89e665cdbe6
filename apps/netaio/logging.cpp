#include "logging.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <limits>
#include <map>

#include "log_brake.hpp"

namespace netaio::app {
namespace {

// Unless everything is asked for.
constexpr std::uint64_t lines_per_second = 100;

const std::map<std::string, LogLevel>& levels() {
    static const std::map<std::string, LogLevel> by_name = {
        {"trace", LogLevel::trace},     {"debug", LogLevel::debug}, {"info", LogLevel::info},
        {"warning", LogLevel::warning}, {"error", LogLevel::error}, {"off", LogLevel::off}};
    return by_name;
}

spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::trace: return spdlog::level::trace;
        case LogLevel::debug: return spdlog::level::debug;
        case LogLevel::info: return spdlog::level::info;
        case LogLevel::warning: return spdlog::level::warn;
        case LogLevel::error: return spdlog::level::err;
        case LogLevel::off: return spdlog::level::off;
    }
    return spdlog::level::off;
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
    const bool no_color = std::getenv("NO_COLOR") != nullptr;
    const auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
        no_color ? spdlog::color_mode::never : spdlog::color_mode::automatic);
    const auto logger = std::make_shared<spdlog::logger>("netaio", sink);
    logger->set_level(spdlog::level::trace);
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
    const LogLevel shown = levels().at(level);
    const auto brake = std::make_shared<LogBrake>(
        shown <= LogLevel::debug ? std::numeric_limits<std::uint64_t>::max() : lines_per_second);
    return Log(shown, [logger, brake](LogLevel at, std::string_view line) {
        const auto verdict = brake->next(std::chrono::steady_clock::now());
        if (verdict.left_out > 0) {
            logger->warn("{} more lines were left out; --log-level debug shows all",
                         verdict.left_out);
        }
        if (verdict.write) {
            logger->log(spdlog_level(at), spdlog::string_view_t(line.data(), line.size()));
        }
    });
}

}  // namespace netaio::app
