#include <ifaddrs.h>
#include <net/if.h>

#include <algorithm>
#include <memory>
#include <netaio/interfaces.hpp>

#include "endpoint.hpp"

namespace netaio {
namespace {

bool has_address(const Interface& interface, const Address& wanted) {
    return std::ranges::any_of(interface.addresses, [&](const Address& address) {
        return address.ip() == wanted.ip() && address.is_v6() == wanted.is_v6();
    });
}

bool is_wanted(const Interface& interface, const std::vector<std::string>& wanted) {
    return std::ranges::any_of(wanted, [&](const std::string& one) {
        const auto address = Address::parse(one, 0);
        return one == interface.name || (address && has_address(interface, *address));
    });
}

}  // namespace

Result<std::vector<Interface>> list_interfaces() {
    ifaddrs* found = nullptr;
    if (getifaddrs(&found) != 0) {
        return std::error_code(errno, std::system_category());
    }
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(found, freeifaddrs);
    std::vector<Interface> interfaces;
    for (const ifaddrs* one = found; one; one = one->ifa_next) {
        auto known = std::ranges::find(interfaces, one->ifa_name, &Interface::name);
        if (known == interfaces.end()) {
            const unsigned flags = one->ifa_flags;
            known = interfaces.insert(
                known, Interface{one->ifa_name, if_nametoindex(one->ifa_name),
                                 (flags & IFF_UP) != 0 && (flags & IFF_RUNNING) != 0,
                                 (flags & IFF_MULTICAST) != 0, (flags & IFF_LOOPBACK) != 0});
        }
        if (const auto address = net::from_sockaddr(one->ifa_addr)) {
            known->addresses.push_back(*address);
        }
    }
    std::ranges::sort(interfaces, {}, &Interface::index);
    return interfaces;
}

std::vector<InterfaceChoice> choose_interfaces(std::vector<Interface> interfaces,
                                               const std::vector<std::string>& wanted) {
    const bool only_loopback = std::ranges::none_of(interfaces, [](const Interface& one) {
        return one.up && one.multicast && !one.loopback && !one.addresses.empty();
    });
    std::vector<InterfaceChoice> choices;
    for (Interface& one : interfaces) {
        InterfaceChoice choice{std::move(one)};
        const Interface& interface = choice.interface;
        if (!interface.up) {
            choice.why = "down";
        } else if (interface.addresses.empty()) {
            choice.why = "no address";
        } else if (!wanted.empty()) {
            choice.used = is_wanted(interface, wanted);
            choice.why = choice.used ? "chosen" : "not chosen";
        } else if (interface.loopback) {
            choice.used = only_loopback;
            choice.why = only_loopback ? "loopback, as there is no other" : "loopback";
        } else {
            choice.used = interface.multicast;
            choice.why = interface.multicast ? "up, can multicast" : "no multicast";
        }
        choices.push_back(std::move(choice));
    }
    return choices;
}

Result<Address> parse_zoned_address(std::string_view ip, std::uint16_t port) {
    const auto percent = ip.find('%');
    if (percent == std::string_view::npos) {
        return Address::parse(ip, port);
    }
    const std::string zone(ip.substr(percent + 1));
    const unsigned index = if_nametoindex(zone.c_str());
    if (index == 0) {
        return Address::parse(ip, port);
    }
    return Address::parse(std::string(ip.substr(0, percent + 1)) + std::to_string(index), port);
}

}  // namespace netaio
