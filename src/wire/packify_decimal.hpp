#pragma once

#include <netaio/numbers.hpp>
#include <string>

namespace netaio::wire {

/// One text for all decimals that are numerically equal: -0, 0.0 and 0E+3 are `0`, 1.0 is `1E0`.
/// Not for NaNs, which equal nothing.
std::string numeric_identity(const Decimal& number);

}  // namespace netaio::wire
