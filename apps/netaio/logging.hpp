#pragma once

#include <CLI/CLI.hpp>
#include <netaio/environment.hpp>
#include <string>

namespace netaio::app {

/// Adds --log-level with a default.
void add_log_option(CLI::App& command, std::string& level);

/// A log of that level, by name, to stderr, in colour when that is a terminal.
Log make_log(const std::string& level);

}  // namespace netaio::app
