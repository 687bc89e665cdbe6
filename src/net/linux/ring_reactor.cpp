#include "ring_reactor.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <system_error>
#include <utility>

#include "io_ring.hpp"
#include "seen_by_sanitizer.hpp"
#include "wire/endian.hpp"

namespace netaio::net {
namespace {

using boost::asio::detail::epoll_reactor;

// Asio has no public way to its epoll. Naming a private member in an explicit instantiation is one
// that the language has.
template <int epoll_reactor::* member>
struct EpollOf {
    friend int epoll_of(epoll_reactor& reactor) { return reactor.*member; }
};
int epoll_of(epoll_reactor& reactor);
template struct EpollOf<&epoll_reactor::epoll_fd_>;

// A completion belongs to a Request, at its address, or is one of these.
constexpr std::uint64_t cancel_tag = 0;
constexpr std::uint64_t epoll_tag = 2;
constexpr std::uint64_t send_tag = 1;  // in the lowest bit, before the number of the Sending

// With MSG_WAITALL a send that the system takes in part counts as failed, and is heard of.
constexpr int send_flags = MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL;

// Other than the system's, these numbers are not given again.
std::uint64_t this_thread_number() noexcept {
    static std::atomic<std::uint64_t> last{0};
    thread_local std::uint64_t number = 0;
    if (number == 0) {
        number = last.fetch_add(1) + 1;
    }
    return number;
}

// Whether a receive may stay in the ring. In kernels before 6.18, a reset that comes with bytes can
// be lost to one that does (liburing's issue 1549); one that begins anew meets it.
bool receives_stay() noexcept {
    static const bool stay = [] {
        utsname system{};
        int major = 0;
        int minor = 0;
        return ring_setting() != "once" && uname(&system) == 0 &&
               std::sscanf(system.release, "%d.%d", &major, &minor) == 2 &&
               std::pair(major, minor) >= std::pair(6, 18);
    }();
    return stay;
}

// Errors that pass.
bool is_lasting(int result) noexcept {
    return result < 0 && result != -EINTR && result != -EAGAIN && result != -EBUSY &&
           result != -ETIME;
}

}  // namespace

RingReactor::RingReactor(boost::asio::execution_context& context)
    : epoll_reactor(context),
      scheduler_(boost::asio::use_service<boost::asio::detail::scheduler>(context)) {}

RingReactor::~RingReactor() = default;

void RingReactor::Request::complete(void* context, Operation* operation,
                                    const boost::system::error_code&, std::size_t) {
    auto* request = static_cast<Request*>(operation);
    if (!context) {
        const auto last = std::move(request->self_);
        return;
    }
    --request->reactor_.came_;
    // However handling ends, what was brought besides is handled in turns of its own.
    struct Rest {
        Request& of;
        std::shared_ptr<Request> self;
        ~Rest() {
            of.queued_ = false;
            if (!of.brought_.empty()) {
                of.reactor_.queue(of);
            } else if (!of.is_linked()) {
                of.self_ = nullptr;
            }
        }
    } rest{*request, request->self_};
    request->result_ = request->brought_.front().result;
    request->flags_ = request->brought_.front().flags;
    request->brought_.erase(request->brought_.begin());
    request->came();
}

bool RingReactor::usable() const noexcept {
    return ring_ && thread_ == this_thread_number();
}

RingReactor* RingReactor::of(const boost::asio::any_io_executor& executor) {
    const auto* own = executor.target<boost::asio::io_context::executor_type>();
    if (!own || !own->running_in_this_thread()) {
        return nullptr;
    }
    auto* reactor =
        dynamic_cast<RingReactor*>(&boost::asio::use_service<epoll_reactor>(own->context()));
    return reactor && reactor->open() ? reactor : nullptr;
}

// Made by the thread that will use it, as only that one may.
bool RingReactor::open() {
    if (!ring_ && !unavailable_) {
        try {
            output_ = std::make_unique_for_overwrite<char[]>(output_size);
            sendings_.reserve(Ring::requests_max);
            ring_ = std::make_unique<Ring>();
            thread_ = this_thread_number();
            init_task();  // what the loop waits in, as any socket of Asio's says too
        } catch (const std::bad_alloc&) {
            output_.reset();
            return false;
        } catch (const std::system_error& error) {
            // Epoll does. Short of memory or descriptors this time, or for good?
            unavailable_ = error.code() != std::errc::not_enough_memory &&
                           error.code() != std::errc::too_many_files_open &&
                           error.code() != std::errc::too_many_files_open_in_system;
        }
    }
    return usable();
}

void RingReactor::leave_epoll(int fd) {
    epoll_event none{};
    epoll_ctl(epoll_of(*this), EPOLL_CTL_DEL, fd, &none);
}

bool RingReactor::enter_epoll(int fd, per_descriptor_data data) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLERR | EPOLLHUP | EPOLLET;  // as Asio does
    event.data.ptr = data;
    return epoll_ctl(epoll_of(*this), EPOLL_CTL_ADD, fd, &event) == 0;
}

