#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace netaio::app {

/// `netaio rules check`.
void add_rules_command(CLI::App& app, std::function<int()>& chosen);

}  // namespace netaio::app
