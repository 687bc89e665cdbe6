#include "cookies.hpp"

#include "../crypto/memory.hpp"
#include "../wire/endian.hpp"

namespace netaio::core {
namespace {

crypto::Mac cookie_for(ByteView key, const Address& address) {
    std::array<char, 2> port{};
    wire::put_u16(port.data(), address.port());
    return crypto::mac_of(key, {ByteView(address.ip()), std::string_view(port.data(), 2)});
}

}  // namespace

crypto::Mac Cookies::of(const Address& address, TimePoint now, Random& random) {
    if (made_at_ == TimePoint::min() || now - made_at_ >= good_for) {
        before_ = now_;
        before_at_ = made_at_;
        random.fill(now_);
        made_at_ = now;
    }
    return cookie_for({now_.data(), now_.size()}, address);
}

bool Cookies::prove(const Address& address, const crypto::Mac& tag,
                    std::initializer_list<ByteView> parts, TimePoint now) const {
    const auto by = [&](const Key& key, TimePoint made_at) {
        return made_at != TimePoint::min() && now - made_at < 2 * good_for &&
               crypto::constant_time_equal(
                   crypto::view(tag),
                   crypto::view(crypto::mac_of(
                       crypto::view(cookie_for({key.data(), key.size()}, address)), parts)));
    };
    return by(now_, made_at_) || by(before_, before_at_);
}

}  // namespace netaio::core
