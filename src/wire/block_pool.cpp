#include "block_pool.hpp"

#include <array>
#include <memory>

namespace netaio::wire {
namespace {

constexpr std::size_t block_size = 2048;
constexpr std::size_t blocks_max = 64;

struct Cache {
    std::array<char*, blocks_max> blocks{};
    std::size_t count = 0;
    bool alive = true;

    ~Cache() {
        alive = false;
        while (count > 0) {
            delete[] blocks[--count];
        }
    }
};

thread_local Cache cache;

}  // namespace

char* take_block(std::size_t size, std::size_t& capacity) {
    if (size > block_size) {
        capacity = size;
        return new char[size];
    }
    capacity = block_size;
    return cache.count > 0 ? cache.blocks[--cache.count] : new char[block_size];
}

void release_block(char* block, std::size_t capacity) noexcept {
    if (capacity == block_size && cache.alive && cache.count < blocks_max) {
        cache.blocks[cache.count++] = block;
        return;
    }
    delete[] block;
}

}  // namespace netaio::wire
