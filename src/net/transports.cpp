#include <algorithm>
#include <array>
#include <atomic>
#include <stdexcept>
#include <string>

#include "transport.hpp"

/// All the transports there are.
namespace netaio::net {
namespace {

constexpr std::array transports{&tcp_transport, &unix_transport, &memory_transport};

const Transport* with_scheme(std::string_view scheme) {
    const auto found = std::ranges::find(transports, scheme, &Transport::scheme);
    return found == transports.end() ? nullptr : *found;
}

}  // namespace

Address numbered(const Address& place) {
    static std::atomic<std::uint64_t> last{0};
    const auto number = last.fetch_add(1, std::memory_order_relaxed) + 1;
    return Address::named(place.scheme(), std::string(place.name()) + '#' + std::to_string(number))
        .value();
}

Address parsed_address(std::string_view text) {
    const auto read = Address::parse(text);
    if (!read) {
        throw std::invalid_argument("'" + std::string(text) +
                                    "' is no address; write it as 127.0.0.1:8888, [::1]:8888 or "
                                    "unix:/run/x.sock, or give the name of a host and a port");
    }
    return *read;
}

std::string server_name(const std::string& host, std::uint16_t port) {
    if (const auto ip = Address::parse(host, port)) {
        return ip->str();
    }
    const auto named = Address::parse(host);
    return named && named->is_named() ? named->str() : host + ":" + std::to_string(port);
}

const Transport* transport_of(const Address& address) {
    return with_scheme(address.scheme());
}

const Transport* transport_of(std::string_view host) {
    const auto named = Address::parse(host);
    return with_scheme(named ? named->scheme() : std::string_view());
}

}  // namespace netaio::net
