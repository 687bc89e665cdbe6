#pragma once

#include <chrono>

#include "relay.hpp"

namespace netaio::chat_app {

/// Runs a relay until a signal ends it, and then until connections have drained; says where it
/// listens, and on SIGUSR1 what it has done. Gives the exit code. Throws app::Failure, with a
/// sentence that says what to do, when it cannot.
int run_relay(const RelayOptions& options,
              std::chrono::milliseconds drain = std::chrono::seconds(5));

}  // namespace netaio::chat_app
