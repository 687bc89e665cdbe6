#pragma once

#include <string_view>

namespace netaio::app {

/// Writes all of it, however long that takes. Gives errno, or 0.
int write_all(int descriptor, std::string_view bytes) noexcept;

}  // namespace netaio::app
