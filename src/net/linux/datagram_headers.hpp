#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "net/datagrams.hpp"
#include "net/endpoint.hpp"

/// What the headers of messages to and from the system say about a datagram.
namespace netaio::net {

inline constexpr std::size_t control_size = 64;

/// Where the datagram came in; 0 when that is not known.
inline std::uint32_t arrival_interface(msghdr& header) {
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

/// Says by which interface a datagram is to go.
inline void address_interface(msghdr& header, char* room, const Departure& departure) {
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

/// What a header refers to, beside the datagram's bytes.
struct DatagramParts {
    iovec bytes;
    sockaddr_storage name;
    alignas(cmsghdr) std::array<char, control_size> control;
};

/// Has the header say what to send, and to whom.
inline void address(msghdr& header, DatagramParts& parts, const char* bytes,
                    const Departure& departure) {
    parts.bytes = {const_cast<char*>(bytes + departure.at), departure.size};
    header = {};
    header.msg_name = &parts.name;
    header.msg_namelen = to_sockaddr(departure.to, parts.name);
    header.msg_iov = &parts.bytes;
    header.msg_iovlen = 1;
    if (departure.interface != 0) {
        address_interface(header, parts.control.data(), departure);
    }
}

/// Readies a header to receive into these parts.
inline void make_room(msghdr& header, DatagramParts& parts) {
    header.msg_name = &parts.name;
    header.msg_namelen = sizeof parts.name;
    header.msg_iov = &parts.bytes;
    header.msg_iovlen = 1;
    header.msg_control = parts.control.data();
    header.msg_controllen = control_size;
}

/// What was received with the header, into these parts.
inline Arrival arrival(msghdr& header, const DatagramParts& parts, std::size_t size) {
    const auto from = from_sockaddr(reinterpret_cast<const sockaddr*>(&parts.name));
    return {{static_cast<char*>(parts.bytes.iov_base), size},
            from.value_or(Address()),
            arrival_interface(header)};
}

}  // namespace netaio::net
