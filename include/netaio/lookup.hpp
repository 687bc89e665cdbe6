#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <netaio/address.hpp>
#include <string>
#include <vector>

namespace netaio {

/// Gives the addresses of a host's name, best ones first; called on a thread of its own.
using LookUp = std::function<Result<std::vector<Address>>(const std::string& host, std::uint16_t)>;

/// Asks the system, which may take as long as its name servers do.
Result<std::vector<Address>> look_up(const std::string& host, std::uint16_t port);

/// The addresses of a host, at once if it is an address itself. A lookup can be given up: it goes
/// on in a thread nobody waits for, and its answer is dropped. Errors: Errc::timeout at the
/// deadline, cancelled, Errc::queue_full while 64 lookups run, or what the lookup says.
boost::asio::awaitable<Result<std::vector<Address>>> addresses_of(
    std::string host, std::uint16_t port, std::chrono::steady_clock::time_point deadline,
    LookUp look_up);

}  // namespace netaio
