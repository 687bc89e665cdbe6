#include "tcp_handler.hpp"

#include "stream.hpp"

namespace netaio::net {

std::optional<OwnedMessage> KeptTcpHandler::call(const Message& message,
                                                 core::Source& source) const {
    return handler_.plain(message, static_cast<Stream&>(source));
}

Address to_address(const boost::asio::ip::tcp::endpoint& endpoint) {
    if (endpoint.address().is_v4()) {
        return Address(endpoint.address().to_v4().to_bytes(), endpoint.port());
    }
    const auto v6 = endpoint.address().to_v6();
    return Address(v6.to_bytes(), endpoint.port(), static_cast<std::uint32_t>(v6.scope_id()));
}

boost::asio::ip::tcp::endpoint to_endpoint(const Address& address) {
    if (address.is_v6()) {
        return {boost::asio::ip::address_v6(address.ip(), address.scope()), address.port()};
    }
    std::array<std::uint8_t, 4> v4;
    std::copy_n(address.ip().begin(), 4, v4.begin());
    return {boost::asio::ip::address_v4(v4), address.port()};
}

}  // namespace netaio::net
