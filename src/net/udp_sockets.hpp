#pragma once

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <netaio/interfaces.hpp>
#include <netaio/udp_node.hpp>
#include <optional>

#include "core/datagram_node.hpp"
#include "datagrams.hpp"
#include "input.hpp"
#include "interface_watch.hpp"
#include "ring.hpp"

namespace netaio::net {

/// The sockets of a UDP node. For each family one that sends everything and gets what is sent to
/// this machine, and one for the group, which nodes on one machine share; of IPv6 one for each
/// interface, as such a group exists once on each. Follows interfaces as they come and go. Lives on
/// its executor.
class UdpSockets : public std::enable_shared_from_this<UdpSockets> {
public:
    struct Listener {
        /// Whether it was sent to the group stands behind who sent it.
        std::function<void(std::span<char>, const Address&, bool)> received;
        /// A batch was received.
        std::function<void()> batch_ended;
        /// A datagram to one address cannot be sent. Must not send at once.
        std::function<void(ByteView, const Address&, std::error_code)> not_sent;
        /// An interface came up, or has a new address.
        std::function<void()> network_changed;
    };

    UdpSockets(const boost::asio::any_io_executor& executor, const UdpNodeOptions& options,
               const Log& log, core::Tallies& tallies, Listener listener);

    /// Opens, joins, and begins to receive. An error when no family can be used.
    std::error_code open();
    void close();
    bool open_now() const noexcept { return open_; }

    bool has_unsent() const noexcept;
    std::size_t unsent_bytes() const noexcept;

    /// Sends what is in the box, and empties it, now or when the system takes more.
    void send(core::Outbox& box);

    /// Whether what is sent there comes back to this node.
    bool is_this_node(const Address& to) const;
    /// Where the unicast sockets are bound.
    std::vector<Address> endpoints() const;
    const std::vector<InterfaceChoice>& interfaces() const noexcept { return choices_; }

private:
    // A socket that is received from.
    struct Socket final : UdpSocket, InputListener, std::enable_shared_from_this<Socket> {
        Socket(const boost::asio::any_io_executor& executor, std::weak_ptr<UdpSockets> sockets)
            : UdpSocket(executor), owner(std::move(sockets)) {}
        void input_came(boost::system::error_code error) override;

        std::weak_ptr<UdpSockets> owner;
        bool group = false;
        bool waiting = false;    // for input
        bool failing = false;    // as it said when it was last received from
        bool resting = false;    // after that
        bool alone = false;      // what came last did so by itself
        unsigned alone_for = 0;  // that many times
        bool ring_looked_for = false;
        std::unique_ptr<DatagramRing> ring;  // goes before the socket
    };
    // A unicast socket, and what waits to be sent through it.
    struct Sender {
        std::shared_ptr<Socket> socket;
        std::string bytes = {};  // of the queue
        std::vector<Departure> queue = {};
        std::size_t sent = 0;
        bool blocked = false;
    };
    struct Membership {
        Address local4 = {};
        std::shared_ptr<Socket> group4 = nullptr;  // where it joined
        bool failed4 = false;                      // what was sent to the group
        bool failed6 = false;
        std::shared_ptr<Socket> group6 = nullptr;
    };

    std::error_code open_sender(bool v6);
    std::error_code open_group(const Address& group, std::uint32_t interface,
                               std::shared_ptr<Socket>& opened);
    void give_buffer(Socket& socket);
    void update_interfaces();
    std::error_code join4(const Interface& interface, Membership& membership);
    void cannot_join(const std::string& group, const Interface& interface,
                     const std::error_code& error);
    void join(const Interface& interface, Membership& membership);
    void leave(std::uint32_t interface, Membership& membership);
    bool first_to_fail(const Departure& departure);
    void watch();
    void receive_later(std::shared_ptr<Socket> socket);
    void receive_from(const std::shared_ptr<Socket>& socket);
    bool receive_one(Socket& socket);
    bool receive_batches(Socket& socket);
    bool receive_batches(Socket& socket, DatagramReceiver& receiver);
    bool received(const Arrival& arrival, bool group);
    bool is_meant_for_us(const Arrival& arrival, bool group) const;
    bool is_own(const Address& from) const;
    bool receive_failed(Socket& socket, const std::error_code& error);
    std::array<Sender*, 2> senders() const { return {sender4_.get(), sender6_.get()}; }
    void queue(const core::Outbox::Item& item, const core::Outbox& box);
    void take_bytes(Sender& sender, std::size_t before, core::Outbox& box, bool alone);
    void flush(Sender& sender);
    static void tidy(Sender& sender);
    static std::size_t send_first(Sender& sender, std::span<const Departure> waiting,
                                  std::error_code& error);
    void not_sent(ByteView bytes, const Address& to, std::error_code error);
    void failed(ByteView bytes, const Departure& departure, const std::error_code& error);
    void wait_writable(Sender& sender);
    Sender* sender_for(const Address& to) const {
        return to.is_v6() ? sender6_.get() : sender4_.get();
    }

    boost::asio::any_io_executor executor_;
    UdpNodeOptions options_;
    Log log_;
    core::Tallies& tallies_;
    Listener listener_;
    bool open_ = false;
    Address group4_;
    Address group6_;
    std::unique_ptr<Sender> sender4_;
    std::unique_ptr<Sender> sender6_;
    std::vector<std::shared_ptr<Socket>> group_sockets4_;  // each may join so many times
    std::map<std::uint32_t, Membership> memberships_;
    std::vector<InterfaceChoice> choices_;
    std::set<Address> own_addresses_;             // with port 0
    std::unique_ptr<DatagramReceiver> receiver_;  // none while what it received is handled
    std::optional<InterfaceWatch> watch_;
    boost::asio::steady_timer settle_timer_;
    bool settling_ = false;
    bool told_of_buffer_ = false;
    bool told_of_limit_ = false;
};

}  // namespace netaio::net
