#include <sodium.h>

#include <netaio/tapescript/amhl.hpp>
#include <netaio/tapescript/htlc.hpp>
#include <stdexcept>

#include "adapter_witness.hpp"
#include "hash.hpp"

namespace netaio::tapescript {
namespace amhl {

Scalar sample(std::string_view seed, std::uint64_t index) {
    std::string material(seed);
    for (int shift = 56; shift >= 0; shift -= 8) {
        material += static_cast<char>(index >> shift);
    }
    std::string hash = tools::sha256(material);
    const Scalar scalar = Scalar::clamped(hash);
    sodium_memzero(material.data(), material.size());
    sodium_memzero(hash.data(), hash.size());
    return scalar;
}

Setup setup(std::size_t hops, std::string_view seed) {
    if (hops == 0) throw std::invalid_argument("a chain of locks has at least one hop");
    Setup made;
    for (std::size_t i = 0; i < hops; ++i) {
        made.scalars.push_back(sample(seed, i));
        const Point step = made.scalars.back().point();
        made.points.push_back(i == 0 ? step : made.points.back() + step);
    }
    return made;
}

Share share_of(const Setup& setup, std::size_t index) {
    const std::size_t hops = setup.scalars.size();
    if (index > hops) throw std::out_of_range("a chain has one user more than hops");
    if (index == 0) return {{}, {}, setup.scalars.at(0)};
    const Point& left = setup.points.at(index - 1);
    if (index == hops) return {left, {}, sum(setup.scalars)};
    return {left, setup.points.at(index), setup.scalars.at(index)};
}

bool check_share(const Share& share, std::size_t index, std::size_t hops) {
    if (index == 0) return !share.left && !share.right;
    if (index == hops) return share.left && !share.right;
    return share.left && share.right && *share.left + share.scalar.point() == *share.right;
}

Scalar sum(std::span<const Scalar> scalars) {
    if (scalars.empty()) throw std::invalid_argument("there is no sum of no scalars");
    Scalar total = scalars.front();
    for (const Scalar& scalar : scalars.subspan(1)) {
        total = total + scalar;
    }
    return total;
}

Scalar release(const Scalar& key, const Scalar& step) {
    return key - step;
}

bool opens(const Point& lock, const Scalar& key) {
    return key.point() == lock;
}

}  // namespace amhl

Amhl setup_amhl(const AmhlOptions& options) {
    const amhl::Setup setup = amhl::setup(options.keys.size(), options.seed);
    Amhl made{{}, amhl::sum(setup.scalars)};
    for (std::size_t i = 0; i < options.keys.size(); ++i) {
        const PublicKey& key = options.keys[i];
        AdapterLocks locks = make_adapter_locks_pub(key, setup.points[i], options.sigflags);
        if (const auto refund = options.refunds.find(key); refund != options.refunds.end()) {
            locks.lock = make_ptlc_lock({.receiver = key,
                                         .refund = refund->second,
                                         .timeout = options.timeout,
                                         .now = options.now,
                                         .sigflags = options.sigflags});
        }
        made.hops.push_back({key, std::move(locks.check), std::move(locks.lock), setup.points[i],
                             setup.scalars[i]});
    }
    return made;
}

Scalar release_left_amhl_lock(const Script& adapter_witness, std::string_view signature,
                              const Scalar& step) {
    constexpr std::size_t signature_size = 64;
    if (signature.size() != signature_size) {
        throw std::invalid_argument("a decrypted signature is 64 bytes, without flags");
    }
    const Scalar encrypted = tools::read_adapter_witness(adapter_witness.code).encrypted;
    return Scalar(signature.substr(signature_size / 2)) - encrypted - step;
}

}  // namespace netaio::tapescript
