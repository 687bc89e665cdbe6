#pragma once

#include <cstddef>
#include <unordered_map>

namespace netaio::core {

/// A value for each of as many keys as fit: those go first that were not set for longest. Not
/// thread-safe.
template <class Key, class Value, class Hash = std::hash<Key>>
class Recent {
public:
    explicit Recent(std::size_t max) : half_((max + 1) / 2) {}

    bool empty() const noexcept { return young_.empty() && old_.empty(); }
    const Value* find(const Key& key) const {
        if (const auto found = young_.find(key); found != young_.end()) {
            return &found->second;
        }
        const auto found = old_.find(key);
        return found == old_.end() ? nullptr : &found->second;
    }
    /// The value of a key, to be set.
    Value& at(const Key& key) {
        if (const auto found = young_.find(key); found != young_.end()) {
            return found->second;
        }
        auto before = old_.extract(key);
        if (young_.size() >= half_) {
            old_ = std::move(young_);
            young_.clear();
        }
        return before ? young_.insert(std::move(before)).position->second : young_[key];
    }
    void erase(const Key& key) {
        young_.erase(key);
        old_.erase(key);
    }

private:
    std::size_t half_;
    std::unordered_map<Key, Value, Hash> young_;
    std::unordered_map<Key, Value, Hash> old_;
};

}  // namespace netaio::core
