#include <algorithm>
#include <limits>
#include <netaio/optional_address.hpp>

namespace netaio {

static_assert(Address::name_max <= std::numeric_limits<std::uint8_t>::max());

OptionalAddress::OptionalAddress(const Address& address) noexcept
    : ip_(address.ip()),
      scope_(address.scope()),
      port_(address.port()),
      kind_(address.is_v6() ? Kind::v6 : Kind::v4) {
    if (address.is_named()) {
        const std::string& text = address.name_->text;
        kind_ = Kind::name;
        name_size_ = static_cast<std::uint8_t>(text.size());
        std::ranges::copy(text, name_);
    }
}

std::optional<Address> OptionalAddress::get() const {
    switch (kind_) {
        case Kind::none: break;
        case Kind::v4: return Address(std::array{ip_[0], ip_[1], ip_[2], ip_[3]}, port_);
        case Kind::v6: return Address(ip_, port_, scope_);
        case Kind::name: return Address::parse(std::string_view(name_, name_size_)).value();
    }
    return std::nullopt;
}

}  // namespace netaio
