#pragma once

#include <netaio/tapescript/machine.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace netaio::app {

/// A finished run as one object: ok, error, stack, cache, and what it used up.
nlohmann::ordered_json run_json(const tapescript::RunResult& result);
/// Stack and cache for people.
std::string shown(const tapescript::RunResult& result);

}  // namespace netaio::app
