#pragma once

#include <cstddef>
#include <netaio/bytes.hpp>

namespace netaio::crypto {

/// Overwrites memory that held secrets, also where a compiler sees no further use of it.
void wipe(void* memory, std::size_t size) noexcept;

/// Whether both hold the same bytes. The time taken depends on the sizes alone.
bool constant_time_equal(ByteView a, ByteView b) noexcept;

}  // namespace netaio::crypto
