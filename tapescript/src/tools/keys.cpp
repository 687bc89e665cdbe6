#include <netaio/tapescript/keys.hpp>

#include <sodium.h>

#include <algorithm>
#include <stdexcept>

#include "machine/curve.hpp"

namespace netaio::tapescript {
namespace {

unsigned char* octets(char* bytes) noexcept {
    return reinterpret_cast<unsigned char*>(bytes);
}

using machine::octets;

template <std::size_t Size>
std::array<char, Size> exactly(std::string_view bytes, const char* otherwise) {
    if (bytes.size() != Size) throw std::invalid_argument(otherwise);
    std::array<char, Size> array;
    std::ranges::copy(bytes, array.begin());
    return array;
}

constexpr std::array<char, Point::size> zeros{};

using ScalarOperation = void (*)(unsigned char*, const unsigned char*, const unsigned char*);

Scalar combine(ScalarOperation operation, const Scalar& a, const Scalar& b) {
    std::array<char, Scalar::size> result;
    operation(octets(result.data()), octets(a.reveal()), octets(b.reveal()));
    Scalar made(std::string_view(result.data(), result.size()));
    sodium_memzero(result.data(), result.size());
    return made;
}

void start_sodium() {
    static const bool started = sodium_init() >= 0;
    if (!started) throw std::runtime_error("libsodium does not start on this machine");
}

}  // namespace

Point::Point(std::string_view bytes)
    : bytes_(exactly<size>(bytes, "a point or public key is 32 bytes")) {}

Point operator+(const Point& a, const Point& b) {
    std::array<char, Point::size> sum;
    for (const Point& point : {a, b}) {
        if (crypto_core_ed25519_is_valid_point(octets(point.bytes())) != 1) {
            throw std::invalid_argument("not a point of Ed25519's main subgroup: check the key");
        }
    }
    crypto_core_ed25519_add(octets(sum.data()), octets(a.bytes()), octets(b.bytes()));
    return Point(std::string_view(sum.data(), sum.size()));
}

Scalar::Scalar(std::string_view bytes) : bytes_(exactly<size>(bytes, "a scalar is 32 bytes")) {}

Scalar::~Scalar() {
    sodium_memzero(bytes_.data(), bytes_.size());
}

Scalar Scalar::clamped(std::string_view bytes) {
    Scalar scalar(bytes.substr(0, size));
    scalar.bytes_.back() = static_cast<char>(scalar.bytes_.back() & 0x7f);
    return scalar;
}

Scalar Scalar::random() {
    start_sodium();
    std::array<char, size> bytes;
    crypto_core_ed25519_scalar_random(octets(bytes.data()));
    Scalar scalar(std::string_view(bytes.data(), bytes.size()));
    sodium_memzero(bytes.data(), bytes.size());
    return scalar;
}

Point Scalar::point() const {
    std::array<char, Point::size> bytes;
    if (crypto_scalarmult_ed25519_base_noclamp(octets(bytes.data()), octets(reveal())) != 0) {
        throw std::invalid_argument("a scalar that is zero gives no point");
    }
    return Point(std::string_view(bytes.data(), bytes.size()));
}

Scalar operator+(const Scalar& a, const Scalar& b) {
    return combine(crypto_core_ed25519_scalar_add, a, b);
}

Scalar operator-(const Scalar& a, const Scalar& b) {
    return combine(crypto_core_ed25519_scalar_sub, a, b);
}

Scalar operator*(const Scalar& a, const Scalar& b) {
    return combine(crypto_core_ed25519_scalar_mul, a, b);
}

SigningKey::SigningKey(std::string_view seed)
    : public_key_(std::string_view(zeros.data(), zeros.size())) {
    if (seed.size() != seed_size) throw std::invalid_argument("a private key's seed is 32 bytes");
    std::array<char, Point::size> point;
    crypto_sign_seed_keypair(octets(point.data()), octets(pair_.data()), octets(seed));
    public_key_ = PublicKey(std::string_view(point.data(), point.size()));
}

SigningKey::~SigningKey() {
    sodium_memzero(pair_.data(), pair_.size());
}

SigningKey SigningKey::generate() {
    start_sodium();
    std::array<char, seed_size> seed;
    randombytes_buf(seed.data(), seed.size());
    SigningKey key(std::string_view(seed.data(), seed.size()));
    sodium_memzero(seed.data(), seed.size());
    return key;
}

Scalar SigningKey::scalar() const {
    return Scalar(machine::scalar_of_seed(reveal_seed()).view());
}

std::string SigningKey::sign(std::string_view message) const {
    std::string signature(crypto_sign_BYTES, '\0');
    crypto_sign_detached(octets(signature.data()), nullptr, octets(message), message.size(),
                         octets(std::string_view(pair_.data(), pair_.size())));
    return signature;
}

}  // namespace netaio::tapescript
