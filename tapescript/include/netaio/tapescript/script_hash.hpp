#pragma once

#include <cstdint>
#include <netaio/tapescript/script.hpp>

namespace netaio::tapescript {

/// A lock that holds a script's SHAKE-256 of `hash_size` bytes: a witness brings the script, which
/// then runs. Throws std::invalid_argument when `hash_size` is zero.
Script make_scripthash_lock(const Script& script, std::uint8_t hash_size = 26);
/// Brings the script. What the script itself asks for comes before it. Throws
/// std::invalid_argument when the script is empty or above 65535 bytes.
Script make_scripthash_witness(const Script& script);

}  // namespace netaio::tapescript
