#pragma once

#include <deque>
#include <map>
#include <set>

#include "core/datagram_node.hpp"
#include "world.hpp"

namespace netaio::sim {

class SessionNode;

/// What becomes of datagrams on their way.
struct Weather {
    double loss = 0;
    double duplicate = 0;  ///< comes once more
    double straggle = 0;   ///< comes seconds later
    Duration delay_max{1};
    std::size_t carried = 1472;    ///< bytes that pass whole; larger ones get lost
    std::size_t interface = 1472;  ///< bytes of which whoever sends learns that they do not pass
};

/// A network of nodes whose addresses change, on which anybody listens and meddles.
class OpenNetwork {
public:
    struct Datagram {
        Address from;
        Address to;  // nowhere where it goes to the group
        std::string bytes;
        bool to_group = false;
    };

    explicit OpenNetwork(World& world) : world_(world) {}

    /// From now on a node is seen there, and nowhere else. Whoever was there is nowhere.
    void put(SessionNode& node, const Address& at);
    /// Lets two nodes take each other's address.
    void swap(SessionNode& one, SessionNode& other);
    /// Null where nobody is.
    SessionNode* at(const Address& address) const;
    /// How many nodes were ever there.
    std::size_t tenants(const Address& address) const;

    /// False where the system says that it is too large.
    bool send(const SessionNode& from, const core::Outbox::Item& item, ByteView bytes);
    /// Has a datagram arrive as it says.
    void bring(const Datagram& datagram);

    World& world() noexcept { return world_; }

    Weather weather;
    bool hears = true;                 ///< whether what is sent is overheard
    std::deque<Datagram> overheard{};  ///< lately
    std::uint64_t sent = 0;

private:
    void carry(const Datagram& datagram);

    World& world_;
    std::map<Address, SessionNode*> nodes_;
    std::map<Address, std::set<const SessionNode*>> tenants_;
};

}  // namespace netaio::sim
