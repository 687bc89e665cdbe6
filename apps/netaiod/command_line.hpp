#pragma once

namespace netaio::daemon {

/// netaiod as it is started: reads the command line, does what it says and gives the exit code.
int run(int argc, const char* const* argv) noexcept;

}  // namespace netaio::daemon
