#include "hkdf.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "sodium.hpp"

namespace netaio::chat {
namespace {

class Hmac {
public:
    explicit Hmac(ByteView key) noexcept {
        crypto_auth_hmacsha256_init(&state_, sodium_bytes(key), key.size());
    }
    ~Hmac() { sodium_memzero(&state_, sizeof state_); }
    Hmac(const Hmac&) = delete;
    Hmac& operator=(const Hmac&) = delete;

    Hmac& add(ByteView bytes) noexcept {
        crypto_auth_hmacsha256_update(&state_, sodium_bytes(bytes), bytes.size());
        return *this;
    }
    void write(unsigned char* out) noexcept { crypto_auth_hmacsha256_final(&state_, out); }

private:
    crypto_auth_hmacsha256_state state_;
};

using HmacBlock = std::array<unsigned char, crypto_auth_hmacsha256_BYTES>;

}  // namespace

void hmac_sha256(ByteView key, ByteView message, std::span<unsigned char, 32> out) noexcept {
    Hmac(key).add(message).write(out.data());
}

void hkdf_sha256(ByteView salt, ByteView input, ByteView info,
                 std::span<unsigned char> out) noexcept {
    HmacBlock secret;
    Hmac(salt).add(input).write(secret.data());
    HmacBlock block;
    std::size_t block_size = 0;
    for (unsigned char count = 1; !out.empty(); ++count) {
        Hmac(secret)
            .add(ByteView(block).substr(0, block_size))
            .add(info)
            .add(std::as_bytes(std::span(&count, 1)))
            .write(block.data());
        block_size = block.size();
        const std::size_t size = std::min(block_size, out.size());
        std::copy_n(block.begin(), size, out.begin());
        out = out.subspan(size);
    }
    sodium_memzero(secret.data(), secret.size());
    sodium_memzero(block.data(), block.size());
}

}  // namespace netaio::chat
