#pragma once

#include <array>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <compare>
#include <cstdint>
#include <netaio/errc.hpp>
#include <string>
#include <string_view>
#include <tuple>

namespace netaio {

/// Where one end of a connection is, or where datagrams go: an IPv4 or IPv6 address with a port, or
/// the name by which another transport knows it, as `unix:/run/x.sock`. A plain value; comparable
/// and hashable. An IPv4 address mapped into IPv6 (`::ffff:a.b.c.d`) is held as the IPv4 address it
/// means.
class Address {
public:
    /// The most bytes of a name, with its transport in front.
    static constexpr std::size_t name_max = 255;

    /// 0.0.0.0, port 0.
    Address() = default;
    /// The IPv4 address of these four bytes.
    Address(std::array<std::uint8_t, 4> ip, std::uint16_t port) noexcept;
    /// The IPv6 address of these sixteen bytes; `scope` is the interface index of a link-local one.
    Address(std::array<std::uint8_t, 16> ip, std::uint16_t port, std::uint32_t scope = 0) noexcept;

    /// Reads `127.0.0.1`, `::1` or `fe80::1%2`. Names are not looked up: Errc::malformed.
    static Result<Address> parse(std::string_view ip, std::uint16_t port);
    /// Reads `127.0.0.1:8888`, `[::1]:8888`, or a name with its transport in front, as
    /// `unix:/run/x.sock`: lower-case letters that are not all hexadecimal digits, a colon, and
    /// what is no number, of name_max bytes at most.
    static Result<Address> parse(std::string_view text);
    /// The name `name` of the transport `scheme`. Errc::malformed for what parse() would not read
    /// back, with a NUL in it, or longer than name_max.
    static Result<Address> named(std::string_view scheme, std::string_view name);

    /// Whether it is a name rather than an IP address; what is said of those below is zero then.
    bool is_named() const noexcept { return name_ != nullptr; }
    /// The transport of a name, as `unix`; empty for an IP address.
    std::string_view scheme() const noexcept;
    /// A name without that, as `/run/x.sock`; empty for an IP address.
    std::string_view name() const noexcept;

    bool is_v6() const noexcept { return v6_; }
    std::uint16_t port() const noexcept { return port_; }
    /// The same address with another port; a name as it is.
    Address with_port(std::uint16_t port) const noexcept;
    std::uint32_t scope() const noexcept { return scope_; }
    /// The sixteen bytes; an IPv4 address is in the first four.
    const std::array<std::uint8_t, 16>& ip() const noexcept { return ip_; }

    /// The address without its port, e.g. `::1`; a name with its transport.
    std::string host() const;
    /// With the port, e.g. `[::1]:8888`, or the name with its transport; parse() reads it back.
    std::string str() const;

    friend bool operator==(const Address& a, const Address& b) noexcept {
        return a.port_ == b.port_ && a.ip_ == b.ip_ && a.scope_ == b.scope_ && a.v6_ == b.v6_ &&
               (a.name_ == b.name_ || compare_names(a, b) == 0);
    }
    /// Names come after IP addresses.
    friend std::strong_ordering operator<=>(const Address& a, const Address& b) noexcept {
        if (a.name_ || b.name_) {
            return compare_names(a, b);
        }
        return std::tie(a.ip_, a.scope_, a.port_, a.v6_) <=>
               std::tie(b.ip_, b.scope_, b.port_, b.v6_);
    }

private:
    friend class OptionalAddress;

    static std::strong_ordering compare_names(const Address& a, const Address& b) noexcept;

    // Most have none, and are to be copied for the price of a pointer.
    struct Name : boost::intrusive_ref_counter<Name> {
        std::string text;  // with the transport
    };

    std::array<std::uint8_t, 16> ip_{};
    std::uint32_t scope_ = 0;
    std::uint16_t port_ = 0;
    bool v6_ = false;
    boost::intrusive_ptr<const Name> name_;
};

}  // namespace netaio

/// Under a key of this process, as addresses come from the network: nobody can make them collide.
template <>
struct std::hash<netaio::Address> {
    std::size_t operator()(const netaio::Address& address) const noexcept;
};
