#pragma once

#include <array>
#include <cstddef>
#include <memory>

namespace netaio::wire {

/// Objects of a thread that were used and will be again, so that the steady state of a node takes
/// no memory from the system. Give them back empty; they keep the room they have made.
template <class T, std::size_t objects_max = 64>
class ObjectPool {
public:
    static T* take() {
        Cache& mine = cache;
        return mine.count > 0 ? mine.objects[--mine.count].release() : new T;
    }
    static void give(T* object) noexcept {
        Cache& mine = cache;
        if (mine.alive && mine.count < objects_max) {
            mine.objects[mine.count++].reset(object);
        } else {
            delete object;
        }
    }

private:
    struct Cache {
        std::array<std::unique_ptr<T>, objects_max> objects;
        std::size_t count = 0;
        bool alive = true;

        ~Cache() {
            alive = false;
            count = 0;
        }
    };

    inline static thread_local Cache cache;
};

/// The memory of single objects from such a pool, as std::allocate_shared() takes it.
template <class T, std::size_t kept_max>
struct PooledAllocator {
    using value_type = T;
    template <class U>
    struct rebind {
        using other = PooledAllocator<U, kept_max>;
    };

    PooledAllocator() noexcept = default;
    template <class U>
    PooledAllocator(const PooledAllocator<U, kept_max>&) noexcept {}

    T* allocate(std::size_t) { return reinterpret_cast<T*>(ObjectPool<Memory, kept_max>::take()); }
    void deallocate(T* object, std::size_t) noexcept {
        ObjectPool<Memory, kept_max>::give(reinterpret_cast<Memory*>(object));
    }
    template <class U>
    bool operator==(const PooledAllocator<U, kept_max>&) const noexcept {
        return true;
    }

private:
    struct alignas(T) Memory {
        std::byte bytes[sizeof(T)];
    };
};

}  // namespace netaio::wire
