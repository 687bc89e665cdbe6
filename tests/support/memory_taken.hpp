#pragma once

#include <malloc.h>

#include <atomic>
#include <cstddef>

namespace netaio::test {

/// What all allocations take of the system's memory, in bytes, in a program with replaced_new.hpp.
inline std::atomic<std::size_t> memory_taken{0};

inline std::size_t taken_by(void* memory) noexcept {
    return malloc_usable_size(memory) + sizeof(std::size_t);
}

}  // namespace netaio::test
