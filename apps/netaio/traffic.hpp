#pragma once

#include <netaio/counters.hpp>
#include <string>

namespace netaio::app {

/// What went in and out, and what did not, for the line that a server or node ends with.
std::string traffic(const Counters& counters);

}  // namespace netaio::app