io_uring_sqe* RingReactor::next() {
    io_uring_sqe* entry = ring_->next();
    while (!entry) {
        submit();
        entry = ring_->next();
    }
    return entry;
}

void RingReactor::started(io_uring_sqe& entry, Request& request) {
    entry.user_data = reinterpret_cast<std::uintptr_t>(&request);
    request.self_ = request.shared_from_this();
    waiting_.push_back(request);
    scheduler_.work_started();
}

void RingReactor::queue(Request& request) {
    if (!std::exchange(request.queued_, true)) {
        ++came_;
        scheduler_.work_started();
        done_.push(&request);
    }
}

void RingReactor::receive(int fd, Request& request) {
    io_uring_sqe* entry = next();
    if (receives_stay()) {
        io_uring_prep_recv_multishot(entry, fd, nullptr, 0, 0);
    } else {
        io_uring_prep_recv(entry, fd, nullptr, 0, 0);
    }
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = Ring::buffer_group;
    entry->ioprio |= IORING_RECVSEND_POLL_FIRST;
    started(*entry, request);
}

void RingReactor::await_input(int fd, Request& request) {
    io_uring_sqe* entry = next();
    io_uring_prep_poll_add(entry, fd, POLLIN);
    started(*entry, request);
}

void RingReactor::receive(int fd, Request& request, msghdr& message) {
    io_uring_sqe* entry = next();
    io_uring_prep_recvmsg(entry, fd, &message, 0);
    started(*entry, request);
}

void RingReactor::cancel(Request& request) {
    if (usable() && request.is_linked()) {
        io_uring_sqe* entry = next();
        io_uring_prep_cancel(entry, &request, 0);
        entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
        entry->user_data = cancel_tag;
    }
}

std::span<char> RingReactor::received(const Request& request) noexcept {
    if (request.result_ <= 0) {
        return {};
    }
    return ring_->buffer(request.flags_ >> IORING_CQE_BUFFER_SHIFT,
                         static_cast<std::size_t>(request.result_));
}

void RingReactor::give_back(Request& request) noexcept {
    if (request.flags_ & IORING_CQE_F_BUFFER) {
        ring_->give_back(request.flags_ >> IORING_CQE_BUFFER_SHIFT);
        request.flags_ &= ~IORING_CQE_F_BUFFER;
    }
}

char* RingReactor::room_for(std::size_t size) noexcept {
    if (output_used_ + size > output_size) {
        return nullptr;
    }
    return output_.get() + std::exchange(output_used_, output_used_ + size);
}

// It is done when it is submitted, whatever comes of it, and heard of only when not all was taken.
void RingReactor::sending(io_uring_sqe& entry, Sender& sender, ByteView bytes,
                          const msghdr* message) {
    entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
    entry.user_data = sendings_.size() << 1 | send_tag;
    if (sendings_.empty()) {
        scheduler_.work_started();  // the loop must not end before
    }
    sendings_.push_back({&sender, &entry, bytes, message});
    sender.turn_ = turn_;
}

bool RingReactor::ends_output(const Sending& sending, const Sender& sender) const noexcept {
    return sending.sender == &sender &&
           sending.bytes.data() + sending.bytes.size() == output_.get() + output_used_;
}

