#pragma once

#include "holdings.hpp"
#include "relay_options.hpp"

namespace netaio::daemon {

/// What a configuration, and what it names, mean to the relay.
RelayOptions relay_options(const Config& config, const Holdings& holdings,
                           const Environment& environment);

}  // namespace netaio::daemon
