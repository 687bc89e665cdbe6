#include "net/datagrams.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/error.hpp>

#include "datagram_headers.hpp"
#include "net/endpoint.hpp"
#include "net/sockets.hpp"

namespace netaio::net {
namespace {

constexpr std::size_t batch_size = 64;
// A datagram's payload never needs more. Not a multiple of the page size, so that the beginnings of
// the buffers do not all compete for the same cache lines.
constexpr std::size_t buffer_size = 65536 + 3 * 64;

std::error_code last_error() {
    return {errno, std::system_category()};
}

template <class Value>
std::error_code set(UdpSocket& socket, int level, int name, const Value& value) {
    return setsockopt(socket.native_handle(), level, name, &value, sizeof value) == 0
               ? std::error_code()
               : last_error();
}

bool is_v6(UdpSocket& socket) {
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    getsockname(socket.native_handle(), reinterpret_cast<sockaddr*>(&own), &size);
    return own.ss_family == AF_INET6;
}

std::error_code membership(UdpSocket& socket, const Address& group, std::uint32_t interface,
                           bool join) {
    if (group.is_v6()) {
        ipv6_mreq request{};
        std::memcpy(&request.ipv6mr_multiaddr, group.ip().data(), 16);
        request.ipv6mr_interface = interface;
        return set(socket, IPPROTO_IPV6, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, request);
    }
    ip_mreqn request{};
    std::memcpy(&request.imr_multiaddr, group.ip().data(), 4);
    request.imr_ifindex = static_cast<int>(interface);
    return set(socket, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, request);
}

std::error_code bind_to(UdpSocket& socket, const Address& address) {
    sockaddr_storage name{};
    const socklen_t size = to_sockaddr(address, name);
    return ::bind(socket.native_handle(), reinterpret_cast<sockaddr*>(&name), size) == 0
               ? std::error_code()
               : last_error();
}

}  // namespace

struct DatagramReceiver::Room {
    std::unique_ptr<char[]> bytes{new char[batch_size * buffer_size]};
    std::array<mmsghdr, batch_size> headers{};
    std::array<DatagramParts, batch_size> parts;
    std::vector<Arrival> arrivals;

    Room() {
        for (std::size_t i = 0; i < batch_size; ++i) {
            parts[i].bytes = {bytes.get() + i * buffer_size, 65536};
        }
        ready(batch_size);
        arrivals.reserve(batch_size);
    }

