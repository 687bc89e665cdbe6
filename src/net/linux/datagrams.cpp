#include "net/datagrams.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/error.hpp>

#include "net/endpoint.hpp"

namespace netaio::net {
namespace {

constexpr std::size_t batch_size = 64;
// A datagram's payload never needs more. Not a multiple of the page size, so that the beginnings of
// the buffers do not all compete for the same cache lines.
constexpr std::size_t buffer_size = 65536 + 3 * 64;
constexpr std::size_t control_size = 64;

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

std::uint32_t arrival_interface(msghdr& header) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            in_pktinfo info;
            std::memcpy(&info, CMSG_DATA(part), sizeof info);
            return static_cast<std::uint32_t>(info.ipi_ifindex);
        }
        if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info;
            std::memcpy(&info, CMSG_DATA(part), sizeof info);
            return info.ipi6_ifindex;
        }
    }
    return 0;
}

template <class Info>
void add_control(msghdr& header, char* room, int level, int type, const Info& info) {
    header.msg_control = room;
    header.msg_controllen = CMSG_SPACE(sizeof info);
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = level;
    part->cmsg_type = type;
    part->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(part), &info, sizeof info);
}

// Says by which interface a datagram is to go.
void address_interface(msghdr& header, char* room, const Departure& departure) {
    if (departure.to.is_v6()) {
        in6_pktinfo info{};
        info.ipi6_ifindex = departure.interface;
        add_control(header, room, IPPROTO_IPV6, IPV6_PKTINFO, info);
    } else {
        in_pktinfo info{};
        info.ipi_ifindex = static_cast<int>(departure.interface);
        std::memcpy(&info.ipi_spec_dst, departure.local.ip().data(), 4);
        add_control(header, room, IPPROTO_IP, IP_PKTINFO, info);
    }
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
    std::array<iovec, batch_size> buffers{};
    std::array<sockaddr_storage, batch_size> sources{};
    alignas(cmsghdr) std::array<std::array<char, control_size>, batch_size> controls{};
    std::vector<Arrival> arrivals;

    Room() {
        for (std::size_t i = 0; i < batch_size; ++i) {
            buffers[i] = {bytes.get() + i * buffer_size, 65536};
            msghdr& header = headers[i].msg_hdr;
            header.msg_iov = &buffers[i];
            header.msg_iovlen = 1;
            header.msg_name = &sources[i];
            header.msg_control = controls[i].data();
        }
        arrivals.reserve(batch_size);
    }
};

DatagramReceiver::DatagramReceiver() : room_(std::make_unique<Room>()) {}
DatagramReceiver::~DatagramReceiver() = default;

bool DatagramReceiver::full() const noexcept {
    return room_->arrivals.size() == batch_size;
}

std::span<const Arrival> DatagramReceiver::receive(UdpSocket& socket, std::error_code& error) {
    Room& room = *room_;
    for (mmsghdr& one : room.headers) {
        one.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
        one.msg_hdr.msg_controllen = control_size;
    }
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
    for (int i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const auto from = from_sockaddr(reinterpret_cast<const sockaddr*>(&room.sources[at]));
        room.arrivals.push_back(
            {{static_cast<char*>(room.buffers[at].iov_base), room.headers[at].msg_len},
             from.value_or(Address()),
             arrival_interface(room.headers[at].msg_hdr)});
    }
    error = {};
    return room.arrivals;
}

std::size_t send_datagrams(UdpSocket& socket, const char* bytes,
                           std::span<const Departure> departures, std::error_code& error) {
    std::array<mmsghdr, batch_size> headers{};
    std::array<iovec, batch_size> buffers;
    std::array<sockaddr_storage, batch_size> destinations;
    alignas(cmsghdr) std::array<std::array<char, control_size>, batch_size> controls;
    std::size_t sent = 0;
    while (sent < departures.size()) {
        const std::size_t count = std::min(batch_size, departures.size() - sent);
        for (std::size_t i = 0; i < count; ++i) {
            const Departure& departure = departures[sent + i];
            buffers[i] = {const_cast<char*>(bytes + departure.at), departure.size};
            msghdr& header = headers[i].msg_hdr;
            header = {};
            header.msg_name = &destinations[i];
            header.msg_namelen = to_sockaddr(departure.to, destinations[i]);
            header.msg_iov = &buffers[i];
            header.msg_iovlen = 1;
            if (departure.interface != 0) {
                address_interface(header, controls[i].data(), departure);
            }
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
        probe.open(protocol, failed);
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

std::error_code join_group(UdpSocket& socket, const Address& group, std::uint32_t interface,
                           const Address&) {
    return membership(socket, group, interface, true);
}

std::error_code leave_group(UdpSocket& socket, const Address& group, std::uint32_t interface,
                            const Address&) {
    return membership(socket, group, interface, false);
}

}  // namespace netaio::net
