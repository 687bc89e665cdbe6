#include "mac.hpp"

#include <sodium.h>

namespace netaio::crypto {

Mac mac_of(ByteView key, std::initializer_list<ByteView> parts) noexcept {
    crypto_generichash_state state;
    Mac mac;
    crypto_generichash_init(&state, key.octets(), key.size(), mac.size());
    for (const ByteView& part : parts) {
        crypto_generichash_update(&state, part.octets(), part.size());
    }
    crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(mac.data()), mac.size());
    return mac;
}

}  // namespace netaio::crypto
