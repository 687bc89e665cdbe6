#pragma once

#include <cstddef>

namespace netaio {

/// What stop() found. Over UDP there are no connections, but handlers.
struct StopReport {
    std::size_t drained = 0;  ///< connections whose replies had all been taken; handlers that ended
    std::size_t cut_off = 0;  ///< those that were closed, or cancelled, with something outstanding
    std::size_t bytes_discarded = 0;  ///< bytes that were not taken in time
};

}  // namespace netaio
