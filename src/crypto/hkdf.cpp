#include "hkdf.hpp"

#include <sodium.h>

namespace netaio::crypto {
namespace {

// As of the standard, unlike crypto::Hmac.
class StandardHmac {
public:
    explicit StandardHmac(ByteView key) noexcept {
        crypto_auth_hmacsha256_init(&state_, key.octets(), key.size());
    }
    ~StandardHmac() { wipe(state_); }
    StandardHmac(const StandardHmac&) = delete;
    StandardHmac& operator=(const StandardHmac&) = delete;

    StandardHmac& add(ByteView bytes) noexcept {
        crypto_auth_hmacsha256_update(&state_, bytes.octets(), bytes.size());
        return *this;
    }
    void finish(Digest& out) noexcept {
        crypto_auth_hmacsha256_final(&state_, reinterpret_cast<unsigned char*>(out.data()));
    }

private:
    crypto_auth_hmacsha256_state state_;
};

}  // namespace

namespace detail {

void hkdf(ByteView salt, ByteView input, ByteView info, std::span<Digest> outputs) noexcept {
    Digest key;
    StandardHmac(salt).add(input).finish(key);
    ByteView before;
    char number = 1;
    for (Digest& output : outputs) {
        StandardHmac(key.view())
            .add(before)
            .add(info)
            .add(std::string_view(&number, 1))
            .finish(output);
        before = output.view();
        ++number;
    }
}

}  // namespace detail

}  // namespace netaio::crypto
