#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace netaio::app {

/// Adds `subscribe`; when it is what the command line asks for, sets `chosen` to what runs it.
void add_subscribe_command(CLI::App& app, std::function<int()>& chosen);

/// Adds `list`, which prints the present values and ends.
void add_list_command(CLI::App& app, std::function<int()>& chosen);

}  // namespace netaio::app
