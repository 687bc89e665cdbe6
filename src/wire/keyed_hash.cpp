#include "keyed_hash.hpp"

#include <sodium.h>

#include <bit>

namespace netaio::wire {

std::uint64_t sip_hash(ByteView bytes, const HashKey& key) noexcept {
    static_assert(HashKey{}.size() == crypto_shorthash_KEYBYTES);
    std::array<unsigned char, crypto_shorthash_BYTES> hash;
    crypto_shorthash(hash.data(), bytes.octets(), bytes.size(), key.data());
    return std::bit_cast<std::uint64_t>(hash);
}

std::uint64_t keyed_hash(ByteView bytes) noexcept {
    // Not from an Environment: a source that tests can foresee would be one for attackers, too.
    static const HashKey key = [] {
        HashKey drawn;
        randombytes_buf(drawn.data(), drawn.size());
        return drawn;
    }();
    return sip_hash(bytes, key);
}

}  // namespace netaio::wire
