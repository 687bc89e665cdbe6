#pragma once

#include <list>
#include <map>
#include <mutex>

#include "box.hpp"

namespace netaio::crypto {

/// The keys shared with other owners of public keys. Deriving one takes far longer than using it,
/// so those used last are kept. They are wiped when they go. Thread-safe.
class SharedKeys {
public:
    /// Keeps that many keys at most.
    SharedKeys(const SecretKey& own, std::size_t kept_max) : own_(own), kept_max_(kept_max) {}

    /// The key shared with the owner of `public_key`; nothing when it is no key (see shared_key()).
    std::optional<SecretKey> with(ByteView public_key);
    /// How many keys are kept.
    std::size_t size() const;

private:
    struct Kept {
        PublicKey of;
        SecretKey shared;
    };
    using Place = std::list<Kept>::iterator;

    std::optional<SecretKey> find(const PublicKey& of);
    void keep(const PublicKey& of, const SecretKey& shared);

    const SecretKey own_;
    const std::size_t kept_max_;
    mutable std::mutex mutex_;
    std::list<Kept> kept_;  // the last used first
    // Ordered, as others choose the keys and could make hashes collide.
    std::map<PublicKey, Place> places_;
};

}  // namespace netaio::crypto
