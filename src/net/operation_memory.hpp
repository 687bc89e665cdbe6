#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <new>

namespace netaio::net {

/// Lasts as long as an operation that is in it, which may be longer than whoever began that.
struct OperationRoom {
    alignas(std::max_align_t) std::array<std::byte, 512> bytes;
    bool taken = false;
};

/// Memory for an operation of Asio's that is begun again and again, which must not fail for want of
/// it. Bound to a handler by boost::asio::bind_allocator(). One operation at a time has it, others
/// take memory as usual. Belongs to one thread.
template <class T = void>
class OperationMemory {
public:
    using value_type = T;

    OperationMemory() : room_(std::make_shared<OperationRoom>()) {}
    template <class Other>
    OperationMemory(const OperationMemory<Other>& other) noexcept : room_(other.room_) {}

    T* allocate(std::size_t count) {
        const std::size_t size = count * sizeof(T);
        if (room_->taken || size > room_->bytes.size()) {
            return static_cast<T*>(::operator new(size));
        }
        room_->taken = true;
        return static_cast<T*>(static_cast<void*>(room_->bytes.data()));
    }
    void deallocate(T* memory, std::size_t) noexcept {
        if (static_cast<void*>(memory) == room_->bytes.data()) {
            room_->taken = false;
        } else {
            ::operator delete(memory);
        }
    }

    template <class Other>
    bool operator==(const OperationMemory<Other>& other) const noexcept {
        return room_ == other.room_;
    }

private:
    template <class Other>
    friend class OperationMemory;

    std::shared_ptr<OperationRoom> room_;
};

}  // namespace netaio::net
