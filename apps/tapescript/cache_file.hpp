#pragma once

#include <netaio/tapescript/value.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace netaio::app {

/// A cache from a JSON file: an object of `"TYPE:NAME": ["TYPE", VALUE]`. The type is str (or
/// string) or bytes (hexadecimal digits); that of a value may also be number, or list with values
/// as its value. Named keys are str, those of scripts bytes. Throws Failure for anything else.
tapescript::Cache read_cache_file(const std::string& file);

/// A cache in the same notation.
nlohmann::ordered_json cache_json(const tapescript::Cache& cache);

/// A value for people: bytes as 0x and digits.
std::string shown(const tapescript::Value& value);
/// The cache for people, one line for each key.
std::string shown(const tapescript::Cache& cache);

}  // namespace netaio::app
