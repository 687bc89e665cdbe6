#include "net/ring.hpp"

namespace netaio::net {

bool use_ring(boost::asio::io_context&) {
    return false;
}

void send_rest(boost::asio::io_context&) {}

std::unique_ptr<Channel> open_ring_channel(StreamSocket&) {
    return nullptr;
}

std::unique_ptr<DatagramRing> open_datagram_ring(UdpSocket&, std::weak_ptr<InputListener>,
                                                 DatagramRing::NotSent) {
    return nullptr;
}

}  // namespace netaio::net
