#pragma once

#include <map>
#include <netaio/bytes.hpp>
#include <netaio/errc.hpp>
#include <set>
#include <string>
#include <vector>

namespace netaio::core {

/// Who wants to be notified of what: keys (any bytes) with their subscribers. Bounded by the bytes
/// of keys, for each subscriber and for all, and in the number of subscribers. Not thread-safe.
template <class Subscriber>
class Subscriptions {
public:
    /// What a key costs beside its bytes.
    static constexpr std::size_t overhead = 64;

    Subscriptions(std::size_t bytes_max, std::size_t subscribers_max,
                  std::size_t total_max = 64 << 20)
        : bytes_max_(bytes_max), subscribers_max_(subscribers_max), total_max_(total_max) {}

    /// Errc::queue_full when the subscriber has as many keys as it may, or there are too many
    /// subscribers or keys.
    std::error_code add(ByteView key, const Subscriber& subscriber) {
        auto known = keys_of_.find(subscriber);
        if (known == keys_of_.end()) {
            if (keys_of_.size() >= subscribers_max_ || key.size() + overhead > bytes_max_ ||
                total_ + key.size() + overhead > total_max_) {
                return Errc::queue_full;
            }
            known = keys_of_.emplace(subscriber, Keys{}).first;
        }
        Keys& keys = known->second;
        if (keys.keys.contains(key)) {
            return {};
        }
        if (keys.bytes + key.size() + overhead > bytes_max_ ||
            total_ + key.size() + overhead > total_max_) {
            return Errc::queue_full;
        }
        keys.keys.insert(key.str());
        keys.bytes += key.size() + overhead;
        total_ += key.size() + overhead;
        subscribers_[key.str()].insert(subscriber);
        return {};
    }

    /// Whether it was subscribed.
    bool remove(ByteView key, const Subscriber& subscriber) {
        const auto known = keys_of_.find(subscriber);
        if (known == keys_of_.end()) {
            return false;
        }
        const auto found = known->second.keys.find(key);
        if (found == known->second.keys.end()) {
            return false;
        }
        forget(*found, subscriber);
        known->second.bytes -= key.size() + overhead;
        total_ -= key.size() + overhead;
        known->second.keys.erase(found);
        if (known->second.keys.empty()) {
            keys_of_.erase(known);
        }
        return true;
    }

    /// Ends all of a subscriber's.
    void remove_all(const Subscriber& subscriber) {
        const auto known = keys_of_.find(subscriber);
        if (known == keys_of_.end()) {
            return;
        }
        for (const std::string& key : known->second.keys) {
            forget(key, subscriber);
        }
        total_ -= known->second.bytes;
        keys_of_.erase(known);
    }

    /// The subscribers of a key; valid until something changes.
    const std::set<Subscriber>& of(ByteView key) const {
        static const std::set<Subscriber> nobody;
        const auto found = subscribers_.find(key);
        return found == subscribers_.end() ? nobody : found->second;
    }

private:
    struct Keys {
        std::set<std::string, std::less<>> keys = {};
        std::size_t bytes = 0;
    };

    void forget(const std::string& key, const Subscriber& subscriber) {
        const auto found = subscribers_.find(key);
        found->second.erase(subscriber);
        if (found->second.empty()) {
            subscribers_.erase(found);
        }
    }

    std::size_t bytes_max_;
    std::size_t subscribers_max_;
    std::size_t total_max_;
    std::size_t total_ = 0;
    std::map<std::string, std::set<Subscriber>, std::less<>> subscribers_;
    std::map<Subscriber, Keys> keys_of_;
};

}  // namespace netaio::core
