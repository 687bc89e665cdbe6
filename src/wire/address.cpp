#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <netaio/address.hpp>

#include "endian.hpp"
#include "keyed_hash.hpp"

namespace netaio {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

template <class Number>
bool read_number(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

// Else it could not be told from the first part of an IPv6 address.
bool is_scheme(std::string_view text) {
    const auto is_letter = [](char one) { return one >= 'a' && one <= 'z'; };
    return std::ranges::all_of(text, is_letter) &&
           std::ranges::any_of(text, [](char one) { return one > 'f'; });
}

// Else it could not be told from a host's port.
bool is_name(std::string_view text) {
    return text.find('\0') == std::string_view::npos &&
           text.find_first_not_of("0123456789") != std::string_view::npos;
}

}  // namespace

Address::Address(std::array<std::uint8_t, 4> ip, std::uint16_t port) noexcept : port_(port) {
    std::ranges::copy(ip, ip_.begin());
}

Address::Address(std::array<std::uint8_t, 16> ip, std::uint16_t port, std::uint32_t scope) noexcept
    : port_(port) {
    if (std::equal(mapped_prefix.begin(), mapped_prefix.end(), ip.begin())) {
        std::copy(ip.begin() + 12, ip.end(), ip_.begin());
        return;
    }
    ip_ = ip;
    scope_ = scope;
    v6_ = true;
}

Address Address::with_port(std::uint16_t port) const noexcept {
    Address other = *this;
    other.port_ = name_ ? std::uint16_t{0} : port;
    return other;
}

Result<Address> Address::parse(std::string_view ip, std::uint16_t port) {
    std::uint32_t scope = 0;
    if (const auto percent = ip.find('%'); percent != std::string_view::npos) {
        if (!read_number(ip.substr(percent + 1), scope) || ip.find(':') > percent) {
            return Errc::malformed;
        }
        ip = ip.substr(0, percent);
    }
    const std::string text(ip);
    if (text.find('\0') != std::string::npos) {
        return Errc::malformed;
    }
    std::array<std::uint8_t, 4> v4;
    if (inet_pton(AF_INET, text.c_str(), v4.data()) == 1) {
        return Address(v4, port);
    }
    std::array<std::uint8_t, 16> v6;
    if (inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) {
        return Address(v6, port, scope);
    }
    return Errc::malformed;
}

Result<Address> Address::named(std::string_view scheme, std::string_view name) {
    if (!is_scheme(scheme) || !is_name(name) || scheme.size() + 1 + name.size() > name_max) {
        return Errc::malformed;
    }
    const boost::intrusive_ptr<Name> made(new Name);
    made->text.append(scheme).append(1, ':').append(name);
    Address address;
    address.name_ = made;
    return address;
}

std::string_view Address::scheme() const noexcept {
    const std::string_view text = name_ ? std::string_view(name_->text) : std::string_view();
    return text.substr(0, text.find(':'));
}

std::string_view Address::name() const noexcept {
    return name_ ? std::string_view(name_->text).substr(scheme().size() + 1) : std::string_view();
}

std::strong_ordering Address::compare_names(const Address& a, const Address& b) noexcept {
    if (!a.name_ || !b.name_) {
        return (a.name_ != nullptr) <=> (b.name_ != nullptr);
    }
    return a.name_->text <=> b.name_->text;
}

Result<Address> Address::parse(std::string_view text) {
    if (const auto scheme = text.find(':'); scheme != std::string_view::npos) {
        if (auto name = named(text.substr(0, scheme), text.substr(scheme + 1))) {
            return name;
        }
    }
    const auto colon = text.rfind(':');
    std::uint16_t port = 0;
    if (colon == std::string_view::npos || !read_number(text.substr(colon + 1), port)) {
        return Errc::malformed;
    }
    std::string_view ip = text.substr(0, colon);
    if (ip.starts_with('[') && ip.ends_with(']')) {
        ip = ip.substr(1, ip.size() - 2);
    } else if (ip.find(':') != std::string_view::npos) {
        return Errc::malformed;
    }
    return parse(ip, port);
}

std::string Address::host() const {
    if (name_) {
        return name_->text;
    }
    char text[INET6_ADDRSTRLEN];
    inet_ntop(v6_ ? AF_INET6 : AF_INET, ip_.data(), text, sizeof text);
    std::string host = text;
    if (scope_ != 0) {
        host += '%' + std::to_string(scope_);
    }
    return host;
}

std::string Address::str() const {
    if (name_) {
        return name_->text;
    }
    const std::string port = ':' + std::to_string(port_);
    return v6_ ? '[' + host() + ']' + port : host() + port;
}

}  // namespace netaio

std::size_t std::hash<netaio::Address>::operator()(const netaio::Address& address) const noexcept {
    if (address.is_named()) {
        return netaio::wire::keyed_hash(address.name());
    }
    std::array<char, 16 + 4 + 2 + 1> bytes;
    std::memcpy(bytes.data(), address.ip().data(), 16);
    netaio::wire::put_u32(bytes.data() + 16, address.scope());
    netaio::wire::put_u16(bytes.data() + 20, address.port());
    bytes[22] = address.is_v6() ? 1 : 0;
    return netaio::wire::keyed_hash(std::string_view(bytes.data(), bytes.size()));
}
