#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

#include "memory_taken.hpp"

/// Replaces operator new and delete in a program of which one source includes this, and defines
/// may_allocate(): each allocation asks that first, and fails when it says no.
namespace netaio::test {

bool may_allocate() noexcept;

inline void* allocate(std::size_t size) {
    void* const memory = may_allocate() ? std::malloc(size) : nullptr;
    if (!memory) {
        throw std::bad_alloc();
    }
    memory_taken += taken_by(memory);
    return memory;
}
inline void deallocate(void* memory) noexcept {
    if (memory) {
        memory_taken -= taken_by(memory);
    }
    std::free(memory);
}

}  // namespace netaio::test

void* operator new(std::size_t size) {
    return netaio::test::allocate(size);
}
void* operator new[](std::size_t size) {
    return netaio::test::allocate(size);
}
void operator delete(void* memory) noexcept {
    netaio::test::deallocate(memory);
}
void operator delete[](void* memory) noexcept {
    netaio::test::deallocate(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    netaio::test::deallocate(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    netaio::test::deallocate(memory);
}