    void ready(std::size_t count) noexcept {
        for (std::size_t i = 0; i < count; ++i) {
            make_room(headers[i].msg_hdr, parts[i]);
        }
    }
};

DatagramReceiver::DatagramReceiver() : room_(std::make_unique<Room>()) {}
DatagramReceiver::~DatagramReceiver() = default;

bool DatagramReceiver::full() const noexcept {
    return room_->arrivals.size() == batch_size;
}

bool DatagramReceiver::none() const noexcept {
    return room_->arrivals.empty();
}

std::span<const Arrival> DatagramReceiver::receive(UdpSocket& socket, std::error_code& error) {
    Room& room = *room_;
    room.ready(room.arrivals.size());  // what the last call changed
    room.arrivals.clear();
    int count = 0;
    do {
        count = recvmmsg(socket.native_handle(), room.headers.data(), batch_size, MSG_DONTWAIT,
                         nullptr);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        error = errno == EAGAIN ? std::error_code() : last_error();
        return {};
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        mmsghdr& header = room.headers[i];
        room.arrivals.push_back(arrival(header.msg_hdr, room.parts[i], header.msg_len));
    }
    error = {};
    return room.arrivals;
}

std::size_t send_datagrams(UdpSocket& socket, const char* bytes,
                           std::span<const Departure> departures, std::error_code& error) {
    std::array<mmsghdr, batch_size> headers;
    std::array<DatagramParts, batch_size> parts;
    std::size_t sent = 0;
    while (sent < departures.size()) {
        const std::size_t count = std::min(batch_size, departures.size() - sent);
        for (std::size_t i = 0; i < count; ++i) {
            address(headers[i].msg_hdr, parts[i], bytes, departures[sent + i]);
        }
        const int taken = sendmmsg(socket.native_handle(), headers.data(),
                                   static_cast<unsigned>(count), MSG_DONTWAIT);
        if (taken < 0) {
            error = last_error();
            return sent;
        }
        sent += static_cast<std::size_t>(taken);
    }
    error = {};
    return sent;
}

// The system has an option for a socket, not for a datagram.
bool send_whole(UdpSocket& socket, const char* bytes, const Departure& departure,
                std::error_code& error) {
    const bool v6 = departure.to.is_v6();
    const int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
    const int option = v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER;
    int before = 0;
    socklen_t size = sizeof before;
    getsockopt(socket.native_handle(), level, option, &before, &size);
    error = set(socket, level, option, v6 ? IPV6_PMTUDISC_PROBE : IP_PMTUDISC_PROBE);
    if (error) {
        error = std::make_error_code(std::errc::message_size);
        return false;
    }
    const bool sent = send_datagrams(socket, bytes, {&departure, 1}, error) == 1;
    (void)set(socket, level, option, before);
    return sent;
}

std::error_code prepare_unicast(UdpSocket& socket, int hops, bool tell_interface) {
    const int off = 0;
    const int on = 1;
    std::error_code error;
    if (is_v6(socket)) {
        error = set(socket, IPPROTO_IPV6, IPV6_V6ONLY, on);
        error = error ? error : set(socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
        error = error ? error : set(socket, IPPROTO_IPV6, IPV6_MULTICAST_ALL, off);
        return error || !tell_interface ? error : set(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, on);
    }
    error = set(socket, IPPROTO_IP, IP_MULTICAST_TTL, hops);
    error = error ? error : set(socket, IPPROTO_IP, IP_MULTICAST_ALL, off);
    return error || !tell_interface ? error : set(socket, IPPROTO_IP, IP_PKTINFO, on);
}

// Sockets that share a port with group sockets must allow that, and then the system would let any
// number of unicast sockets have it, where only the last gets anything. So who wants the port first
// binds a loopback address to it alone, which no other unicast socket leaves room for.
std::error_code bind_unicast(UdpSocket& socket, std::uint16_t port) {
    const bool v6 = is_v6(socket);
    const auto protocol = v6 ? boost::asio::ip::udp::v6() : boost::asio::ip::udp::v4();
    UdpSocket probe(socket.get_executor());
    boost::system::error_code failed;
    std::array<std::uint8_t, 16> loopback6{};
    loopback6.back() = 1;
    if (port != 0) {
        open_socket(probe, protocol, failed);
        if (failed) {
            return failed;
        }
        const int on = 1;
        auto error = v6 ? set(probe, IPPROTO_IPV6, IPV6_V6ONLY, on) : std::error_code();
        error = error ? error
                      : set(probe, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_FREEBIND : IP_FREEBIND,
                            on);
        error = error
                    ? error
                    : bind_to(probe, v6 ? Address(loopback6, port)
                                        : Address(std::array<std::uint8_t, 4>{127, 0, 0, 1}, port));
        error = error ? error : set(probe, SOL_SOCKET, SO_REUSEADDR, on);
        if (error) {
            return error;
        }
    }
    const int reuse = 1;
    if (const auto error = set(socket, SOL_SOCKET, SO_REUSEADDR, reuse)) {
        return error;
    }
    return bind_to(socket, v6 ? Address(std::array<std::uint8_t, 16>{}, port)
                              : Address(std::array<std::uint8_t, 4>{}, port));
}

std::error_code bind_group(UdpSocket& socket, const Address& group, std::uint32_t interface) {
    const int on = 1;
    auto error = set(socket, SOL_SOCKET, SO_REUSEADDR, on);
    if (!error && group.is_v6()) {
        error = set(socket, IPPROTO_IPV6, IPV6_V6ONLY, on);
        // The scope in its name does so for link-local groups alone.
        error =
            error ? error : set(socket, SOL_SOCKET, SO_BINDTOIFINDEX, static_cast<int>(interface));
    } else if (!error) {
        // Every machine is in 224.0.0.1 on every interface; here, only where it was joined.
        error = set(socket, IPPROTO_IP, IP_MULTICAST_ALL, 0);
    }
    return error ? error
                 : bind_to(socket,
                           group.is_v6() ? Address(group.ip(), group.port(), interface) : group);
}

int set_receive_buffer(UdpSocket& socket, int bytes) {
    (void)set(socket, SOL_SOCKET, SO_RCVBUF, bytes);
    int given = 0;
    socklen_t size = sizeof given;
    getsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVBUF, &given, &size);
    return given / 2;  // the system says what it takes with its own overhead
}

std::error_code join_group(UdpSocket& socket, const Address& group, std::uint32_t interface,
                           const Address&) {
    return membership(socket, group, interface, true);
}

std::error_code leave_group(UdpSocket& socket, const Address& group, std::uint32_t interface,
                            const Address&) {
    return membership(socket, group, interface, false);
}

}  // namespace netaio::net
