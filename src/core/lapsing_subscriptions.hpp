#pragma once

#include <cstdint>
#include <functional>

#include "subscriptions.hpp"

namespace netaio::core {

/// What a subscription is to: a key, or all that begin so.
enum class Span { key, prefix };

/// Subscriptions of those who say neither that they stay nor that they go. Bounded in the number of
/// subscribers as well, of each host and in all. Where there is no room for one more, another
/// lapses: the oldest of those that never subscribed again, or else the one that did so longest
/// ago. Not thread-safe.
template <class Subscriber>
class LapsingSubscriptions {
public:
    using List = typename Subscriptions<Subscriber>::List;
    /// Subscribers of which this gives the same are of one host.
    using HostOf = std::function<Subscriber(const Subscriber&)>;
    /// Told of a subscriber that lapsed.
    using Lapsed = std::function<void(const Subscriber&)>;

    /// As with Subscriptions, with what tells who lapses.
    static constexpr std::size_t cost_of(ByteView key) noexcept {
        return Subscriptions<Subscriber>::cost_of(key, overhead);
    }

    LapsingSubscriptions(std::size_t bytes_max, std::size_t subscribers_max,
                         std::atomic<std::size_t>& total, std::size_t total_max = 128 << 20)
        : bytes_max_(bytes_max),
          subscribers_max_(subscribers_max),
          total_max_(total_max),
          total_(total),
          exact_(bytes_max, total_max, total, overhead),
          prefixes_(bytes_max, total_max, total, overhead) {}

    /// To be called before the first subscribes.
    void bound_hosts(std::size_t host_max, HostOf host_of) {
        host_max_ = host_max;
        host_of_ = std::move(host_of);
    }
    void when_lapsed(Lapsed lapsed) { lapsed_ = std::move(lapsed); }

    /// Errc::queue_full when the subscriber has as many keys as it may, or nobody can lapse for it.
    std::error_code add(ByteView key, const Subscriber& subscriber, Span span = Span::key,
                        const Asker& as = {}) {
        Table& table = spanning(span);
        const std::size_t bytes = cost_of(key);
        if (table.has(key, subscriber)) {
            rank(subscriber, true);
            return table.add(key, subscriber, as);
        }
        const std::size_t before = bytes_of(subscriber);
        if (before + bytes > bytes_max_ || !make_room(bytes, subscriber, before == 0)) {
            return Errc::queue_full;
        }
        const auto error = table.add(key, subscriber, as);
        if (!error && before == 0) {
            rank(subscriber, false);
        }
        return error;
    }

    /// Whether it was subscribed.
    bool remove(ByteView key, const Subscriber& subscriber, Span span = Span::key) {
        const bool removed = spanning(span).remove(key, subscriber);
        if (removed && bytes_of(subscriber) == 0) {
            unrank(subscriber);
        }
        return removed;
    }

    /// Ends all of a subscriber's.
    void remove_all(const Subscriber& subscriber) {
        exact_.remove_all(subscriber);
        prefixes_.remove_all(subscriber);
        unrank(subscriber);
    }

    /// Has a subscriber's be another's, beside what that one has.
    void rename(const Subscriber& from, const Subscriber& to) {
        std::vector<std::tuple<Span, std::string, Asker>> all;
        for (const Span span : {Span::key, Span::prefix}) {
            spanning(span).each_of(from, [&](const std::string& key, const Asker& as) {
                all.emplace_back(span, key, as);
            });
        }
        remove_all(from);
        for (const auto& [span, key, as] : all) {
            (void)add(key, to, span, as);  // where there is no room, it lapses
        }
    }

    /// Who is to be notified of a key, each once.
    List of(ByteView key) { return subscribers_of(key, exact_, prefixes_); }
    /// Of these, those that may, by as whom they subscribed.
    template <class May>
    List permitted(ByteView key, May&& may) {
        return permitted_of(key, exact_, prefixes_, may);
    }
    /// As whom a subscriber is notified of a key; null where it is not, or may not.
    template <class May>
    const Asker* notified(ByteView key, const Subscriber& subscriber, May&& may) const {
        return notified_as(key, subscriber, exact_, prefixes_, may);
    }
    /// Gives each subscription: who is subscribed, to what, as whom.
    template <class Take>
    void each(Span span, Take&& take) const {
        (span == Span::prefix ? prefixes_ : exact_).each(take);
    }
    /// Of the key itself.
    std::size_t count(ByteView key) const { return exact_.count(key); }

private:
    using Table = Subscriptions<Subscriber>;

    static constexpr std::size_t overhead = 880;  // measured: 864

    // Whether it subscribed again, and when it did so last: the lowest lapses first.
    using Rank = std::pair<bool, std::uint64_t>;
    using Ranks = std::map<Rank, Subscriber>;

    Table& spanning(Span span) noexcept { return span == Span::prefix ? prefixes_ : exact_; }
    std::size_t bytes_of(const Subscriber& subscriber) const {
        return exact_.bytes_of(subscriber) + prefixes_.bytes_of(subscriber);
    }

    Subscriber host_of(const Subscriber& subscriber) const {
        return host_of_ ? host_of_(subscriber) : subscriber;
    }

    void rank(const Subscriber& subscriber, bool again) {
        unrank(subscriber);
        const Rank rank{again, ++ranked_};
        rank_of_.emplace(subscriber, rank);
        ranks_.emplace(rank, subscriber);
        hosts_[host_of(subscriber)].emplace(rank, subscriber);
    }

    void unrank(const Subscriber& subscriber) {
        const auto ranked = rank_of_.find(subscriber);
        if (ranked == rank_of_.end()) {
            return;
        }
        const auto host = hosts_.find(host_of(subscriber));
        if (host != hosts_.end() && host->second.erase(ranked->second) > 0 &&
            host->second.empty()) {
            hosts_.erase(host);
        }
        ranks_.erase(ranked->second);
        rank_of_.erase(ranked);
    }

    bool make_room(std::size_t bytes, const Subscriber& subscriber, bool one_more) {
        if (bytes > total_max_ || (one_more && (subscribers_max_ == 0 || host_max_ == 0))) {
            return false;
        }
        if (one_more) {
            const auto host = hosts_.find(host_of(subscriber));
            if (host != hosts_.end() && host->second.size() >= host_max_) {
                lapse(host->second.begin()->second);
            } else if (ranks_.size() >= subscribers_max_) {
                lapse(ranks_.begin()->second);
            }
        }
        while (total_.load() + bytes > total_max_) {
            auto first = ranks_.begin();
            if (first != ranks_.end() && first->second == subscriber) {
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

    std::size_t bytes_max_;
    std::size_t subscribers_max_;
    std::size_t total_max_;
    std::size_t host_max_ = static_cast<std::size_t>(-1);
    HostOf host_of_ = {};
    Lapsed lapsed_ = {};
    std::atomic<std::size_t>& total_;
    Table exact_;
    Table prefixes_;
    std::uint64_t ranked_ = 0;
    std::map<Subscriber, Rank> rank_of_;
    Ranks ranks_;
    std::map<Subscriber, Ranks> hosts_;
};

}  // namespace netaio::core
