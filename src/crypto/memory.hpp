#pragma once

#include <cstddef>
#include <cstring>
#include <netaio/bytes.hpp>

namespace netaio::crypto {

/// Overwrites memory that held secrets, also where a compiler sees no further use of it.
void wipe(void* memory, std::size_t size) noexcept;

/// The same for a small object of known size, without a call. Compilers must take the memory for
/// read and so cannot leave the zeros out.
template <class Object>
void wipe(Object& object) noexcept {
    std::memset(&object, 0, sizeof object);
    asm volatile("" : : "r"(&object) : "memory");
}

/// Whether both hold the same bytes. The time taken depends on the sizes alone.
bool constant_time_equal(ByteView a, ByteView b) noexcept;

}  // namespace netaio::crypto
