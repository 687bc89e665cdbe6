#pragma once

#include <map>
#include <memory>
#include <netaio/address.hpp>
#include <netaio/bytes.hpp>
#include <vector>

#include "world.hpp"

namespace netaio::sim {

class Host;
class Network;

/// What becomes of datagrams on their way.
struct Quality {
    double loss = 0;
    double duplicate = 0;  ///< comes once more
    Duration delay_min{1};
    Duration delay_max{1};  ///< datagrams overtake each other when it is above delay_min
};

/// Delays by which datagrams overtake each other, and nothing is lost.
inline constexpr Quality overtaking{.delay_min = std::chrono::milliseconds(0),
                                    .delay_max = std::chrono::milliseconds(200)};

/// Where a host is on a network: an interface with its one address.
class Link {
public:
    Link(Host& on, Network& of, std::uint32_t interface_index, std::uint32_t host_number)
        : host(on), network(of), index(interface_index), number(host_number) {}

    Host& host;
    Network& network;
    const std::uint32_t index;   ///< of the interface on its host, from 1
    const std::uint32_t number;  ///< of the host on the network, from 1
    bool up = true;
    int side = 0;  ///< of a partition: only links on the same side reach each other
};

/// Carries datagrams between the hosts that are linked to it.
class Network {
public:
    enum class Family { v4, v6 };

    /// Networks of one world need different numbers, from 0.
    Network(World& world, int number, Family family, const Quality& how)
        : quality(how), world_(world), number_(number), family_(family) {}

    /// Links a host; Host::join() calls it.
    Link& link(Host& host, std::uint32_t index);
    /// The address of a link's host, with the port, as the host of `seen_by` sees it: link-local
    /// addresses carry the index of its own interface.
    Address address(const Link& of, std::uint16_t port, const Link& seen_by) const;
    /// The link with this address, as seen from another; null when there is none.
    Link* find(const Address& address, const Link& seen_by);

    /// To the one address, or to every other link; a port at which nobody listens hears nothing.
    void send(const Link& from, std::uint16_t from_port, const Address& to, ByteView datagram);
    void send_to_all(const Link& from, std::uint16_t port, ByteView datagram);

    /// Splits the links into as many sides, by chance; 1 heals it.
    void partition(int sides);
    bool reaches(const Link& from, const Link& to) const {
        return from.up && to.up && from.side == to.side;
    }

    const std::vector<std::unique_ptr<Link>>& links() const noexcept { return links_; }

    Quality quality;
    bool carries_groups = true;  ///< else what is sent to all reaches nobody
    std::uint64_t sent = 0;      ///< datagrams on the wire, one to all counting once
    std::string overheard = {};  ///< the last datagram

private:
    void carry(const Link& from, std::uint16_t from_port, Link& to, std::uint16_t to_port,
               const std::shared_ptr<const std::string>& datagram, bool to_all);

    World& world_;
    int number_;
    Family family_;
    std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace netaio::sim
