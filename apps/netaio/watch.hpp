#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace netaio::app {

/// Adds `watch`; when it is what the command line asks for, sets `chosen` to what runs it.
void add_watch_command(CLI::App& app, std::function<int()>& chosen);

}  // namespace netaio::app
