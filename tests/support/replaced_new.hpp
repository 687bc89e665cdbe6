#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

/// Replaces operator new and delete in a program of which one source includes this, and defines
/// may_allocate(): each allocation asks that first, and fails when it says no.
namespace netaio::test {

bool may_allocate() noexcept;

inline void* allocate(std::size_t size) {
    void* const memory = may_allocate() ? std::malloc(size) : nullptr;
    if (!memory) {
        throw std::bad_alloc();
    }
    return memory;
}

}  // namespace netaio::test

void* operator new(std::size_t size) {
    return netaio::test::allocate(size);
}
void* operator new[](std::size_t size) {
    return netaio::test::allocate(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}
