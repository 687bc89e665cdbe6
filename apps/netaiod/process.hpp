#pragma once

#include "config.hpp"

namespace netaio::daemon {

/// Runs a daemon in this process until SIGTERM or SIGINT, and gives the exit code. Throws Failure
/// or ConfigError where it cannot start.
int run_daemon(const Config& config);

}  // namespace netaio::daemon
