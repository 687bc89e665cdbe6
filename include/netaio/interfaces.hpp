#pragma once

#include <cstdint>
#include <netaio/address.hpp>
#include <netaio/errc.hpp>
#include <string>
#include <vector>

namespace netaio {

/// A network interface of this machine, as the system lists it. A plain value.
struct Interface {
    std::string name;
    std::uint32_t index = 0;  ///< as in the scope of link-local addresses
    bool up = false;
    bool multicast = false;
    bool loopback = false;
    std::vector<Address> addresses = {};  ///< with port 0
};

/// Whether a UdpNode would use an interface, and why.
struct InterfaceChoice {
    Interface interface;
    bool used = false;
    std::string why = {};  ///< e.g. `no multicast`
};

/// The interfaces there are now, ordered by index.
Result<std::vector<Interface>> list_interfaces();

/// Says which of them a UdpNode uses that was given `wanted` as its interfaces: names or addresses;
/// none for all that are up and can multicast, and loopback only where there is no other.
std::vector<InterfaceChoice> choose_interfaces(std::vector<Interface> interfaces,
                                               const std::vector<std::string>& wanted = {});

/// Reads an address as Address::parse does, and also one whose zone is the name of an interface:
/// `fe80::1%eth0`. Errc::malformed, also when there is no such interface.
Result<Address> parse_zoned_address(std::string_view ip, std::uint16_t port);

}  // namespace netaio
