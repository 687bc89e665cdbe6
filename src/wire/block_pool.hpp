#pragma once

#include <cstddef>

namespace netaio::wire {

/// Storage for message bodies: small blocks come from a bounded cache of the calling thread, so
/// that a steady flow of messages allocates nothing; large ones from the heap. A block may be
/// released on another thread than the one that took it.
char* take_block(std::size_t size, std::size_t& capacity);
void release_block(char* block, std::size_t capacity) noexcept;

}  // namespace netaio::wire
