#include "schnorr.hpp"

#include <sodium.h>

#include <initializer_list>

#include "machine/curve.hpp"

namespace netaio::tapescript {
namespace tools {
namespace {

/// The SHA-512 of several parts; wiped when it goes.
class Hash {
public:
    Hash(std::initializer_list<std::string_view> parts) {
        crypto_hash_sha512_state state;
        crypto_hash_sha512_init(&state);
        for (const std::string_view part : parts) {
            crypto_hash_sha512_update(&state, reinterpret_cast<const unsigned char*>(part.data()),
                                      part.size());
        }
        crypto_hash_sha512_final(&state, bytes_);
        sodium_memzero(&state, sizeof state);
    }
    Hash(const Hash&) = delete;
    Hash& operator=(const Hash&) = delete;
    ~Hash() { sodium_memzero(bytes_, sizeof bytes_); }

    std::string_view view() const noexcept {
        return {reinterpret_cast<const char*>(bytes_), sizeof bytes_};
    }

private:
    unsigned char bytes_[crypto_hash_sha512_BYTES];
};

}  // namespace

Scalar nonce_for(std::string_view secret, std::string_view message) {
    const Hash expanded{secret};
    const Hash once{expanded.view().substr(32), message};
    return Scalar(machine::hash_to_scalar({once.view()}).view());
}

Scalar challenge(const Point& nonce, const PublicKey& key, std::string_view message) {
    return Scalar(machine::hash_to_scalar({nonce.bytes(), key.bytes(), message}).view());
}

}  // namespace tools

std::string sign_with_scalar(const Scalar& scalar, std::string_view message) {
    const auto secret = machine::hash_to_scalar({scalar.reveal(), message});
    const Scalar nonce = tools::nonce_for(secret.view(), message);
    const Point point = nonce.point();
    const Scalar sum = nonce + tools::challenge(point, scalar.point(), message) * scalar;
    return std::string(point.bytes()).append(sum.reveal());
}

}  // namespace netaio::tapescript
