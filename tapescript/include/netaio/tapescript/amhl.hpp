#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <netaio/tapescript/adapter.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace netaio::tapescript {

/// Anonymous multi-hop locks: a chain of adapter locks, each held by the next hop, in which opening
/// the last gives what opens the one before, back to the first. No hop learns more than its
/// neighbours.
namespace amhl {

/// All scalars and points of a chain; known to who sets it up, and to nobody else.
struct Setup {
    std::vector<Scalar> scalars;
    std::vector<Point> points;
};

/// What one user of the chain is told.
struct Share {
    std::optional<Point> left;   ///< the lock before this user; none for the first
    std::optional<Point> right;  ///< the lock after; none for the first and for the receiver
    Scalar scalar;  ///< the step between them; for the receiver the key to the last lock
};

/// The scalar number `index` that a seed gives.
Scalar sample(std::string_view seed, std::uint64_t index);
/// The chain of `hops` locks that a seed gives. Throws std::invalid_argument for none.
Setup setup(std::size_t hops, std::string_view seed);
/// What user `index` is told: 0 is who starts the chain, the number of hops the receiver. Throws
/// std::out_of_range above that.
Share share_of(const Setup& setup, std::size_t index);
/// Whether what user `index` of a chain of `hops` was told fits together.
bool check_share(const Share& share, std::size_t index, std::size_t hops);
/// The sum of scalars. Throws std::invalid_argument for none.
Scalar sum(std::span<const Scalar> scalars);
/// The key to the lock before a user, from the key to the lock after it and the user's own step.
Scalar release(const Scalar& key, const Scalar& step);
/// Whether a key opens a lock.
bool opens(const Point& lock, const Scalar& key);

}  // namespace amhl

/// A chain of locks for keys, from who starts it to who pays the receiver.
struct AmhlOptions {
    /// What everything else comes from: secret, at least 32 random bytes.
    std::string_view seed;
    /// One key for each hop, in the order of the chain.
    std::span<const PublicKey> keys;
    /// Keys that get a lock with a refund (see PtlcOptions), and who is refunded.
    std::map<PublicKey, PublicKey> refunds = {};
    /// As in PtlcOptions.
    std::chrono::seconds timeout = std::chrono::hours(24);
    std::optional<std::int64_t> now = {};
    std::uint8_t sigflags = 0;
};

/// One hop of the chain.
struct AmhlHop {
    PublicKey key;
    Script check;       ///< opens for an encrypted signature of the key
    Script lock;        ///< opens for the decrypted one, or is a lock with a refund
    Point tweak_point;  ///< what signatures are encrypted with
    Scalar scalar;      ///< the hop's step
};

/// The whole chain.
struct Amhl {
    std::vector<AmhlHop> hops;
    /// What opens the last hop; for the receiver.
    Scalar key;
};

/// Sets a chain up. Throws std::invalid_argument without keys.
Amhl setup_amhl(const AmhlOptions& options);
/// The tweak of the lock to the left, from the encrypted and the decrypted signature at the right
/// and the hop's own step. Throws std::invalid_argument unless the witness is one of
/// make_adapter_witness() and the signature has 64 bytes.
Scalar release_left_amhl_lock(const Script& adapter_witness, std::string_view signature,
                              const Scalar& step);

}  // namespace netaio::tapescript
