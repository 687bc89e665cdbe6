#pragma once

#include <liburing.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>

namespace netaio::net {

/// An io_uring, with memory to receive into.
class Ring {
public:
    /// Throws std::system_error where the system has none, or not all of what is used.
    Ring();
    ~Ring();
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    io_uring& get() noexcept { return ring_; }
    /// The next request to fill in; null when as many as may be wait for submission.
    io_uring_sqe* next() noexcept { return io_uring_get_sqe(&ring_); }
    unsigned space() const noexcept { return io_uring_sq_space_left(&ring_); }

    static constexpr std::uint16_t buffer_group = 0;
    std::span<char> buffer(unsigned id, std::size_t size) noexcept {
        return {&buffers_[id * buffer_stride], size};
    }
    void give_back(unsigned id) noexcept;

    static constexpr unsigned requests_max = 256;  // between two submissions

private:
    void begin();

    static constexpr unsigned completions_max = 4096;  // the kernel keeps what goes beyond
    static constexpr unsigned buffer_count = 128;
    static constexpr std::size_t buffer_size = 16 * 1024;
    // Apart by no power of two: their beginnings, where short messages are, would all compete for
    // the same few places of a cache.
    static constexpr std::size_t buffer_stride = buffer_size + 17 * 64;

    struct Free {
        void operator()(void* memory) const noexcept { std::free(memory); }
    };

    io_uring ring_{};
    std::unique_ptr<io_uring_buf_ring, Free> free_buffers_;
    std::unique_ptr<char[]> buffers_;
};

/// What NETAIO_IO_URING in the environment says, if anything: "off", or "once" to have each receive
/// begin anew.
std::string_view ring_setting() noexcept;

/// Throws std::system_error if that, the result of a call of liburing, is minus an error.
void check(int result, const char* what);

}  // namespace netaio::net
