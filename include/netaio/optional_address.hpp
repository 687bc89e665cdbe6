#pragma once

#include <cstring>
#include <netaio/address.hpp>
#include <optional>

namespace netaio {

/// An address, or none: made from an Address and as plain a value, but without a destructor, as the
/// options of waiting calls need it (see PluginRef).
class OptionalAddress {
public:
    OptionalAddress() noexcept {}
    OptionalAddress(std::nullopt_t) noexcept {}
    OptionalAddress(const Address& address) noexcept;
    OptionalAddress(const std::optional<Address>& address) noexcept {
        if (address) {
            *this = *address;
        }
    }
    // Most have no name to copy.
    OptionalAddress(const OptionalAddress& other) noexcept { *this = other; }
    OptionalAddress& operator=(const OptionalAddress& other) noexcept {
        ip_ = other.ip_;
        scope_ = other.scope_;
        port_ = other.port_;
        kind_ = other.kind_;
        name_size_ = other.name_size_;
        std::memmove(name_, other.name_, name_size_);
        return *this;
    }

    /// Whether there is one.
    explicit operator bool() const noexcept { return kind_ != Kind::none; }
    /// The address, if there is one.
    std::optional<Address> get() const;

private:
    enum class Kind : std::uint8_t { none, v4, v6, name };

    std::array<std::uint8_t, 16> ip_{};
    std::uint32_t scope_ = 0;
    std::uint16_t port_ = 0;
    Kind kind_ = Kind::none;
    std::uint8_t name_size_ = 0;
    char name_[Address::name_max];  // with its transport
};

}  // namespace netaio
