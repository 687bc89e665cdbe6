#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <netaio/bytes.hpp>
#include <netaio/errc.hpp>
#include <set>
#include <string>
#include <vector>

namespace netaio::core {

/// Who wants to be notified of what: keys (any bytes) with their subscribers. Bounded by the memory
/// they take, for each subscriber and for all, and in the number of subscribers, of each host and
/// in all. Where there is no room for one more, another lapses: the oldest of those that never
/// subscribed again, or else the one that did so longest ago. Not thread-safe.
template <class Subscriber>
class Subscriptions {
public:
    /// What a subscription takes of memory at most: that of one subscriber alone, to a key of its
    /// own, which stands twice.
    static constexpr std::size_t cost_of(ByteView key) noexcept { return 736 + 2 * key.size(); }

    /// Subscribers of which this gives the same are of one host.
    using HostOf = std::function<Subscriber(const Subscriber&)>;
    /// Told of a subscriber that lapsed.
    using Lapsed = std::function<void(const Subscriber&)>;

    Subscriptions(std::size_t bytes_max, std::size_t subscribers_max,
                  std::size_t total_max = 128 << 20)
        : bytes_max_(bytes_max), subscribers_max_(subscribers_max), total_max_(total_max) {}

    /// To be called before the first subscribes.
    void bound_hosts(std::size_t host_max, HostOf host_of) {
        host_max_ = host_max;
        host_of_ = std::move(host_of);
    }
    void when_lapsed(Lapsed lapsed) { lapsed_ = std::move(lapsed); }

    /// Errc::queue_full when the subscriber has as many keys as it may, or nobody can lapse for it.
    std::error_code add(ByteView key, const Subscriber& subscriber) {
        const std::size_t bytes = cost_of(key);
        auto known = keys_of_.find(subscriber);
        if (known != keys_of_.end() && known->second.keys.contains(key)) {
            rank(subscriber, known->second, true);
            return {};
        }
        if ((known == keys_of_.end() ? 0 : known->second.bytes) + bytes > bytes_max_ ||
            !make_room(bytes, subscriber, known == keys_of_.end())) {
            return Errc::queue_full;
        }
        if (known == keys_of_.end()) {
            known = keys_of_.emplace(subscriber, Keys{}).first;
            rank(subscriber, known->second, false);
        }
        Keys& keys = known->second;
        keys.keys.insert(key.str());
        keys.bytes += bytes;
        total_ += bytes;
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
        known->second.bytes -= cost_of(key);
        total_ -= cost_of(key);
        known->second.keys.erase(found);
        if (known->second.keys.empty()) {
            unrank(subscriber, known->second);
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
        unrank(subscriber, known->second);
        keys_of_.erase(known);
    }

    /// The subscribers of a key; valid until something changes.
    const std::set<Subscriber>& of(ByteView key) const {
        static const std::set<Subscriber> nobody;
        const auto found = subscribers_.find(key);
        return found == subscribers_.end() ? nobody : found->second;
    }

private:
    // Whether it subscribed again, and when it did so last: the lowest lapses first.
    using Rank = std::pair<bool, std::uint64_t>;
    using Ranks = std::map<Rank, Subscriber>;
    struct Keys {
        std::set<std::string, std::less<>> keys = {};
        std::size_t bytes = 0;
        Rank rank = {};
    };

    Subscriber host_of(const Subscriber& subscriber) const {
        return host_of_ ? host_of_(subscriber) : subscriber;
    }

    void rank(const Subscriber& subscriber, Keys& keys, bool again) {
        unrank(subscriber, keys);
        keys.rank = {again, ++ranked_};
        ranks_.emplace(keys.rank, subscriber);
        hosts_[host_of(subscriber)].emplace(keys.rank, subscriber);
    }

    void unrank(const Subscriber& subscriber, const Keys& keys) {
        const auto host = hosts_.find(host_of(subscriber));
        ranks_.erase(keys.rank);
        if (host != hosts_.end() && host->second.erase(keys.rank) > 0 && host->second.empty()) {
            hosts_.erase(host);
        }
    }

    bool make_room(std::size_t bytes, const Subscriber& subscriber, bool one_more) {
        if (bytes > total_max_ || (one_more && (subscribers_max_ == 0 || host_max_ == 0))) {
            return false;
        }
        if (one_more) {
            const auto host = hosts_.find(host_of(subscriber));
            if (host != hosts_.end() && host->second.size() >= host_max_) {
                lapse(host->second.begin()->second);
            } else if (keys_of_.size() >= subscribers_max_) {
                lapse(ranks_.begin()->second);
            }
        }
        while (total_ + bytes > total_max_) {
            auto first = ranks_.begin();
            if (!(first->second < subscriber) && !(subscriber < first->second)) {
                ++first;  // nobody lapses for itself
            }
            if (first == ranks_.end()) {
                return false;
            }
            lapse(first->second);
        }
        return true;
    }

    void lapse(Subscriber subscriber) {
        remove_all(subscriber);
        if (lapsed_) {
            lapsed_(subscriber);
        }
    }

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
    std::size_t host_max_ = static_cast<std::size_t>(-1);
    HostOf host_of_ = {};
    Lapsed lapsed_ = {};
    std::size_t total_ = 0;
    std::uint64_t ranked_ = 0;
    Ranks ranks_;
    std::map<Subscriber, Ranks> hosts_;
    std::map<std::string, std::set<Subscriber>, std::less<>> subscribers_;
    std::map<Subscriber, Keys> keys_of_;
};

}  // namespace netaio::core
