#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace netaio::tapescript::machine {

using Hash256 = std::array<char, 32>;

Hash256 hash_sha256(std::string_view bytes);
/// Fills the whole of `hash`.
void hash_shake256(std::string_view bytes, std::span<char> hash);

inline std::string_view view(const Hash256& hash) noexcept {
    return {hash.data(), hash.size()};
}

}  // namespace netaio::tapescript::machine
