#include "curve.hpp"

#include <sodium.h>

#include <algorithm>

#include "run.hpp"

namespace netaio::tapescript::machine {
namespace {

void clear_highest_bit(CurveBytes& scalar) noexcept {
    scalar.data()[curve_size - 1] &= 0x7f;
}

void make_key(CurveBytes& scalar) noexcept {
    scalar.data()[0] &= 0xf8;
    scalar.data()[curve_size - 1] |= 0x40;
    clear_highest_bit(scalar);
}

}  // namespace

CurveBytes::~CurveBytes() {
    sodium_memzero(bytes_.data(), bytes_.size());
}

bool check_point(Machine& m, std::string_view point) {
    if (point.size() != curve_size) return m.fail("TypeError", "a point must have 32 bytes");
    if (!m.charge_curve()) return false;
    return crypto_core_ed25519_is_valid_point(octets(point)) == 1 ||
           m.fail("ValueError", "each point must be a valid ed25519 point");
}

bool add_checked(Machine& m, std::string_view a, std::string_view b, CurveBytes& sum) {
    if (!check_point(m, a) || !check_point(m, b) || !m.charge_curve()) return false;
    return crypto_core_ed25519_add(sum.data(), octets(a), octets(b)) == 0 ||
           m.fail("RuntimeError", "the points have no sum");
}

bool point_of(Machine& m, std::string_view scalar, CurveBytes& point) {
    if (scalar.size() != curve_size) return m.fail("TypeError", "a scalar must have 32 bytes");
    if (!m.charge_curve()) return false;
    return crypto_scalarmult_ed25519_base_noclamp(point.data(), octets(scalar)) == 0 ||
           m.fail("RuntimeError", "the scalar gives no point");
}

bool clamp(Machine& m, std::string_view bytes, bool as_key, CurveBytes& scalar) {
    if (bytes.size() < curve_size) return m.fail("ValueError", "a scalar needs 32 bytes or more");
    std::copy_n(octets(bytes), curve_size, scalar.data());
    as_key ? make_key(scalar) : clear_highest_bit(scalar);
    return true;
}

CurveBytes scalar_of_seed(std::string_view seed) {
    std::array<unsigned char, crypto_hash_sha512_BYTES> hash;
    crypto_hash_sha512(hash.data(), octets(seed), seed.size());
    CurveBytes scalar;
    std::copy_n(hash.data(), curve_size, scalar.data());
    sodium_memzero(hash.data(), hash.size());
    make_key(scalar);
    return scalar;
}

CurveBytes hash_to_scalar(std::initializer_list<std::string_view> parts) {
    crypto_hash_sha512_state state;
    crypto_hash_sha512_init(&state);
    for (const std::string_view part : parts) {
        crypto_hash_sha512_update(&state, octets(part), part.size());
    }
    std::array<unsigned char, crypto_hash_sha512_BYTES> hash;
    crypto_hash_sha512_final(&state, hash.data());
    sodium_memzero(&state, sizeof state);
    CurveBytes scalar;
    crypto_core_ed25519_scalar_reduce(scalar.data(), hash.data());
    sodium_memzero(hash.data(), hash.size());
    clear_highest_bit(scalar);
    return scalar;
}

}  // namespace netaio::tapescript::machine
