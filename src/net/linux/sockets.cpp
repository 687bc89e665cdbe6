#include "net/sockets.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "core/waiting.hpp"

namespace netaio::net {
namespace {

using boost::asio::ip::udp;

// Asio's own way to open a socket lacks the flag.
template <class Socket, class Protocol>
void open_closed_on_exec(Socket& socket, const Protocol& protocol,
                         boost::system::error_code& error) {
    const int fd = ::socket(protocol.family(), protocol.type() | SOCK_CLOEXEC, protocol.protocol());
    if (fd < 0) {
        error.assign(errno, boost::system::system_category());
        return;
    }
    socket.assign(protocol, fd, error);
    if (error) {
        ::close(fd);
    }
}

// The most seconds that the kernel takes.
constexpr int keepalive_max = 32767;

void set_number(int fd, int level, int option, long long value) {
    const int number = static_cast<int>(value);
    static_cast<void>(::setsockopt(fd, level, option, &number, sizeof number));
}

}  // namespace

void open_socket(StreamAcceptor& acceptor, const StreamProtocol& protocol,
                 boost::system::error_code& error) {
    open_closed_on_exec(acceptor, protocol, error);
}

void open_socket(StreamSocket& socket, const StreamProtocol& protocol,
                 boost::system::error_code& error) {
    open_closed_on_exec(socket, protocol, error);
}

void open_socket(udp::socket& socket, const udp& protocol, boost::system::error_code& error) {
    open_closed_on_exec(socket, protocol, error);
}

const int no_signal = MSG_NOSIGNAL;

int open_stream(int family) noexcept {
    return ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

StreamSocket accept_waiting(StreamAcceptor& acceptor, const boost::asio::any_io_executor& executor,
                            boost::system::error_code& error) {
    StreamSocket socket(executor);
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = ::accept4(acceptor.native_handle(), reinterpret_cast<sockaddr*>(&from), &size,
                             SOCK_CLOEXEC);
    if (fd < 0) {
        error.assign(errno, boost::system::system_category());
        return socket;
    }
    socket.assign(StreamProtocol(from.ss_family, 0), fd, error);
    if (error) {
        ::close(fd);
    }
    return socket;
}

bool has_abstract_names() noexcept {
    return true;
}

std::optional<Credentials> credentials_of(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return std::nullopt;
    }
    return Credentials{peer.uid, peer.gid, peer.pid};
}

std::optional<std::size_t> descriptors_max() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(limit.rlim_cur);
}

void keep_alive(int socket, std::chrono::milliseconds within, bool while_sending) {
    set_number(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (core::is_never(within)) {
        return;
    }
    // Silence for half of the time, then three questions.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(core::bounded(within)).count();
    set_number(socket, IPPROTO_TCP, TCP_KEEPIDLE,
               std::clamp<long long>(seconds / 2, 1, keepalive_max));
    set_number(socket, IPPROTO_TCP, TCP_KEEPINTVL,
               std::clamp<long long>(seconds / 6, 1, keepalive_max));
    set_number(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
    if (while_sending) {
        set_number(socket, IPPROTO_TCP, TCP_USER_TIMEOUT,
                   std::min<long long>(within.count(), std::numeric_limits<int>::max()));
    }
}

}  // namespace netaio::net
