#pragma once

#include <CLI/CLI.hpp>
#include <atomic>
#include <memory>
#include <netaio/environment.hpp>
#include <string>
#include <vector>

namespace netaio::app {

/// Adds --log-level with a default.
void add_log_option(CLI::App& command, std::string& level);

/// The names of the levels, and the level of a name, which must be one of them.
const std::vector<std::string>& log_levels();
LogLevel log_level(const std::string& name);

/// What lines look like.
enum class LogFormat {
    text,  ///< in colour on a terminal
    json,  ///< an object each, of the time, the level and the text
};

/// Who warns of things, and how all lines look: by default the tool `netaio`, in text. To be called
/// before the first line.
void log_as(const char* program, LogFormat format = LogFormat::text);

/// A log of that level, by name, to stderr. Nobody waits for whoever reads it: 1 MiB may wait, and
/// lines beyond that are left out and counted; so are lines above 100 a second, unless everything
/// is asked for.
Log make_log(const std::string& level);

/// The same with a level that may change, where each cause may have 20 lines a second.
Log make_lasting_log(std::shared_ptr<const std::atomic<LogLevel>> level);

/// Logs what somebody asked for, whatever the level.
void announce(std::string_view text);

/// Puts a bare line, in text, on stderr behind what was logged, without waiting either.
void say(std::string_view line);

/// The same, for a warning to whoever gave the command.
void warn(std::string_view text);

/// Gives what was logged and said a second to be written.
void finish_log();

}  // namespace netaio::app
