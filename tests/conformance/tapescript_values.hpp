#pragma once

#include <netaio/tapescript/machine.hpp>

#include "vectors.hpp"

/// The notations of the cases that run scripts.
namespace netaio::vectors {

/// A tagged value as scripts find it in the cache.
tapescript::Value script_value(const Json& tagged);

/// The `cache`, `flags`, `limits` and `now` of a case, whose clock stands still.
tapescript::RunOptions run_options(const Json& one);

}  // namespace netaio::vectors