bool RingReactor::send(int fd, Sender& sender, ByteView bytes) {
    const bool follows = holds_bytes_of(sender);
    if (!usable() || (follows && !ends_output(sendings_.back(), sender))) {
        return false;
    }
    // Room is taken only for what will be sent.
    char* const copy = follows || ring_->space() > 0 ? room_for(bytes.size()) : nullptr;
    if (!copy) {
        return false;
    }
    wire::put_bytes(copy, bytes);
    if (follows) {
        Sending& before = sendings_.back();
        before.bytes = ByteView(before.bytes.data(), before.bytes.size() + bytes.size());
        before.request->len = static_cast<unsigned>(before.bytes.size());
    } else {
        send_bytes(fd, sender, ByteView(copy, bytes.size()));
    }
    submit_much();
    return true;
}

bool RingReactor::send_lent(int fd, Sender& sender, std::string& bytes) {
    if (!usable() || holds_bytes_of(sender) || bytes.size() > lent_max || ring_->space() == 0) {
        return false;
    }
    std::string& kept = lent_[lent_count_++];
    kept.swap(bytes);
    bytes.clear();
    lent_bytes_ += kept.size();
    send_bytes(fd, sender, kept);
    submit_much();
    return true;
}

void RingReactor::send_bytes(int fd, Sender& sender, ByteView bytes) {
    io_uring_sqe* const entry = ring_->next();
    io_uring_prep_send(entry, fd, bytes.data(), bytes.size(), send_flags);
    sending(*entry, sender, bytes);
}

void RingReactor::take_back_lent() noexcept {
    for (std::string& bytes : std::span(lent_).first(lent_count_)) {
        if (bytes.capacity() > lent_max) {
            bytes = std::string();
        }
    }
    lent_count_ = 0;
    lent_bytes_ = 0;
}

void RingReactor::submit_much() {
    if (output_used_ + lent_bytes_ >= together_max || lent_count_ == lent_.size()) {
        submit();
    }
}

bool RingReactor::send(int fd, Sender& sender, const msghdr& message) {
    // Each part where a pointer may point.
    const auto aligned = [](std::size_t size) {
        constexpr std::size_t unit = alignof(std::max_align_t);
        return (size + unit - 1) / unit * unit;
    };
    const iovec& bytes = message.msg_iov[0];
    const std::size_t header_size = aligned(sizeof(msghdr)) + aligned(sizeof(iovec)) +
                                    aligned(message.msg_namelen) + aligned(message.msg_controllen);
    char* at = usable() && message.msg_iovlen == 1 && ring_->space() > 0
                   ? room_for(header_size + aligned(bytes.iov_len) + aligned(1))
                   : nullptr;
    if (!at) {
        return false;
    }
    const auto offset = static_cast<std::size_t>(at - output_.get());
    at += aligned(offset) - offset;
    const auto keep = [&](const void* part, std::size_t size) {
        std::memcpy(at, part, size);
        return std::exchange(at, at + aligned(size));
    };
    auto* const copy = reinterpret_cast<msghdr*>(keep(&message, sizeof message));
    copy->msg_iov = reinterpret_cast<iovec*>(keep(&bytes, sizeof bytes));
    copy->msg_name = keep(message.msg_name, message.msg_namelen);
    copy->msg_control =
        message.msg_controllen > 0 ? keep(message.msg_control, message.msg_controllen) : nullptr;
    copy->msg_iov->iov_base = keep(bytes.iov_base, bytes.iov_len);
    io_uring_sqe* const entry = ring_->next();
    io_uring_prep_sendmsg(entry, fd, copy, send_flags);
    sending(*entry, sender,
            ByteView(static_cast<const char*>(copy->msg_iov->iov_base), bytes.iov_len), copy);
    return true;
}

void RingReactor::forget(const Sender& sender) noexcept {
    for (Sending& sending : sendings_) {
        if (sending.sender == &sender) {
            sending.sender = nullptr;
        }
    }
}

void RingReactor::submit() {
    while (usable() && io_uring_sq_ready(&ring_->get()) > 0) {
        about_to_send();
        // With what is done already: that lets go of sockets that were closed.
        const int result = io_uring_submit_and_get_events(&ring_->get());
        if (is_lasting(result)) {
            check(result, "io_uring_enter");
        }
        collect();
    }
}

