#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <netaio/address.hpp>
#include <string>
#include <string_view>

namespace netaio::app {

/// HOST:PORT or unix:PATH as written on the command line.
struct Endpoint {
    std::string host;  ///< a name or an address, without brackets; unix:PATH as it is
    std::uint16_t port = 0;

    bool is_unix() const noexcept;
    /// As it is to be written again: IPv6 addresses in brackets.
    std::string str() const;
};

/// Reads `HOST:PORT`, `1.2.3.4:80`, `[::1]:80` or `unix:PATH`. Throws Failure (usage) that says
/// what is wrong.
Endpoint parse_endpoint(std::string_view text);

/// The address of an endpoint: a name stands for its first IPv4 address, or its first IPv6 address
/// when it has none; the zone of an address may be the name of an interface. Throws Failure when it
/// can't be resolved.
Address resolve(const Endpoint& endpoint);
/// The same within a coroutine, which must keep the endpoint, and within this time.
boost::asio::awaitable<Address> resolve_soon(
    const Endpoint& endpoint, std::chrono::milliseconds timeout = std::chrono::minutes(1));

/// Throws Failure (usage) for a Unix-domain socket.
void require_datagrams_reach(const Endpoint& endpoint);

/// Whether only this machine can reach it.
bool is_loopback(const Address& address) noexcept;

}  // namespace netaio::app
