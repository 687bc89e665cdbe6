#pragma once

#include <map>
#include <set>

#include "core/datagram_node.hpp"
#include "world.hpp"

namespace netaio::sim {

class Host;

struct NodeOptions {
    std::string id;
    std::uint16_t port = 8888;
    Plugins outer = {};
    PeerManagementOptions management = {};
    std::shared_ptr<Clock> clock = nullptr;  ///< the world's unless given
};

/// A core::DatagramNode on a host, and what it was told. It answers REQUEST_URI at once and
/// CREATE_URI after a while, takes subscriptions, and counts what it is notified of. After each
/// datagram it checks what always holds.
class SimNode {
public:
    SimNode(Host& host, NodeOptions options);
    SimNode(const SimNode&) = delete;
    SimNode& operator=(const SimNode&) = delete;

    /// Begins to manage peers.
    void join();
    /// Says goodbye and is gone.
    void leave();
    /// Is gone.
    void die();

    void receive(std::string datagram, const Address& from);
    /// Does something with the node and sends what comes of it.
    template <class Function>
    void use(Function function) {
        function(core_);
        flush();
    }
    /// Asks until there is an answer, at most so many times.
    void ask(const Address& to, MessageType type, const std::string& content, int attempts,
             Duration timeout);
    /// Asks to be notified of `topic` until that is granted; from then on the library does.
    void subscribe(const Address& to);

    bool knows(const SimNode& other) const { return node_->peers.find_id(other.id()) != nullptr; }
    std::set<std::string> peer_ids() const;
    /// Checks what holds whenever nothing is asked any more.
    void check();

    bool alive() const noexcept { return alive_; }
    std::size_t subscribers() const { return core_.subscriber_count("topic"); }
    /// Whether others should know it.
    bool is_member() const noexcept { return alive_ && joined_; }
    const std::string& id() const noexcept { return options_.id; }
    std::uint16_t port() const noexcept { return options_.port; }
    const NodeOptions& options() const noexcept { return options_; }
    Host& host() const noexcept { return host_; }
    const core::Tallies& tallies() { return core_.tallies(); }

    std::map<std::string, int> notified;  ///< how often, by content
    std::map<MessageType, int> arrived;   ///< datagrams that begin like that
    std::map<std::string, int> seen;      ///< how often a peer joined
    int asked = 0;                        ///< attempts
    int told = 0;                         ///< attempts that ended
    int answered = 0;
    int gave_up = 0;

private:
    void add_handlers();
    void start(std::shared_ptr<core::Suspended> handler);
    void flush();
    void arm();
    void watch_peers();
    void check_peers();
    std::uint64_t doubted() const;

    Host& host_;
    NodeOptions options_;
    std::shared_ptr<core::Node> node_;
    core::DatagramNode core_;
    std::set<std::string> present_;
    std::optional<TimePoint> armed_;
    int ticks_at_once_ = 0;
    TimePoint ticked_ = {};
    bool alive_ = true;
    bool joined_ = false;
};

}  // namespace netaio::sim
