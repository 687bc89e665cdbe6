#pragma once

#include <array>
#include <memory>

namespace netaio::wire {

/// Objects of a thread that were used and will be again, so that the steady state of a node takes
/// no memory from the system. Give them back empty; they keep the room they have made.
template <class T>
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
    static constexpr std::size_t objects_max = 64;

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

}  // namespace netaio::wire
