#pragma once

#include <cstdint>
#include <functional>

namespace netaio::sim {

/// Runs a scenario with the seeds from 1 to `count`, fewer in a build that is not optimised, until
/// one fails, and says which. With NETAIO_SIM_SEED=n in the environment, runs exactly that one;
/// with NETAIO_SIM_SEEDS=n, so many.
void for_each_seed(std::uint64_t count, const std::function<void(std::uint64_t seed)>& scenario);

}  // namespace netaio::sim
