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

    /// What the network brings for one port.
    void deliver(const Address& from, std::uint16_t port, const std::string& datagram);
    /// What came for everybody; a node does not hear itself.
    void deliver_to_all(const Address& from, std::optional<std::uint16_t> own_port,
                        const std::string& datagram);
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

    std::uint64_t unheard = 0;  ///< datagrams that came for ports at which nobody listens

private:
    World& world_;
    std::vector<Link*> links_;
    std::vector<std::unique_ptr<SimNode>> nodes_;
    std::uint16_t next_port_ = 40000;
};

}  // namespace netaio::sim
