#pragma once

namespace netaio::app {

/// The netaio tool: reads the command line, runs what it asks for, gives the exit code.
int run_tool(int argc, const char* const* argv) noexcept;

}  // namespace netaio::app
