#pragma once

#include <CLI/CLI.hpp>
#include <netaio/environment.hpp>
#include <string>

namespace netaio::app {

/// Adds --log-level with a default.
void add_log_option(CLI::App& command, std::string& level);

/// A log of that level, by name, to stderr, in colour when that is a terminal. Nobody waits for
/// whoever reads it: 1 MiB may wait, and lines beyond that are left out and counted.
Log make_log(const std::string& level);

/// Logs what somebody asked for, whatever the level.
void announce(std::string_view text);

/// Puts a bare line on stderr behind what was logged, without waiting either.
void say(std::string_view line);

/// The same, for a warning to whoever gave the command.
void warn(std::string_view text);

/// Gives what was logged and said a second to be written.
void finish_log();

}  // namespace netaio::app
