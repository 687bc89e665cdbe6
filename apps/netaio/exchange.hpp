#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace netaio::app {

/// Adds `request`, `create`, `update`, `put`, `delete` and `publish`; sets `chosen` to what runs
/// the one that the command line asks for.
void add_exchange_commands(CLI::App& app, std::function<int()>& chosen);

}  // namespace netaio::app
