#include "block_pool.hpp"

#include "object_pool.hpp"

namespace netaio::wire {
namespace {

struct Block {
    char bytes[2048];
};

}  // namespace

char* take_block(std::size_t size, std::size_t& capacity) {
    if (size > sizeof(Block)) {
        capacity = size;
        return new char[size];
    }
    capacity = sizeof(Block);
    return ObjectPool<Block>::take()->bytes;
}

void release_block(char* block, std::size_t capacity) noexcept {
    if (capacity == sizeof(Block)) {
        ObjectPool<Block>::give(reinterpret_cast<Block*>(block));
    } else {
        delete[] block;
    }
}

}  // namespace netaio::wire
