#pragma once

#include <netaio/lookup.hpp>

#include "descriptor.hpp"
#include "sockets.hpp"

namespace netaio::net {

/// The server that was reached, or why none was.
struct Reached {
    std::error_code error = {};
    std::shared_ptr<StreamSocket> socket = nullptr;
    Address server = {};
};

/// The addresses with families taking turns, beginning with that of the first, so that a family
/// that is dead holds up no other (RFC 8305 §4).
std::vector<Address> interleaved(const std::vector<Address>& addresses);

/// Connects to a host by whichever of its addresses answers first; each has a head start before the
/// next is tried, too. Errc::timeout when all of it took that long, or what the last one that
/// failed says. The executor must run on one thread or be a strand.
boost::asio::awaitable<Reached> reach(std::string host, std::uint16_t port,
                                      std::chrono::milliseconds timeout,
                                      LookUp look_up = netaio::look_up);

/// The server that was reached, by a socket that blocks.
struct ReachedBlocking {
    Descriptor socket;
    Address server;
};

/// The same for who has no loop, and waits.
Result<ReachedBlocking> reach_blocking(const std::string& host, std::uint16_t port,
                                       std::chrono::milliseconds timeout,
                                       LookUp look_up = netaio::look_up);

}  // namespace netaio::net
