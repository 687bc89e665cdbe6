#pragma once

#include <netaio/tapescript/value.hpp>

namespace netaio::tapescript::machine {

/// The nearest number in double precision, halfway to even; infinite when it is too large.
double to_double(const Integer& number);

}  // namespace netaio::tapescript::machine
