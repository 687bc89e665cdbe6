#include "network.hpp"

#include "host.hpp"

namespace netaio::sim {

Link& Network::link(Host& host, std::uint32_t index) {
    const auto number = static_cast<std::uint32_t>(links_.size() + 1);
    return *links_.emplace_back(std::make_unique<Link>(host, *this, index, number));
}

Address Network::address(const Link& of, std::uint16_t port, const Link& seen_by) const {
    const auto high = static_cast<std::uint8_t>(of.number >> 8);
    const auto low = static_cast<std::uint8_t>(of.number);
    if (family_ == Family::v4) {
        return Address(
            std::array<std::uint8_t, 4>{10, static_cast<std::uint8_t>(number_), high, low}, port);
    }
    std::array<std::uint8_t, 16> ip{0xfe, 0x80};
    ip[14] = high;
    ip[15] = low;
    return Address(ip, port, seen_by.index);
}

Link* Network::find(const Address& wanted, const Link& seen_by) {
    const auto& ip = wanted.ip();
    const std::size_t low = family_ == Family::v4 ? 3 : 15;
    const std::size_t number = ip[low - 1] * 256u + ip[low];
    if (number == 0 || number > links_.size()) {
        return nullptr;
    }
    Link& link = *links_[number - 1];
    return address(link, wanted.port(), seen_by) == wanted ? &link : nullptr;
}

void Network::send(const Link& from, std::uint16_t from_port, const Address& to,
                   ByteView datagram) {
    ++sent;
    overheard = datagram.str();
    if (Link* link = find(to, from)) {
        carry(from, from_port, *link, to.port(), std::make_shared<const std::string>(datagram),
              false);
    }
}

void Network::send_to_all(const Link& from, std::uint16_t port, ByteView datagram) {
    ++sent;
    overheard = datagram.str();
    if (!carries_groups) {
        return;
    }
    const auto bytes = std::make_shared<const std::string>(datagram);
    for (const auto& link : links_) {
        carry(from, port, *link, port, bytes, true);
    }
}

// Whether it can arrive is seen when it does: a cable may be cut while it is on its way. What a
// host sends to itself is not on the cable.
void Network::carry(const Link& from, std::uint16_t from_port, Link& to, std::uint16_t to_port,
                    const std::shared_ptr<const std::string>& datagram, bool to_all) {
    const bool local = &from == &to;
    if (!local && (!reaches(from, to) || world_.dice().chance(quality.loss))) {
        return;
    }
    const int copies = !local && world_.dice().chance(quality.duplicate) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
        const Duration delay =
            local ? Duration(0) : world_.dice().between(quality.delay_min, quality.delay_max);
        world_.after(delay, [this, &from, from_port, &to, to_port, datagram, to_all, local] {
            if (local || reaches(from, to)) {
                const Address source = address(from, from_port, to);
                if (to_all) {
                    to.host.deliver_to_all(source, local ? std::optional(from_port) : std::nullopt,
                                           *datagram);
                } else {
                    to.host.deliver(source, to_port, *datagram);
                }
            }
        });
    }
}

void Network::partition(int sides) {
    for (const auto& link : links_) {
        link->side =
            static_cast<int>(world_.dice().between(0u, static_cast<std::uint32_t>(sides - 1)));
    }
}

}  // namespace netaio::sim
