#include "hmac.hpp"

#include <algorithm>

#include "memory.hpp"

namespace netaio::crypto {

Digest OneTimeKeys::derive(ByteView nonce) const noexcept {
    return Sha256()
        .update(key_.view())
        .update(sha256(nonce).view())
        .update(purpose_.view())
        .finish();
}

Hmac::Hmac(ByteView key) noexcept {
    constexpr char inner_pad = 0x36;
    constexpr char outer_pad = 0x5c;
    char pad[pad_size];
    std::fill_n(std::ranges::copy(key, pad).out, pad_size - key.size(), '\0');
    std::ranges::for_each(pad, [](char& byte) { byte = static_cast<char>(byte ^ inner_pad); });
    inner_.update(std::string_view(pad, pad_size));
    std::ranges::for_each(
        pad, [](char& byte) { byte = static_cast<char>(byte ^ inner_pad ^ outer_pad); });
    outer_.update(std::string_view(pad, pad_size));
    wipe(pad, pad_size);
}

HmacKeyV008::HmacKeyV008(ByteView key) noexcept
    : key_size_(key.size()),
      hashed_(sha256(key).view()),
      plain_(key.size() <= Digest::size ? Hmac(key) : hashed_) {}

}  // namespace netaio::crypto
