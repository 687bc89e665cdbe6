#include "io_ring.hpp"

#include <new>
#include <system_error>

#include "seen_by_sanitizer.hpp"

namespace netaio::net {

std::string_view ring_setting() noexcept {
    const char* setting = std::getenv("NETAIO_IO_URING");
    return setting ? setting : "";
}

void check(int result, const char* what) {
    if (result < 0) {
        throw std::system_error(-result, std::system_category(), what);
    }
}

Ring::Ring() {
    constexpr std::size_t page = 4096;
    constexpr std::size_t ring_size = buffer_count * sizeof(io_uring_buf);
    free_buffers_.reset(static_cast<io_uring_buf_ring*>(
        std::aligned_alloc(page, (ring_size + page - 1) / page * page)));
    if (!free_buffers_) {
        throw std::bad_alloc();
    }
    buffers_ = std::make_unique_for_overwrite<char[]>(buffer_count * buffer_stride);
    io_uring_params params{};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                   IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
    params.cq_entries = completions_max;
    check(io_uring_queue_init_params(requests_max, &ring_, &params), "io_uring_setup");
    have_received();  // memory that may have been an earlier ring's, another thread's
    try {
        begin();
    } catch (...) {
        io_uring_queue_exit(&ring_);
        throw;
    }
}

void Ring::begin() {
    io_uring_register_ring_fd(&ring_);  // spares each call a lookup, where there is such a thing
    io_uring_buf_ring_init(free_buffers_.get());
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(free_buffers_.get());
    registration.ring_entries = buffer_count;
    registration.bgid = buffer_group;
    check(io_uring_register_buf_ring(&ring_, &registration, 0), "io_uring_register");
    for (unsigned id = 0; id < buffer_count; ++id) {
        give_back(id);
    }
    // Some systems let one be made, but not used.
    io_uring_prep_nop(next());
    check(io_uring_submit_and_wait(&ring_, 1), "io_uring_enter");
    io_uring_cq_advance(&ring_, 1);
}

Ring::~Ring() {
    about_to_send();
    io_uring_queue_exit(&ring_);
}

void Ring::give_back(unsigned id) noexcept {
    const auto memory = buffer(id, buffer_size);
    io_uring_buf_ring_add(free_buffers_.get(), memory.data(), buffer_size,
                          static_cast<std::uint16_t>(id), io_uring_buf_ring_mask(buffer_count), 0);
    io_uring_buf_ring_advance(free_buffers_.get(), 1);
}

}  // namespace netaio::net
