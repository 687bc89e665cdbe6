#include <openssl/rand.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <netaio/environment.hpp>
#include <stdexcept>

#include "memory.hpp"

namespace netaio {
namespace {

// Goes up in the child of each fork, so that its threads throw away what they share with the
// parent.
std::atomic<std::uint64_t> forks{0};

void draw(std::span<char> bytes) {
    constexpr std::size_t draw_max = std::numeric_limits<int>::max();
    while (!bytes.empty()) {
        const std::span<char> part = bytes.first(std::min(bytes.size(), draw_max));
        if (RAND_bytes(reinterpret_cast<unsigned char*>(part.data()),
                       static_cast<int>(part.size())) != 1) {
            throw std::runtime_error(
                "OpenSSL has no random bytes: its generator could not be seeded");
        }
        bytes = bytes.subspan(part.size());
    }
}

// Random bytes of one thread. They are given out from the back, so that `left` says all, and wiped
// as they go.
class Pool {
public:
    Pool() = default;
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() { clear(); }

    void take(std::span<char> bytes) {
        const std::uint64_t generation = forks.load(std::memory_order_relaxed);
        if (generation != generation_) {
            clear();
            generation_ = generation;
        }
        if (left_ < bytes.size()) {
            left_ = 0;  // until the draw succeeds
            draw(bytes_);
            left_ = bytes_.size();
        }
        left_ -= bytes.size();
        std::copy_n(bytes_.data() + left_, bytes.size(), bytes.data());
        crypto::wipe(bytes_.data() + left_, bytes.size());
    }

    static constexpr std::size_t size = 4096;

private:
    void clear() noexcept {
        left_ = 0;
        crypto::wipe(bytes_.data(), bytes_.size());
    }

    std::array<char, size> bytes_{};
    std::size_t left_ = 0;
    std::uint64_t generation_ = 0;
};

thread_local Pool pool;

class SecureRandom final : public Random {
public:
    SecureRandom() {
        if (pthread_atfork(nullptr, nullptr,
                           [] { forks.fetch_add(1, std::memory_order_relaxed); }) != 0) {
            throw std::runtime_error("no memory to watch for forks, which random bytes depend on");
        }
    }

    void fill(std::span<char> bytes) override {
        if (bytes.size() > Pool::size / 8) {
            draw(bytes);
        } else {
            pool.take(bytes);
        }
    }
};

}  // namespace

std::uint32_t Random::between(std::uint32_t low, std::uint32_t high) {
    const std::uint64_t count = std::uint64_t{high} - low + 1;
    if (count == 1) {
        return low;
    }
    // The high half of a draw times `count` is a number below `count`; those few low halves are
    // refused that would make some numbers likelier than others, all of them below `count`.
    std::uint64_t product = 0;
    do {
        std::uint32_t drawn = 0;
        fill({reinterpret_cast<char*>(&drawn), sizeof drawn});
        product = drawn * count;
    } while (static_cast<std::uint32_t>(product) < count &&
             static_cast<std::uint32_t>(product) < (std::uint64_t{1} << 32) % count);
    return low + static_cast<std::uint32_t>(product >> 32);
}

std::shared_ptr<Random> Environment::secure_random() {
    static const auto random = std::make_shared<SecureRandom>();
    return random;
}

}  // namespace netaio
