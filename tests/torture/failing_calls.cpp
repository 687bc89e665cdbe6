// A library to be preloaded that has one system call fail, the n-th of the process that is counted,
// as the system may have it fail. What it replaces are functions of the C library and of liburing,
// so it works where a program calls those; what the library itself calls within is its own.
#include <dlfcn.h>
#include <fcntl.h>
#include <liburing.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>

namespace {

std::atomic<bool> armed{false};
std::atomic<bool> has_failed{false};
std::atomic<std::size_t> left{0};
std::atomic<int> way{0};
void (*noted)(const char*) = nullptr;
std::atomic<void (*)()> watching{nullptr};

// Which of two errors, 0 for none: some a caller may take for passing, others not.
int fails(const char* name, int first, int second) {
    if (auto* const watch = watching.load()) {
        watch();
    }
    if (!armed.load(std::memory_order_relaxed) || left.fetch_sub(1) != 1) {
        return 0;
    }
    has_failed = true;
    noted(name);
    return way == 0 ? first : second;
}

template <class Function>
Function* next(Function*, const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

void failing_calls_arm(std::size_t n, int which, void (*note)(const char*)) {
    noted = note;
    left = n;
    way = which;
    has_failed = false;
    armed = true;
}
void failing_calls_watch(void (*watch)()) {
    watching = watch;
}
void failing_calls_disarm() {
    watching = nullptr;
    armed = false;
}
bool failing_calls_failed() {
    return has_failed;
}

// A function with these parameters, which fails by -1 and errno.
#define FAILING(result, name, parameters, arguments, first, second) \
    result name parameters {                                        \
        static const auto real = next(&name, #name);                \
        if (const int error = fails(#name, first, second)) {        \
            errno = error;                                          \
            return -1;                                              \
        }                                                           \
        return real arguments;                                      \
    }
// The same of liburing, where the result is minus the error.
#define FAILING_RING(result, name, parameters, arguments, first, second) \
    result name parameters {                                             \
        static const auto real = next(&name, #name);                     \
        if (const int error = fails(#name, first, second)) {             \
            return -error;                                               \
        }                                                                \
        return real arguments;                                           \
    }

FAILING(int, socket, (int domain, int type, int protocol) noexcept, (domain, type, protocol),
        EMFILE, EAFNOSUPPORT)
FAILING(int, bind, (int fd, const sockaddr* address, socklen_t size) noexcept, (fd, address, size),
        EADDRINUSE, EACCES)
FAILING(int, listen, (int fd, int backlog) noexcept, (fd, backlog), EADDRINUSE, EOPNOTSUPP)
FAILING(int, connect, (int fd, const sockaddr* address, socklen_t size), (fd, address, size),
        ENETUNREACH, EAGAIN)
FAILING(int, accept, (int fd, sockaddr* address, socklen_t* size), (fd, address, size), EMFILE,
        ECONNABORTED)
FAILING(int, accept4, (int fd, sockaddr* address, socklen_t* size, int flags),
        (fd, address, size, flags), EMFILE, ECONNABORTED)
FAILING(int, getsockname, (int fd, sockaddr* address, socklen_t* size) noexcept,
        (fd, address, size), ENOBUFS, EINVAL)
FAILING(int, getpeername, (int fd, sockaddr* address, socklen_t* size) noexcept,
        (fd, address, size), ENOTCONN, ENOBUFS)
FAILING(int, setsockopt, (int fd, int level, int name, const void* value, socklen_t size) noexcept,
        (fd, level, name, value, size), ENOMEM, EINVAL)
FAILING(int, getsockopt, (int fd, int level, int name, void* value, socklen_t* size) noexcept,
        (fd, level, name, value, size), ENOBUFS, EINVAL)
FAILING(ssize_t, recv, (int fd, void* bytes, std::size_t size, int flags), (fd, bytes, size, flags),
        EINTR, ECONNRESET)
FAILING(ssize_t, recvmsg, (int fd, msghdr* message, int flags), (fd, message, flags), EINTR,
        ECONNRESET)
FAILING(int, recvmmsg, (int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout),
        (fd, messages, count, flags, timeout), EINTR, ENOMEM)
FAILING(ssize_t, send, (int fd, const void* bytes, std::size_t size, int flags),
        (fd, bytes, size, flags), EINTR, EPIPE)
FAILING(ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags), EINTR,
        EPIPE)
FAILING(int, sendmmsg, (int fd, mmsghdr* messages, unsigned count, int flags),
        (fd, messages, count, flags), EINTR, ENOBUFS)
FAILING(ssize_t, readv, (int fd, const iovec* parts, int count), (fd, parts, count), EINTR,
        ECONNRESET)
FAILING(ssize_t, writev, (int fd, const iovec* parts, int count), (fd, parts, count), EINTR, EPIPE)
FAILING(ssize_t, read, (int fd, void* bytes, std::size_t size), (fd, bytes, size), EINTR, EIO)
FAILING(int, epoll_create1, (int flags) noexcept, (flags), EMFILE, ENOMEM)
FAILING(int, epoll_wait, (int fd, epoll_event* events, int count, int timeout),
        (fd, events, count, timeout), EINTR, EINTR)
FAILING(int, timerfd_create, (clockid_t clock, int flags) noexcept, (clock, flags), EMFILE, ENOMEM)
FAILING(int, timerfd_settime,
        (int fd, int flags, const itimerspec* wanted, itimerspec* before) noexcept,
        (fd, flags, wanted, before), ECANCELED, EINVAL)
FAILING(int, eventfd, (unsigned value, int flags) noexcept, (value, flags), EMFILE, ENOMEM)

// Only what is added takes memory.
int epoll_ctl(int fd, int operation, int of, epoll_event* event) noexcept {
    static const auto real = next(&epoll_ctl, "epoll_ctl");
    const int error = operation == EPOLL_CTL_ADD ? fails("epoll_ctl", ENOMEM, ENOSPC) : 0;
    if (error) {
        errno = error;
        return -1;
    }
    return real(fd, operation, of, event);
}

int ioctl(int fd, unsigned long request, ...) noexcept {
    static const auto real =
        reinterpret_cast<int (*)(int, unsigned long, void*)>(::dlsym(RTLD_NEXT, "ioctl"));
    va_list rest;
    va_start(rest, request);
    void* const argument = va_arg(rest, void*);
    va_end(rest);
    if (const int error = fails("ioctl", ENOMEM, EINVAL)) {
        errno = error;
        return -1;
    }
    return real(fd, request, argument);
}

int fcntl(int fd, int command, ...) {
    static const auto real =
        reinterpret_cast<int (*)(int, int, void*)>(::dlsym(RTLD_NEXT, "fcntl"));
    va_list rest;
    va_start(rest, command);
    void* const argument = va_arg(rest, void*);
    va_end(rest);
    if (const int error = fails("fcntl", EINVAL, ENOLCK)) {
        errno = error;
        return -1;
    }
    return real(fd, command, argument);
}

int openat(int folder, const char* path, int flags, ...) {
    static const auto real =
        reinterpret_cast<int (*)(int, const char*, int, mode_t)>(::dlsym(RTLD_NEXT, "openat"));
    va_list rest;
    va_start(rest, flags);
    const auto mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : mode_t{0};
    va_end(rest);
    if (const int error = fails("openat", EMFILE, EACCES)) {
        errno = error;
        return -1;
    }
    return real(folder, path, flags, mode);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                   void* argument) noexcept {
    static const auto real = next(&pthread_create, "pthread_create");
    if (const int error = fails("pthread_create", EAGAIN, EAGAIN)) {
        return error;
    }
    return real(thread, attributes, run, argument);
}

FAILING_RING(int, io_uring_queue_init_params,
             (unsigned entries, io_uring* ring, io_uring_params* p), (entries, ring, p), ENOMEM,
             EPERM)
FAILING_RING(int, io_uring_register_buf_ring,
             (io_uring * ring, io_uring_buf_reg* registration, unsigned flags),
             (ring, registration, flags), ENOMEM, EINVAL)
FAILING_RING(int, io_uring_register_ring_fd, (io_uring * ring), (ring), ENOMEM, EINVAL)
FAILING_RING(int, io_uring_submit_and_wait, (io_uring * ring, unsigned count), (ring, count), EINTR,
             EAGAIN)
FAILING_RING(int, io_uring_submit_and_wait_timeout,
             (io_uring * ring, io_uring_cqe** entry, unsigned count, __kernel_timespec* time,
              sigset_t* signals),
             (ring, entry, count, time, signals), EINTR, EAGAIN)
FAILING_RING(int, io_uring_submit_and_get_events, (io_uring * ring), (ring), EINTR, EAGAIN)
FAILING_RING(int, io_uring_get_events, (io_uring * ring), (ring), EINTR, EBUSY)

}  // extern "C"
