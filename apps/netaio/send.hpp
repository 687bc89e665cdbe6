#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace netaio::app {

/// Adds `send` and `multicast`; sets `chosen` to what runs the one that the command line asks for.
void add_send_commands(CLI::App& app, std::function<int()>& chosen);

}  // namespace netaio::app
