#include "shared_keys.hpp"

#include <algorithm>

namespace netaio::crypto {

std::optional<SecretKey> SharedKeys::with(ByteView public_key) {
    PublicKey of;
    if (public_key.size() != of.size()) {
        return std::nullopt;
    }
    std::copy_n(public_key.octets(), of.size(), of.data());
    if (auto known = find(of)) {
        return known;
    }
    // Outside of the lock: two threads may both derive a new key, but none waits for another.
    auto derived = shared_key(own_, public_key);
    if (derived) {
        keep(of, *derived);
    }
    return derived;
}

std::size_t SharedKeys::size() const {
    const std::scoped_lock lock(mutex_);
    return kept_.size();
}

std::optional<SecretKey> SharedKeys::find(const PublicKey& of) {
    const std::scoped_lock lock(mutex_);
    const auto found = places_.find(of);
    if (found == places_.end()) {
        return std::nullopt;
    }
    kept_.splice(kept_.begin(), kept_, found->second);
    return found->second->shared;
}

void SharedKeys::keep(const PublicKey& of, const SecretKey& shared) {
    const std::scoped_lock lock(mutex_);
    if (kept_max_ == 0 || places_.contains(of)) {
        return;
    }
    if (kept_.size() == kept_max_) {
        places_.erase(kept_.back().of);
        kept_.pop_back();
    }
    kept_.push_front({of, shared});
    places_.emplace(of, kept_.begin());
}

}  // namespace netaio::crypto
