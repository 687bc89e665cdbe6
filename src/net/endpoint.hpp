#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstring>
#include <netaio/address.hpp>
#include <optional>

namespace netaio::net {

/// Asio's form of an address, of TCP or UDP, and back.
template <class Endpoint>
Address to_address(const Endpoint& endpoint) {
    if (endpoint.address().is_v4()) {
        return Address(endpoint.address().to_v4().to_bytes(), endpoint.port());
    }
    const auto v6 = endpoint.address().to_v6();
    return Address(v6.to_bytes(), endpoint.port(), static_cast<std::uint32_t>(v6.scope_id()));
}

inline boost::asio::ip::address to_ip(const Address& address) {
    if (address.is_v6()) {
        return boost::asio::ip::address_v6(address.ip(), address.scope());
    }
    std::array<std::uint8_t, 4> v4;
    std::copy_n(address.ip().begin(), 4, v4.begin());
    return boost::asio::ip::address_v4(v4);
}

template <class Endpoint>
Endpoint to_endpoint(const Address& address) {
    return {to_ip(address), address.port()};
}

/// The system's form of an address and back. Nothing for families other than IP.
inline socklen_t to_sockaddr(const Address& address, sockaddr_storage& out) noexcept {
    if (address.is_v6()) {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(address.port());
        v6.sin6_scope_id = address.scope();
        std::memcpy(&v6.sin6_addr, address.ip().data(), 16);
        std::memcpy(&out, &v6, sizeof v6);
        return sizeof v6;
    }
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port());
    std::memcpy(&v4.sin_addr, address.ip().data(), 4);
    std::memcpy(&out, &v4, sizeof v4);
    return sizeof v4;
}

inline std::optional<Address> from_sockaddr(const sockaddr* from) noexcept {
    if (from && from->sa_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, from, sizeof v4);
        std::array<std::uint8_t, 4> ip;
        std::memcpy(ip.data(), &v4.sin_addr, 4);
        return Address(ip, ntohs(v4.sin_port));
    }
    if (from && from->sa_family == AF_INET6) {
        sockaddr_in6 v6;
        std::memcpy(&v6, from, sizeof v6);
        std::array<std::uint8_t, 16> ip;
        std::memcpy(ip.data(), &v6.sin6_addr, 16);
        return Address(ip, ntohs(v6.sin6_port), v6.sin6_scope_id);
    }
    return std::nullopt;
}

/// The same for sockets that carry connections, of IP.
inline boost::asio::generic::stream_protocol::endpoint to_stream_endpoint(const Address& address) {
    sockaddr_storage name{};
    const socklen_t size = to_sockaddr(address, name);
    return {&name, size};
}
inline Address to_address(const boost::asio::generic::stream_protocol::endpoint& endpoint) {
    return from_sockaddr(endpoint.data()).value_or(Address());
}

}  // namespace netaio::net
