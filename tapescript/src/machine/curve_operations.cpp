#include <sodium.h>

#include "curve.hpp"
#include "operations.hpp"
#include "run.hpp"

namespace netaio::tapescript::machine {
namespace {

bool pop_count(Machine& m, std::vector<std::string>& items) {
    std::uint8_t count;
    return m.read_byte(count) && m.pop(count, items);
}

// A result that scripts may find in the cache, if the flag with that number allows it.
bool keep_if(Machine& m, unsigned flag, std::string_view key, std::string_view bytes) {
    return !m.flags().allows(flag) || m.keep(key, bytes);
}

using PointOperation = int (*)(unsigned char*, const unsigned char*, const unsigned char*);
using ScalarOperation = void (*)(unsigned char*, const unsigned char*, const unsigned char*);

bool check_sizes(Machine& m, std::string_view a, std::string_view b) {
    return (a.size() == curve_size && b.size() == curve_size) ||
           m.fail("TypeError", "points and scalars must have 32 bytes");
}

bool combine_points(Machine& m, PointOperation apply, std::string& total, std::string_view point) {
    CurveBytes result;
    if (!check_sizes(m, total, point) || !m.charge_curve()) return false;
    if (apply(result.data(), octets(total), octets(point)) != 0) {
        return m.fail("RuntimeError", "the points do not combine");
    }
    total = result.view();
    return true;
}

bool combine_scalars(Machine& m, ScalarOperation apply, std::string& total,
                     std::string_view scalar) {
    CurveBytes result;
    if (!check_sizes(m, total, scalar) || !m.charge_work(4)) return false;
    apply(result.data(), octets(total), octets(scalar));
    total = result.view();
    return true;
}

CurveBytes multiply(const CurveBytes& a, const CurveBytes& b) {
    CurveBytes product;
    crypto_core_ed25519_scalar_mul(product.data(), a.data(), b.data());
    return product;
}

CurveBytes add(const CurveBytes& a, const CurveBytes& b) {
    CurveBytes sum;
    crypto_core_ed25519_scalar_add(sum.data(), a.data(), b.data());
    return sum;
}

// The second half of a seed's hash, which makes a signature's nonce secret.
std::string nonce_of_seed(std::string_view seed) {
    std::string hash(crypto_hash_sha512_BYTES, '\0');
    crypto_hash_sha512(reinterpret_cast<unsigned char*>(hash.data()), octets(seed), seed.size());
    hash.erase(0, hash.size() / 2);
    return hash;
}

std::string sha512(std::string_view first, std::string_view second) {
    std::string hash(crypto_hash_sha512_BYTES, '\0');
    const std::string joined = std::string(first).append(second);
    crypto_hash_sha512(reinterpret_cast<unsigned char*>(hash.data()), octets(joined),
                       joined.size());
    return hash;
}

}  // namespace

bool add_points(Machine& m) {
    std::vector<std::string> points;
    if (!pop_count(m, points)) return false;
    for (const std::string& point : points) {
        if (point.size() != curve_size) return m.fail("TypeError", "a point must have 32 bytes");
        if (!m.charge_curve()) return false;
        if (crypto_core_ed25519_is_valid_point(octets(point)) != 1) {
            return m.fail("ValueError", "OP_ADD_POINTS invalid point encountered");
        }
    }
    if (points.empty()) return m.fail("IndexError", "there is no point to add");
    std::string& sum = points.front();
    for (std::size_t at = 1; at < points.size(); ++at) {
        if (!combine_points(m, crypto_core_ed25519_add, sum, points[at])) return false;
    }
    return m.push(sum);
}

bool subtract_points(Machine& m) {
    std::uint8_t count;
    std::string total;
    if (!m.read_byte(count) || !m.charge_operations(count) || !m.pop(total)) return false;
    for (unsigned taken = 1; taken < count; ++taken) {
        std::string_view point;
        if (!m.pop(point) || !combine_points(m, crypto_core_ed25519_sub, total, point)) {
            return false;
        }
    }
    return m.push(total);
}

bool add_scalars(Machine& m) {
    std::vector<std::string> scalars;
    if (!pop_count(m, scalars)) return false;
    if (scalars.empty()) return m.fail("IndexError", "there is no scalar to add");
    std::string& sum = scalars.front();
    for (std::size_t at = 1; at < scalars.size(); ++at) {
        if (!combine_scalars(m, crypto_core_ed25519_scalar_add, sum, scalars[at])) return false;
    }
    return m.push(sum);
}

bool subtract_scalars(Machine& m) {
    std::uint8_t count;
    std::string total;
    if (!m.read_byte(count) || !m.charge_operations(count) || !m.pop(total)) return false;
    for (unsigned taken = 1; taken < count; ++taken) {
        std::string_view scalar;
        if (!m.pop(scalar) || !combine_scalars(m, crypto_core_ed25519_scalar_sub, total, scalar)) {
            return false;
        }
    }
    return m.push(total);
}

bool derive_scalar(Machine& m) {
    std::string_view seed;
    if (!m.pop(seed) || !m.charge_hash(seed.size())) return false;
    const CurveBytes scalar = scalar_of_seed(seed);
    return keep_if(m, 1, "x", scalar.view()) && m.push(scalar.view());
}

bool clamp_scalar(Machine& m) {
    std::uint8_t is_key;
    std::string_view item;
    CurveBytes scalar;
    return m.read_byte(is_key) && m.pop(item) && clamp(m, item, is_key != 0, scalar) &&
           m.push(scalar.view());
}

bool derive_point(Machine& m) {
    std::string_view scalar;
    CurveBytes point;
    return m.pop(scalar) && point_of(m, scalar, point) && keep_if(m, 2, "X", point.view()) &&
           m.push(point.view());
}

bool make_adapter_sig_public(Machine& m) {
    std::string tweak_point;
    std::string message;
    std::string seed;
    if (!m.pop(tweak_point) || !m.pop(message) || !m.pop(seed) ||
        !m.charge_hash(2 * (seed.size() + message.size()))) {
        return false;
    }
    const CurveBytes x = scalar_of_seed(seed);
    const CurveBytes r = hash_to_scalar({sha512(nonce_of_seed(seed), message)});
    CurveBytes public_key;
    CurveBytes nonce_point;
    CurveBytes sum;
    if (!point_of(m, x.view(), public_key) || !point_of(m, r.view(), nonce_point) ||
        !add_checked(m, nonce_point.view(), tweak_point, sum)) {
        return false;
    }
    const CurveBytes challenge = hash_to_scalar({sum.view(), public_key.view(), message});
    const CurveBytes adapter = add(r, multiply(challenge, x));
    return keep_if(m, 3, "r", r.view()) && keep_if(m, 4, "R", nonce_point.view()) &&
           keep_if(m, 6, "T", tweak_point) && keep_if(m, 8, "sa", adapter.view()) &&
           m.push(nonce_point.view()) && m.push(adapter.view());
}

bool make_adapter_sig_private(Machine& m) {
    std::string seed;
    std::string_view tweak;
    CurveBytes t;
    std::string message;
    if (!m.pop(seed) || !m.pop(tweak) || !clamp(m, tweak, false, t) || !m.pop(message) ||
        !m.charge_hash(2 * (seed.size() + message.size()))) {
        return false;
    }
    const CurveBytes x = scalar_of_seed(seed);
    const CurveBytes r = hash_to_scalar({nonce_of_seed(seed), message});
    CurveBytes public_key;
    CurveBytes tweak_point;
    CurveBytes nonce_point;
    if (!point_of(m, x.view(), public_key) || !point_of(m, t.view(), tweak_point) ||
        !point_of(m, r.view(), nonce_point)) {
        return false;
    }
    const CurveBytes challenge = hash_to_scalar({nonce_point.view(), public_key.view(), message});
    const CurveBytes adapter = add(add(t, r), multiply(challenge, x));
    return keep_if(m, 4, "R", nonce_point.view()) && keep_if(m, 5, "t", t.view()) &&
           keep_if(m, 6, "T", tweak_point.view()) && keep_if(m, 8, "sa", adapter.view()) &&
           m.push(tweak_point.view()) && m.push(nonce_point.view()) && m.push(adapter.view());
}

bool check_adapter_sig(Machine& m) {
    std::string public_key;
    std::string tweak_point;
    std::string message;
    std::string nonce_point;
    std::string adapter;
    if (!m.pop(public_key) || !m.pop(tweak_point) || !m.pop(message) || !m.pop(nonce_point) ||
        !m.pop(adapter) || !m.charge_hash(message.size())) {
        return false;
    }
    CurveBytes shown;
    CurveBytes sum;
    if (!point_of(m, adapter, shown) || !add_checked(m, nonce_point, tweak_point, sum)) {
        return false;
    }
    const CurveBytes challenge = hash_to_scalar({sum.view(), public_key, message});
    CurveBytes product;
    if (public_key.size() != curve_size) return m.fail("TypeError", "a point must have 32 bytes");
    if (!m.charge_curve(2)) return false;
    if (crypto_scalarmult_ed25519_noclamp(product.data(), challenge.data(), octets(public_key)) !=
        0) {
        return m.fail("RuntimeError", "the public key is no valid point");
    }
    CurveBytes expected;
    return add_checked(m, nonce_point, product.view(), expected) &&
           m.push_bool(sodium_memcmp(shown.data(), expected.data(), curve_size) == 0);
}

bool decrypt_adapter_sig(Machine& m) {
    std::string_view tweak;
    CurveBytes t;
    std::string nonce_point;
    std::string adapter;
    CurveBytes tweak_point;
    CurveBytes sum;
    if (!m.pop(tweak) || !clamp(m, tweak, false, t) || !m.pop(nonce_point) || !m.pop(adapter) ||
        !point_of(m, t.view(), tweak_point) ||
        !add_checked(m, nonce_point, tweak_point.view(), sum) ||
        !combine_scalars(m, crypto_core_ed25519_scalar_add, adapter, t.view())) {
        return false;
    }
    return keep_if(m, 7, "RT", sum.view()) && keep_if(m, 9, "s", adapter) && m.push(sum.view()) &&
           m.push(adapter);
}

}  // namespace netaio::tapescript::machine
