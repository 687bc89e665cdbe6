#pragma once

#include "network.hpp"
#include "node.hpp"

namespace netaio::sim {

/// A machine: its interfaces, and the nodes that run on it.
class Host {
public:
    explicit Host(World& world) : world_(world) {}
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    /// Adds an interface. One host joins a network once.
    Link& join(Network& network);
    /// Starts a node, which lives as long as the host, though it may have left.
    SimNode& start(NodeOptions options);
    /// Pulls or plugs all cables.
    void set_up(bool up);

    /// What the network brings. Nodes that share a port all hear what goes to all; of the rest, as
    /// systems do it, only one of them hears, here the last to start.
    void deliver(const Address& from, std::uint16_t port, const std::string& datagram, bool to_all);
    /// To an address on one of its networks, or out of every interface.
    void send(std::uint16_t from_port, const core::Outbox::Item& item, ByteView datagram);

    World& world() noexcept { return world_; }
    const std::vector<Link*>& links() const noexcept { return links_; }
    const std::vector<std::unique_ptr<SimNode>>& nodes() const noexcept { return nodes_; }
    /// The link that has this address as this host sees it; null when there is none.
    Link* find(const Address& address) const;
    /// Whether two hosts are on one network.
    bool is_beside(const Host& other) const;
    /// Where this host sees a node of another, on the first network they share.
    Address address_of(const SimNode& node) const;

private:
    World& world_;
    std::vector<Link*> links_;
    std::vector<std::unique_ptr<SimNode>> nodes_;
};

}  // namespace netaio::sim
