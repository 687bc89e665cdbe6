#include "endpoint.hpp"

#include <charconv>
#include <netaio/interfaces.hpp>
#include <netaio/lookup.hpp>
#include <netaio/run.hpp>

#include "exit_code.hpp"
#include "text.hpp"

namespace netaio::app {
namespace {

[[noreturn]] void refuse_endpoint(std::string_view text, const std::string& why) {
    throw Failure(ExitCode::usage, "'" + printable(text) + "' " + why +
                                       "; write HOST:PORT, such as 127.0.0.1:8888, localhost:8888 "
                                       "or [::1]:8888, or unix:PATH");
}

constexpr std::string_view unix_scheme = "unix:";

}  // namespace

bool Endpoint::is_unix() const noexcept {
    return host.starts_with(unix_scheme);
}

std::string Endpoint::str() const {
    if (is_unix()) return host;
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Endpoint parse_endpoint(std::string_view text) {
    if (text.starts_with(unix_scheme)) {
        if (!Address::parse(text)) refuse_endpoint(text, "names no file, as unix:./5 does");
        return {.host = std::string(text)};
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) refuse_endpoint(text, "has no port");
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);

    if (!host.empty() && host.front() == '[') {
        if (host.back() != ']') refuse_endpoint(text, "has no closing bracket before its port");
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        refuse_endpoint(text, "is an IPv6 address without brackets");
    }
    if (host.empty()) refuse_endpoint(text, "has no host");

    // No name is longer (RFC 1035).
    if (host.size() > 253) refuse_endpoint(text, "has a host of more than 253 bytes");

    Endpoint endpoint{.host = std::string(host)};
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, endpoint.port);
    if (digits.empty() || error != std::errc() || stop != end) {
        refuse_endpoint(text, "has no port from 0 to 65535");
    }
    return endpoint;
}

boost::asio::awaitable<Address> resolve_soon(const Endpoint& endpoint,
                                             std::chrono::milliseconds timeout) {
    if (endpoint.is_unix()) co_return *Address::parse(endpoint.host);
    if (const auto address = parse_zoned_address(endpoint.host, endpoint.port)) co_return *address;
    if (const auto zone = endpoint.host.find('%'); zone != std::string::npos) {
        throw Failure(ExitCode::other, "'" + printable(endpoint.host) +
                                           "' is no address on an interface of this machine; "
                                           "'netaio interfaces' shows their names");
    }
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const auto found =
        co_await addresses_of(endpoint.host, endpoint.port, deadline, netaio::look_up);
    std::optional<Address> first;
    if (found) {
        for (const Address& address : *found) {
            if (!first || (first->is_v6() && !address.is_v6())) first = address;
        }
    }
    if (!first) {
        throw Failure(ExitCode::other,
                      "cannot find an address for '" + printable(endpoint.host) +
                          "': " + (found ? "it has none" : found.error().message()) +
                          "; check the name, or give an address");
    }
    co_return *first;
}

Address resolve(const Endpoint& endpoint) {
    Address address;
    const auto keep = [&]() -> boost::asio::awaitable<void> {
        address = co_await resolve_soon(endpoint);
    };
    run(keep(), {.handle_signals = false});
    return address;
}

void require_datagrams_reach(const Endpoint& endpoint) {
    if (endpoint.is_unix()) {
        throw Failure(ExitCode::usage,
                      "datagrams do not go to " + endpoint.str() + "; name HOST:PORT");
    }
}

bool is_loopback(const Address& address) noexcept {
    if (address.is_named()) return true;
    if (!address.is_v6()) return address.ip()[0] == 127;
    std::array<std::uint8_t, 16> loopback{};
    loopback[15] = 1;
    return address.ip() == loopback;
}

}  // namespace netaio::app
