#include "net/datagrams.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/multicast.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>

#include "net/endpoint.hpp"

namespace netaio::net {

using boost::asio::ip::udp;
namespace multicast = boost::asio::ip::multicast;

struct DatagramReceiver::Room {
    std::unique_ptr<char[]> bytes{new char[65536]};
    std::vector<Arrival> arrivals;
};

DatagramReceiver::DatagramReceiver() : room_(std::make_unique<Room>()) {}
DatagramReceiver::~DatagramReceiver() = default;

bool DatagramReceiver::full() const noexcept {
    return !room_->arrivals.empty();
}

bool DatagramReceiver::none() const noexcept {
    return room_->arrivals.empty();
}

std::span<const Arrival> DatagramReceiver::receive(UdpSocket& socket, std::error_code& error) {
    room_->arrivals.clear();
    udp::endpoint from;
    boost::system::error_code failed;
    const std::size_t size =
        socket.receive_from(boost::asio::buffer(room_->bytes.get(), 65536), from, 0, failed);
    if (!failed) {
        room_->arrivals.push_back({{room_->bytes.get(), size}, to_address(from)});
    }
    const bool nothing =
        failed == boost::asio::error::would_block || failed == boost::asio::error::try_again;
    error = nothing ? std::error_code() : std::error_code(failed);
    return room_->arrivals;
}

namespace {

// Where a socket would hear every group that anybody on the machine joined, as on Linux.
std::error_code hear_no_group(UdpSocket& socket) {
#ifdef IP_MULTICAST_ALL
    boost::system::error_code unbound;
    const bool v6 = socket.local_endpoint(unbound).protocol() == udp::v6();
    const int off = 0;
    if (::setsockopt(socket.native_handle(), v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                     v6 ? IPV6_MULTICAST_ALL : IP_MULTICAST_ALL, &off, sizeof off) != 0) {
        return {errno, std::system_category()};
    }
#endif
    return {};
}

// Systems have an option for a socket, not for a datagram, and differ in which.
#if defined(IP_PMTUDISC_PROBE) && defined(IPV6_PMTUDISC_PROBE)
constexpr int fragmenting_v4 = IP_MTU_DISCOVER, never_fragment_v4 = IP_PMTUDISC_PROBE;
constexpr int fragmenting_v6 = IPV6_MTU_DISCOVER, never_fragment_v6 = IPV6_PMTUDISC_PROBE;
#elif defined(IP_DONTFRAG) && defined(IPV6_DONTFRAG)
constexpr int fragmenting_v4 = IP_DONTFRAG, never_fragment_v4 = 1;
constexpr int fragmenting_v6 = IPV6_DONTFRAG, never_fragment_v6 = 1;
#else
constexpr int fragmenting_v4 = -1, never_fragment_v4 = 0;  // which no system takes
constexpr int fragmenting_v6 = -1, never_fragment_v6 = 0;
#endif

int fragmenting(UdpSocket& socket, bool v6) {
    int value = 0;
    socklen_t size = sizeof value;
    ::getsockopt(socket.native_handle(), v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                 v6 ? fragmenting_v6 : fragmenting_v4, &value, &size);
    return value;
}

bool set_fragmenting(UdpSocket& socket, bool v6, int value) {
    return ::setsockopt(socket.native_handle(), v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                        v6 ? fragmenting_v6 : fragmenting_v4, &value, sizeof value) == 0;
}

}  // namespace

std::size_t send_datagrams(UdpSocket& socket, const char* bytes,
                           std::span<const Departure> departures, std::error_code& error) {
    std::size_t sent = 0;
    boost::system::error_code failed;
    for (const Departure& departure : departures) {
        if (departure.interface != 0) {
            socket.set_option(departure.to.is_v6()
                                  ? multicast::outbound_interface(departure.interface)
                                  : multicast::outbound_interface(to_ip(departure.local).to_v4()),
                              failed);
        }
        socket.send_to(boost::asio::buffer(bytes + departure.at, departure.size),
                       to_endpoint<udp::endpoint>(departure.to), 0, failed);
        if (failed) {
            break;
        }
        ++sent;
    }
    error = failed;
    return sent;
}

bool send_whole(UdpSocket& socket, const char* bytes, const Departure& departure,
                std::error_code& error) {
    const bool v6 = departure.to.is_v6();
    const int before = fragmenting(socket, v6);
    if (!set_fragmenting(socket, v6, v6 ? never_fragment_v6 : never_fragment_v4)) {
        error = std::make_error_code(std::errc::message_size);
        return false;
    }
    const bool sent = send_datagrams(socket, bytes, {&departure, 1}, error) == 1;
    (void)set_fragmenting(socket, v6, before);
    return sent;
}

std::error_code prepare_unicast(UdpSocket& socket, int hops, bool) {
    boost::system::error_code failed;
    socket.set_option(multicast::hops(hops), failed);
    return failed ? std::error_code(failed) : hear_no_group(socket);
}

std::error_code bind_unicast(UdpSocket& socket, std::uint16_t port) {
    boost::system::error_code failed;
    const auto protocol = socket.local_endpoint(failed).protocol();
    if (protocol == udp::v6()) {
        socket.set_option(boost::asio::ip::v6_only(true), failed);
    }
    socket.bind(udp::endpoint(protocol, port), failed);
    if (!failed) {
        socket.set_option(udp::socket::reuse_address(true), failed);
    }
    return failed;
}

std::error_code bind_group(UdpSocket& socket, const Address& group, std::uint32_t interface) {
    boost::system::error_code failed;
    socket.set_option(udp::socket::reuse_address(true), failed);
    const Address name = group.is_v6() ? Address(group.ip(), group.port(), interface) : group;
    socket.bind(to_endpoint<udp::endpoint>(name), failed);
    return failed;
}

int set_receive_buffer(UdpSocket& socket, int bytes) {
    boost::system::error_code failed;
    socket.set_option(udp::socket::receive_buffer_size(bytes), failed);
    udp::socket::receive_buffer_size given;
    socket.get_option(given, failed);
    return given.value();
}

namespace {

template <class Option>
std::error_code membership(UdpSocket& socket, const Address& group, std::uint32_t interface,
                           const Address& local) {
    boost::system::error_code failed;
    socket.set_option(group.is_v6() ? Option(to_ip(group).to_v6(), interface)
                                    : Option(to_ip(group).to_v4(), to_ip(local).to_v4()),
                      failed);
    return failed;
}

}  // namespace

std::error_code join_group(UdpSocket& socket, const Address& group, std::uint32_t interface,
                           const Address& local) {
    return membership<multicast::join_group>(socket, group, interface, local);
}

std::error_code leave_group(UdpSocket& socket, const Address& group, std::uint32_t interface,
                            const Address& local) {
    return membership<multicast::leave_group>(socket, group, interface, local);
}

}  // namespace netaio::net
