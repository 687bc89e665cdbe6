#pragma once

#include <functional>
#include <netaio/bytes.hpp>
#include <netaio/value.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

/// The recorded cases of the reference; notations as in vectors/README.md.
namespace netaio::vectors {

using Json = nlohmann::json;

/// The cases of a file (`packify` for packify.json), from the folder in the environment variable
/// NETAIO_VECTORS or else the one in the tree. Throws std::runtime_error when it cannot be read or
/// has no cases.
const Json& cases(std::string_view file);

/// Calls `run(case)` for each case of one kind, under a trace with its name, and prints how many
/// there were. Fails the current test when there were none.
void for_each_case(std::string_view file, std::string_view kind,
                   const std::function<void(const Json&)>& run);

/// The same for the cases observed while the reference ran its own tests, which are no part of the
/// tree: they are looked for in the folder in the environment variable NETAIO_REFERENCE_VECTORS, or
/// else in shared/vectors/reference beside the tree. Skips the current test when there are none.
void for_each_reference_case(std::string_view file, std::string_view kind,
                             const std::function<void(const Json&)>& run);

/// The bytes of hex digits, in either case. Throws std::invalid_argument for anything else.
std::string from_hex(std::string_view hex);
std::string to_hex(ByteView bytes);

/// A bytes field: hex, or `[[unit_hex, count], ...]`.
std::string bytes_field(const Json& field);

/// A tagged value; throws std::invalid_argument for the tags of tapescript (`script`, `cert`).
Value value_of(const Json& tagged);

/// The fields of a config, a tagged dict of text keys: the value of one, or null.
const Json* config_field(const Json& tagged_dict, std::string_view name);

/// Whether `expect` records an error instead of a result.
bool expects_error(const Json& one_case);

/// Compares with a large output: `{"hex"}`, `{"len", "sha256"}`, or a hex string alone. On a
/// difference the current test fails.
void expect_bytes(const Json& expected, ByteView actual);

std::string sha256_hex(ByteView bytes);

}  // namespace netaio::vectors
