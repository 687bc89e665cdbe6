#pragma once

#include <string>
#include <string_view>

#include "machine/hash.hpp"

namespace netaio::tapescript::tools {

inline std::string sha256(std::string_view bytes) {
    return std::string(machine::view(machine::hash_sha256(bytes)));
}

/// The first `size` bytes.
inline std::string shake256(std::string_view bytes, std::size_t size) {
    std::string hash(size, '\0');
    machine::hash_shake256(bytes, hash);
    return hash;
}

}  // namespace netaio::tapescript::tools
