#pragma once

#include <cstdint>
#include <netaio/address.hpp>
#include <string>
#include <vector>

namespace netaio::app {

/// What to say of a node that listens there and was to have this port, where another of this
/// machine has it; empty for one that got it, or was to have any.
std::string other_port_text(std::uint16_t wanted, const std::vector<Address>& listening);

}  // namespace netaio::app
