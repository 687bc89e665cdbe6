#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace netaio::app {

/// Adds `store backup` and `store check`; when one is what the command line asks for, sets `chosen`
/// to what runs it.
void add_store_command(CLI::App& app, std::function<int()>& chosen);

}  // namespace netaio::app
