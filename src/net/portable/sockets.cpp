#include "net/sockets.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace netaio::net {
namespace {

using boost::asio::ip::udp;

template <class Socket>
void close_on_exec(Socket& socket, boost::system::error_code& error) {
    if (!error && ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC) != 0) {
        error.assign(errno, boost::system::system_category());
    }
}

template <class Socket, class Protocol>
void open_closed_on_exec(Socket& socket, const Protocol& protocol,
                         boost::system::error_code& error) {
    socket.open(protocol, error);
    close_on_exec(socket, error);
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

#ifdef MSG_NOSIGNAL
const int no_signal = MSG_NOSIGNAL;
#else
const int no_signal = 0;  // where the socket itself is told
#endif

int open_stream(int family) noexcept {
    const int fd = ::socket(family, SOCK_STREAM, 0);
    if (fd >= 0 && ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        ::close(fd);
        return -1;
    }
#ifdef SO_NOSIGPIPE
    const int on = 1;
    static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on));
#endif
    return fd;
}

StreamSocket accept_waiting(StreamAcceptor& acceptor, const boost::asio::any_io_executor& executor,
                            boost::system::error_code& error) {
    StreamSocket socket = acceptor.accept(executor, error);
    close_on_exec(socket, error);
    return socket;
}

bool has_abstract_names() noexcept {
    return false;
}

std::optional<Credentials> credentials_of(int) {
    return std::nullopt;
}

std::optional<std::size_t> descriptors_max() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(limit.rlim_cur);
}

void keep_alive(int socket, std::chrono::milliseconds, bool) {
    const int on = 1;
    static_cast<void>(::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on));
}

}  // namespace netaio::net
