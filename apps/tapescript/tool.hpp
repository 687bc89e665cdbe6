#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace netaio::app {

/// The tapescript tool: reads the command line, runs what it asks for, gives the exit code.
int run_tapescript_tool(int argc, const char* const* argv) noexcept;

/// How the tool ends when a script does not compile, decompile, run to its end or open.
inline constexpr int script_failed = 3;

/// The command that was chosen; returns the exit code.
using Chosen = std::function<int()>;

void add_repl_command(CLI::App& app, Chosen& chosen);
void add_compile_commands(CLI::App& app, Chosen& chosen);
void add_run_commands(CLI::App& app, Chosen& chosen);
void add_lock_command(CLI::App& app, Chosen& chosen);
void add_witness_command(CLI::App& app, Chosen& chosen);
void add_key_commands(CLI::App& app, Chosen& chosen);

}  // namespace netaio::app
