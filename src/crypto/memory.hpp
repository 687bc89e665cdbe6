#pragma once

#include <cstddef>
#include <cstring>
#include <netaio/bytes.hpp>

namespace netaio::crypto {

/// Overwrites memory that held secrets, also where a compiler sees no further use of it: it must
/// take the memory for read, and so cannot leave the zeros out.
inline void wipe(void* memory, std::size_t size) noexcept {
    std::memset(memory, 0, size);
    asm volatile("" : : "r"(memory) : "memory");
}

template <class Object>
void wipe(Object& object) noexcept {
    wipe(&object, sizeof object);
}

/// Whether both hold the same bytes. The time taken depends on the sizes alone.
bool constant_time_equal(ByteView a, ByteView b) noexcept;

}  // namespace netaio::crypto
