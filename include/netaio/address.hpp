#pragma once

#include <array>
#include <cstdint>
#include <netaio/errc.hpp>
#include <string>
#include <string_view>

namespace netaio {

/// An IPv4 or IPv6 address with a port. A plain value; comparable and hashable. An IPv4 address
/// mapped into IPv6 (`::ffff:a.b.c.d`) is held as the IPv4 address it means.
class Address {
public:
    /// 0.0.0.0, port 0.
    Address() = default;
    /// The IPv4 address of these four bytes.
    Address(std::array<std::uint8_t, 4> ip, std::uint16_t port) noexcept;
    /// The IPv6 address of these sixteen bytes; `scope` is the interface index of a link-local one.
    Address(std::array<std::uint8_t, 16> ip, std::uint16_t port, std::uint32_t scope = 0) noexcept;

    /// Reads `127.0.0.1`, `::1` or `fe80::1%2`. Names are not looked up: Errc::malformed.
    static Result<Address> parse(std::string_view ip, std::uint16_t port);
    /// Reads `127.0.0.1:8888` or `[::1]:8888`.
    static Result<Address> parse(std::string_view ip_and_port);

    bool is_v6() const noexcept { return v6_; }
    std::uint16_t port() const noexcept { return port_; }
    /// The same address with another port.
    Address with_port(std::uint16_t port) const noexcept;
    std::uint32_t scope() const noexcept { return scope_; }
    /// The sixteen bytes; an IPv4 address is in the first four.
    const std::array<std::uint8_t, 16>& ip() const noexcept { return ip_; }

    /// The address without its port, e.g. `::1`.
    std::string host() const;
    /// With the port, e.g. `[::1]:8888`; parse() reads it back.
    std::string str() const;

    friend bool operator==(const Address&, const Address&) = default;
    friend auto operator<=>(const Address&, const Address&) = default;

private:
    std::array<std::uint8_t, 16> ip_{};
    std::uint32_t scope_ = 0;
    std::uint16_t port_ = 0;
    bool v6_ = false;
};

}  // namespace netaio

/// Under a key of this process, as addresses come from the network: nobody can make them collide.
template <>
struct std::hash<netaio::Address> {
    std::size_t operator()(const netaio::Address& address) const noexcept;
};
