#include "host.hpp"

#include <algorithm>
#include <stdexcept>

namespace netaio::sim {

Link& Host::join(Network& network) {
    Link& link = network.link(*this, static_cast<std::uint32_t>(links_.size() + 1));
    links_.push_back(&link);
    return link;
}

// A port is the first's, as with sockets; others get one of their own.
SimNode& Host::start(NodeOptions options) {
    const auto taken = [&] {
        return std::ranges::any_of(nodes_, [&](const auto& node) {
            return node->alive() && node->port() == options.port;
        });
    };
    while (taken()) {
        options.port = next_port_++;
    }
    return *nodes_.emplace_back(std::make_unique<SimNode>(*this, std::move(options)));
}

void Host::set_up(bool up) {
    for (Link* link : links_) {
        link->up = up;
    }
}

void Host::deliver(const Address& from, std::uint16_t port, const std::string& datagram) {
    for (const auto& node : nodes_) {
        if (node->alive() && node->port() == port) {
            node->receive(datagram, from);
            return;
        }
    }
    ++unheard;
}

void Host::deliver_to_all(const Address& from, std::optional<std::uint16_t> own_port,
                          const std::string& datagram) {
    for (const auto& node : nodes_) {
        if (node->alive() && node->port() != own_port) {
            node->receive(datagram, from);
        }
    }
}

void Host::send(std::uint16_t from_port, const core::Outbox::Item& item, ByteView datagram) {
    if (item.to_group) {
        for (Link* link : links_) {
            link->network.send_to_all(*link, from_port, datagram);
        }
        return;
    }
    for (Link* link : links_) {
        if (link->network.find(item.to, *link)) {
            link->network.send(*link, from_port, item.to, datagram);
            return;
        }
    }
}

Link* Host::find(const Address& address) const {
    for (Link* link : links_) {
        if (Link* found = link->network.find(address, *link)) {
            return found;
        }
    }
    return nullptr;
}

bool Host::is_beside(const Host& other) const {
    return std::ranges::any_of(links_, [&](const Link* mine) {
        return std::ranges::any_of(
            other.links_, [&](const Link* its) { return &mine->network == &its->network; });
    });
}

Address Host::address_of(const SimNode& node) const {
    for (const Link* mine : links_) {
        for (const Link* its : node.host().links_) {
            if (&mine->network == &its->network) {
                return its->network.address(*its, node.port(), *mine);
            }
        }
    }
    throw std::logic_error("these hosts share no network");
}

}  // namespace netaio::sim
