#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace netaio::tapescript::tools {

std::string sha256(std::string_view bytes);
/// The first `size` bytes.
std::string shake256(std::string_view bytes, std::size_t size);

}  // namespace netaio::tapescript::tools
