#pragma once

#include <chrono>

namespace netaio {

/// The time that does not come: as a timeout, a limit or a pause, "as long as it takes". Whatever
/// is longer than a hundred years means the same.
inline constexpr std::chrono::milliseconds never = std::chrono::milliseconds::max();

}  // namespace netaio
