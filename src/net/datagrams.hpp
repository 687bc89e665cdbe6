#pragma once

#include <boost/asio/ip/udp.hpp>
#include <memory>
#include <netaio/address.hpp>
#include <span>
#include <system_error>
#include <vector>

/// Moving many datagrams at once, by interface: what operating systems do differently. One folder
/// beside this file for each way: linux/, and portable/ for all others.
namespace netaio::net {

using UdpSocket = boost::asio::ip::udp::socket;

/// A datagram that arrived.
struct Arrival {
    std::span<char> bytes;
    Address from;
    std::uint32_t interface = 0;  ///< where it came in; 0 when that is not known
};

/// A datagram to be sent.
struct Departure {
    std::size_t at = 0;  ///< of its bytes in a common buffer
    std::size_t size = 0;
    Address to = {};
    std::uint32_t interface = 0;  ///< where it must go out; 0 to have it routed
    Address local = {};           ///< over IPv4, that interface's address, to send it from
    bool whole = false;           ///< no network may send it in fragments
};

/// Receives into room for a batch, which the arrivals point to until the next one.
class DatagramReceiver {
public:
    DatagramReceiver();
    ~DatagramReceiver();

    /// Takes what has come, a batch at most, without waiting.
    std::span<const Arrival> receive(UdpSocket& socket, std::error_code& error);
    /// Whether the last batch was full, so that more may have come, or none had.
    bool full() const noexcept;
    bool none() const noexcept;

private:
    struct Room;
    std::unique_ptr<Room> room_;
};

/// Sends the first of these datagrams, as many as go without waiting. Returns how many; an error
/// is about the one after them.
std::size_t send_datagrams(UdpSocket& socket, const char* bytes,
                           std::span<const Departure> departures, std::error_code& error);

/// Sends one that no network may send in fragments, whatever is known of the path; message_size
/// where that cannot be. Whether it went without waiting.
bool send_whole(UdpSocket& socket, const char* bytes, const Departure& departure,
                std::error_code& error);

/// Readies a socket, before it is bound, that sends to groups with this many hops and takes no
/// datagrams sent to groups. `tell_interface` has arrivals say where they came in.
std::error_code prepare_unicast(UdpSocket& socket, int hops, bool tell_interface);
/// Binds a socket to every address of this machine, with this port if no other unicast socket of
/// netaio has it: Errc-free `address_in_use` otherwise.
std::error_code bind_unicast(UdpSocket& socket, std::uint16_t port);
/// Binds a socket to a group and its port, beside others. `interface` as for join_group.
std::error_code bind_group(UdpSocket& socket, const Address& group, std::uint32_t interface);
/// Asks for room for so many bytes that were not received yet. How many there is room for.
int set_receive_buffer(UdpSocket& socket, int bytes);
/// Joins or leaves a group on one interface; `local` is an address of that.
std::error_code join_group(UdpSocket& socket, const Address& group, std::uint32_t interface,
                           const Address& local);
std::error_code leave_group(UdpSocket& socket, const Address& group, std::uint32_t interface,
                            const Address& local);

}  // namespace netaio::net
