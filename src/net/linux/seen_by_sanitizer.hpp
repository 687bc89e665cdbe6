#pragma once

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NETAIO_THREAD_SANITIZER
#endif
#endif
#if defined(__SANITIZE_THREAD__) && !defined(NETAIO_THREAD_SANITIZER)
#define NETAIO_THREAD_SANITIZER
#endif

#ifdef NETAIO_THREAD_SANITIZER
#include <netinet/in.h>
#include <sys/socket.h>
#endif

/// ThreadSanitizer takes every socket call for what puts threads in order: who receives comes after
/// who sent. A ring receives and sends without such calls, so these stand for them. They also stand
/// for the calls by which one ring's memory becomes the next one's.
namespace netaio::net {

#ifdef NETAIO_THREAD_SANITIZER
/// A socket that has a datagram to itself waiting.
inline int sanitizer_socket() {
    static const int made = [] {
        const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_in own{};
        own.sin_family = AF_INET;
        own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof own;
        auto* const name = reinterpret_cast<sockaddr*>(&own);
        bind(fd, name, size);
        getsockname(fd, name, &size);
        connect(fd, name, size);
        send(fd, "", 1, 0);
        return fd;
    }();
    return made;
}
inline void about_to_send() {
    send(sanitizer_socket(), "", 1, MSG_OOB);  // which is refused
}
inline void have_received() {
    char byte = 0;
    recv(sanitizer_socket(), &byte, 1, MSG_PEEK);
}
#else
inline void about_to_send() {}
inline void have_received() {}
#endif

}  // namespace netaio::net
