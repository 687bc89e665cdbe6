#pragma once

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <utility>

namespace netaio::net {

/// Owns a descriptor that no loop knows.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() { close(); }

    int get() const noexcept { return fd_; }
    bool is_open() const noexcept { return fd_ >= 0; }
    void close() noexcept {
        if (is_open()) {
            ::close(std::exchange(fd_, -1));
        }
    }

private:
    int fd_;
};

/// Limits how long a call on a socket that blocks waits to receive (SO_RCVTIMEO), or to send or
/// connect (SO_SNDTIMEO); not for zero, which the system takes for ever. False with errno.
inline bool limit_wait(int socket, int option, std::chrono::milliseconds time) noexcept {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    timeval limit{};
    limit.tv_sec = static_cast<decltype(limit.tv_sec)>(seconds.count());
    limit.tv_usec =
        static_cast<decltype(limit.tv_usec)>(std::chrono::microseconds(time - seconds).count());
    return ::setsockopt(socket, SOL_SOCKET, option, &limit, sizeof limit) == 0;
}

}  // namespace netaio::net