void RingReactor::collect() {
    io_uring& ring = ring_->get();
    do {
        io_uring_cqe* entry = nullptr;
        unsigned head = 0;
        io_uring_for_each_cqe(&ring, head, entry) {
            const io_uring_cqe& done = *entry;
            const std::uint64_t user_data = done.user_data;
            const int result = done.res;
            const unsigned flags = done.flags;
            make_room_for(user_data);
            io_uring_cq_advance(&ring, 1);
            finished(user_data, result, flags);
        }
    } while (io_uring_cq_has_overflow(&ring) && io_uring_get_events(&ring) >= 0);
    if (!sendings_.empty() && io_uring_sq_ready(&ring_->get()) == 0) {
        sendings_.clear();
        output_used_ = 0;
        take_back_lent();
        ++turn_;
        scheduler_.work_finished();
    }
}

// While the ring still has it: without memory it is met again later.
void RingReactor::make_room_for(std::uint64_t user_data) {
    if (user_data != cancel_tag && user_data != epoll_tag && !(user_data & send_tag)) {
        auto& brought = reinterpret_cast<Request*>(user_data)->brought_;
        if (brought.size() == brought.capacity()) {
            brought.reserve(2 * brought.size() + 1);
        }
    }
}

void RingReactor::finished(std::uint64_t user_data, int result, unsigned flags) {
    if (user_data == cancel_tag) {
        return;
    }
    if (user_data == epoll_tag) {
        watching_epoll_ = false;
        epoll_ready_ = true;
    } else if (user_data & send_tag) {
        const Sending& sending = sendings_[user_data >> 1];
        if (sending.sender) {
            const auto taken = static_cast<std::size_t>(std::max(result, 0));
            sending.sender->not_sent(sending.bytes.substr(taken), sending.message,
                                     std::error_code(std::max(-result, 0), std::system_category()));
        }
    } else {
        auto* request = reinterpret_cast<Request*>(user_data);
        have_received();
        request->brought_.push_back({result, flags});
        queue(*request);
        if (!(flags & IORING_CQE_F_MORE)) {
            waiting_.erase(waiting_.iterator_to(*request));
            scheduler_.work_finished();
        }
    }
}

void RingReactor::enter(long usec) {
    io_uring& ring = ring_->get();
    about_to_send();
    int result = 0;
    if (usec < 0) {
        result = io_uring_submit_and_wait(&ring, 1);
    } else if (usec > 0) {
        __kernel_timespec time{usec / 1000000, usec % 1000000 * 1000};
        io_uring_cqe* first = nullptr;
        result = io_uring_submit_and_wait_timeout(&ring, &first, 1, &time, nullptr);
    } else if (io_uring_sq_ready(&ring) > 0 ||
               (*ring.sq.kflags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW))) {
        result = io_uring_submit_and_get_events(&ring);
    }
    if (is_lasting(result)) {
        check(result, "io_uring_enter");
    }
}

void RingReactor::run(long usec, boost::asio::detail::op_queue<Operation>& done) {
    if (!usable() || (waiting_.empty() && sendings_.empty() && done_.empty())) {
        epoll_reactor::run(usec, done);
        return;
    }
    if (!watching_epoll_) {
        io_uring_sqe* entry = next();
        io_uring_prep_poll_add(entry, epoll_of(*this), POLLIN);
        entry->user_data = epoll_tag;
        watching_epoll_ = true;
    }
    // When all there is to do is to send, nothing tells that it was done.
    enter(done_.empty() && !waiting_.empty() ? usec : 0);
    collect();
    submit();  // what an interruption left
    done.push(done_);
    if (std::exchange(epoll_ready_, false)) {
        epoll_reactor::run(0, done);
    }
}

void RingReactor::shutdown() {
    ring_.reset();
    while (!waiting_.empty()) {
        Request& request = waiting_.front();
        waiting_.pop_front();
        if (!request.queued_) {
            request.destroy();
        }
    }
    while (Operation* operation = done_.front()) {
        done_.pop();
        operation->destroy();
    }
    epoll_reactor::shutdown();
}

}  // namespace netaio::net
