#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

/// The system calls of the benchmarks, with errors thrown.
namespace netaio::bench {

template <class Number>
Number must(Number result, const char* what) {
    if (result < 0) {
        throw std::system_error(errno, std::system_category(), what);
    }
    return result;
}

/// A file descriptor, closed at its end.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    int get() const noexcept { return fd_; }

private:
    int fd_;
};

inline double seconds_of(clockid_t clock) {
    timespec time;
    must(clock_gettime(clock, &time), "clock_gettime");
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

inline double monotonic_seconds() {
    return seconds_of(CLOCK_MONOTONIC);
}

/// What a running process and the system on its behalf have used so far.
inline double process_cpu_seconds(pid_t process) {
    clockid_t clock;
    if (const int error = clock_getcpuclockid(process, &clock)) {
        throw std::system_error(error, std::system_category(), "clock_getcpuclockid");
    }
    return seconds_of(clock);
}

/// Lets this process open as many connections as the system allows it.
inline void raise_descriptor_limit() {
    rlimit limit;
    must(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    must(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

inline void set_no_delay(int fd) {
    const int on = 1;
    must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

inline void set_blocking(int fd) {
    must(fcntl(fd, F_SETFL, must(fcntl(fd, F_GETFL), "F_GETFL") & ~O_NONBLOCK), "F_SETFL");
}

inline void set_nonblocking(int fd) {
    must(fcntl(fd, F_SETFL, must(fcntl(fd, F_GETFL), "F_GETFL") | O_NONBLOCK), "F_SETFL");
}

inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

inline Descriptor connect_loopback(std::uint16_t port) {
    Descriptor socket(must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const sockaddr_in address = loopback(port);
    must(connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
         "connect");
    set_no_delay(socket.get());
    return socket;
}

inline Descriptor connect_unix(const std::string& path) {
    Descriptor socket(must(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    must(connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
         "connect");
    return socket;
}

/// Listens on a port that the system picks.
inline std::pair<Descriptor, std::uint16_t> listen_loopback() {
    Descriptor socket(
        must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    must(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size), "bind");
    must(listen(socket.get(), SOMAXCONN), "listen");
    must(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    return {std::move(socket), ntohs(address.sin_port)};
}

/// Returns how much was taken: nothing when the socket is full.
inline std::size_t send_some(int fd, std::string_view bytes) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) {
        return 0;
    }
    return static_cast<std::size_t>(must(sent, "send"));
}

/// Nothing when nothing has come yet; throws when the other end closed.
inline std::optional<std::size_t> receive_some(int fd, std::span<char> buffer) {
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EAGAIN) {
        return std::nullopt;
    }
    if (must(count, "recv") == 0) {
        throw std::runtime_error("the other end closed the connection");
    }
    return static_cast<std::size_t>(count);
}

inline void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        bytes.remove_prefix(send_some(fd, bytes));
    }
}

inline void receive_all(int fd, std::span<char> buffer) {
    while (!buffer.empty()) {
        buffer = buffer.subspan(receive_some(fd, buffer).value_or(0));
    }
}

}  // namespace netaio::bench
