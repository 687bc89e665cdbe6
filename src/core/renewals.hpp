#pragma once

#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "backoff.hpp"

namespace netaio::core {

/// Things that are asked of others for as long as they are kept: again after growing pauses while
/// there is no answer, and some time after each answer, too, as others forget. Says when; whoever
/// owns it asks. Bounded; not thread-safe.
template <class Key, class What>
class Renewals {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// Due only when it is asked or answered.
    static constexpr TimePoint never = TimePoint::max();

    explicit Renewals(std::size_t max) : max_(max) {}
    Renewals(const Renewals&) = delete;
    Renewals& operator=(const Renewals&) = delete;

    /// Keeps something that is due then, in place of what was kept under this key. False when as
    /// many are kept as may be.
    bool keep(const Key& key, What what, TimePoint due) {
        auto kept = kept_.find(key);
        if (kept != kept_.end()) {
            kept->second.what = std::move(what);
            kept->second.attempts = 0;
            move(kept, due);
            return true;
        }
        if (kept_.size() >= max_) {
            return false;
        }
        kept = kept_.emplace(key, Entry{std::move(what)}).first;
        try {
            kept->second.due = due_.emplace(due, &kept->first);
        } catch (...) {
            kept_.erase(kept);
            throw;
        }
        return true;
    }
    /// Whether it was kept.
    bool drop(const Key& key) {
        const auto kept = kept_.find(key);
        if (kept == kept_.end()) {
            return false;
        }
        due_.erase(kept->second.due);
        kept_.erase(kept);
        return true;
    }
    void clear() noexcept {
        due_.clear();
        kept_.clear();
    }

    /// Null when it is not kept.
    What* find(const Key& key) {
        const auto kept = kept_.find(key);
        return kept == kept_.end() ? nullptr : &kept->second.what;
    }
    std::size_t size() const noexcept { return kept_.size(); }

    /// The keys of what is due.
    std::vector<Key> due(TimePoint now) const {
        std::vector<Key> keys;
        for (auto at = due_.begin(); at != due_.end() && at->first <= now; ++at) {
            keys.push_back(*at->second);
        }
        return keys;
    }
    /// When the next is due.
    std::optional<TimePoint> next() const {
        return due_.empty() || due_.begin()->first == never ? std::nullopt
                                                            : std::optional(due_.begin()->first);
    }

    /// It is being asked: due again after this pause, unless it is answered.
    std::chrono::milliseconds asked(const Key& key, TimePoint now, const Backoff& backoff,
                                    Random& random) {
        const auto kept = kept_.find(key);
        if (kept == kept_.end()) {
            return {};
        }
        Entry& entry = kept->second;
        entry.attempts += entry.attempts < std::numeric_limits<unsigned>::max();
        const auto pause = std::max(pause_of(backoff, entry.attempts, random),
                                    std::chrono::milliseconds(1));  // time goes on
        entry.asked_at = now;
        move(kept, now + pause);
        return pause;
    }
    /// It was answered: due again then.
    void answered(const Key& key, TimePoint due) {
        if (const auto kept = kept_.find(key); kept != kept_.end()) {
            kept->second.attempts = 0;
            move(kept, due);
        }
    }
    /// What was answered before may be forgotten: due soon, but so long after it was asked last.
    /// All from that key on for which `which` says yes, up to the first for which it says no.
    /// Whether there are any.
    template <class Which>
    bool hurry(const Key& from, const Which& which, TimePoint soon,
               std::chrono::milliseconds apart) {
        bool any = false;
        for (auto kept = kept_.lower_bound(from); kept != kept_.end() && which(kept->first);
             ++kept) {
            Entry& entry = kept->second;
            if (entry.due->first != never) {
                entry.attempts = 0;
                move(kept, std::min(entry.due->first, std::max(soon, entry.asked_at + apart)));
                any = true;
            }
        }
        return any;
    }

    /// Has what is kept under some keys be kept under others: all from that key on for which
    /// `which` says yes, up to the first for which it says no. What is kept there already stays.
    template <class Which, class Rename>
    void rename(const Key& from, const Which& which, const Rename& rename) {
        std::vector<Key> keys;
        for (auto kept = kept_.lower_bound(from); kept != kept_.end() && which(kept->first);
             ++kept) {
            keys.push_back(kept->first);
        }
        for (const Key& key : keys) {
            auto entry = kept_.extract(key);
            rename(entry.key());
            const auto inserted = kept_.insert(std::move(entry));
            if (!inserted.inserted) {
                due_.erase(inserted.node.mapped().due);
            }
        }
    }

private:
    using Due = std::multimap<TimePoint, const Key*>;
    struct Entry {
        What what;
        unsigned attempts = 0;  // without an answer
        TimePoint asked_at = {};
        typename Due::iterator due = {};
    };
    using Kept = std::map<Key, Entry>;

    void move(typename Kept::iterator kept, TimePoint due) noexcept {
        auto node = due_.extract(kept->second.due);
        node.key() = due;
        kept->second.due = due_.insert(std::move(node));
    }

    std::size_t max_;
    Kept kept_;
    Due due_;
};

}  // namespace netaio::core
