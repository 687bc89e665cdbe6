#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <netaio/bytes.hpp>
#include <netaio/errc.hpp>
#include <netaio/identity.hpp>
#include <netaio/message.hpp>
#include <ranges>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "wire/keyed_hash.hpp"

namespace netaio::core {

/// As whom somebody is subscribed that did not ask for it by a message: the program's own doing,
/// about which rules are not asked.
inline const Identities& by_program() {
    static const Identities program = Identity{"netaio", "program"};
    return program;
}

/// As whom somebody is subscribed: what rules are asked about, and for whom notifications are made.
struct Asker {
    Asker(Identities somebody = by_program()) : who(std::move(somebody)) {}
    explicit Asker(const Message& asked) : who(asked.who()), vouched(asked.vouched()) {}

    /// For whom; null where the program subscribed it, for who spoke there last.
    const Vouched* told() const noexcept { return who.same_as(by_program()) ? nullptr : &vouched; }

    Identities who;
    Vouched vouched = {};
};

/// Who wants to be notified of what: keys (any bytes) with their subscribers. Bounded by the memory
/// they take, for each subscriber and, with what others count there, in all. Not thread-safe.
template <class Subscriber, class Less = std::less<Subscriber>>
class Subscriptions {
public:
    /// Subscribers in their order.
    using List = std::shared_ptr<const std::vector<Subscriber>>;

    /// What a subscription takes at most beside twice its key: that of one subscriber to a key of
    /// its own, once it was notified (measured: 504 for keys of sixteen bytes).
    static constexpr std::size_t overhead = 512;
    static constexpr std::size_t cost_of(ByteView key, std::size_t beside = overhead) noexcept {
        return beside + 2 * key.size();
    }

    /// `total` is where all count what they take, and outlives this.
    Subscriptions(std::size_t bytes_max, std::size_t total_max, std::atomic<std::size_t>& total,
                  std::size_t beside = overhead)
        : bytes_max_(bytes_max), total_max_(total_max), total_(total), beside_(beside) {}
    Subscriptions(const Subscriptions&) = delete;
    Subscriptions& operator=(const Subscriptions&) = delete;
    ~Subscriptions() {
        for (const auto& [subscriber, keys] : keys_of_) {
            total_.fetch_sub(keys.bytes);
        }
    }

    /// Errc::queue_full when the subscriber, or all, have as many keys as they may. `as` is who
    /// asked for it last.
    std::error_code add(ByteView key, const Subscriber& subscriber, const Asker& as = {}) {
        if (Asker* known = find(key, subscriber)) {
            *known = as;
            return {};
        }
        const std::size_t bytes = cost_of(key, beside_);
        if (bytes_of(subscriber) + bytes > bytes_max_) {
            return Errc::queue_full;
        }
        // Others may count at the same time.
        if (total_.fetch_add(bytes) + bytes > total_max_) {
            total_.fetch_sub(bytes);
            return Errc::queue_full;
        }
        try {
            Keys& keys = keys_of_[subscriber];
            keys.bytes += bytes;
            keys.keys.emplace(key.str(), as);
            const auto [found, is_new] = wanted_.try_emplace(key.str());
            if (is_new) {
                ++sizes_[key.size()];
            }
            Wanted& wanted = found->second;
            wanted.by.insert(subscriber);
            wanted.list.reset();
        } catch (...) {
            forget(key, subscriber);
            throw;
        }
        return {};
    }

    /// Whether it was subscribed.
    bool remove(ByteView key, const Subscriber& subscriber) {
        if (!has(key, subscriber)) {
            return false;
        }
        forget(key, subscriber);
        return true;
    }

    /// Ends all of a subscriber's.
    void remove_all(const Subscriber& subscriber) {
        const auto keys = keys_of_.extract(subscriber);
        if (keys) {
            total_.fetch_sub(keys.mapped().bytes);
            for (const auto& [key, as] : keys.mapped().keys) {
                let_go(key, subscriber);
            }
        }
    }

    bool has(ByteView key, const Subscriber& subscriber) const {
        return asker(key, subscriber) != nullptr;
    }
    /// As whom it is subscribed; null when it is not.
    const Asker* asker(ByteView key, const Subscriber& subscriber) const {
        return const_cast<Subscriptions&>(*this).find(key, subscriber);
    }
    /// Gives each subscription: who is subscribed, to what, and as whom.
    template <class Take>
    void each(Take&& take) const {
        for (const auto& [subscriber, keys] : keys_of_) {
            for (const auto& [key, as] : keys.keys) {
                take(subscriber, key, as);
            }
        }
    }
    /// Gives each of a subscriber's: to what, and as whom.
    template <class Take>
    void each_of(const Subscriber& subscriber, Take&& take) const {
        const auto found = keys_of_.find(subscriber);
        if (found != keys_of_.end()) {
            for (const auto& [key, as] : found->second.keys) {
                take(key, as);
            }
        }
    }
    /// The subscribers of a key; the same list again until that changes.
    List of(ByteView key) {
        static const List nobody = std::make_shared<std::vector<Subscriber>>();
        const auto found = wanted_.find(key);
        if (found == wanted_.end()) {
            return nobody;
        }
        Wanted& wanted = found->second;
        if (!wanted.list) {
            wanted.list =
                std::make_shared<const std::vector<Subscriber>>(wanted.by.begin(), wanted.by.end());
        }
        return wanted.list;
    }
    std::size_t count(ByteView key) const {
        const auto found = wanted_.find(key);
        return found == wanted_.end() ? 0 : found->second.by.size();
    }
    /// What a subscriber takes; 0 for one that is none.
    std::size_t bytes_of(const Subscriber& subscriber) const {
        const auto known = keys_of_.find(subscriber);
        return known == keys_of_.end() ? 0 : known->second.bytes;
    }
    std::size_t subscribers() const noexcept { return keys_of_.size(); }
    /// The sizes of the keys, each once, ascending.
    auto sizes() const { return std::views::keys(sizes_); }

private:
    struct Keys {
        std::map<std::string, Asker, std::less<>> keys = {};  // and who asked for each
        std::size_t bytes = 0;
    };
    struct Wanted {
        std::set<Subscriber, Less> by = {};
        // Made when asked for: it spares each notification the counting of owners, which took a
        // sixth of its time (bench: fan_out).
        List list = nullptr;
    };

    Asker* find(ByteView key, const Subscriber& subscriber) {
        const auto known = keys_of_.find(subscriber);
        if (known == keys_of_.end()) {
            return nullptr;
        }
        const auto found = known->second.keys.find(key);
        return found == known->second.keys.end() ? nullptr : &found->second;
    }

    void let_go(ByteView key, const Subscriber& subscriber) {
        if (const auto found = wanted_.find(key); found != wanted_.end()) {
            found->second.by.erase(subscriber);
            found->second.list.reset();
            if (found->second.by.empty()) {
                wanted_.erase(found);
                const auto size = sizes_.find(key.size());
                if (size != sizes_.end() && --size->second == 0) {
                    sizes_.erase(size);
                }
            }
        }
    }

    // Also what was only begun.
    void forget(ByteView key, const Subscriber& subscriber) {
        const std::size_t bytes = cost_of(key, beside_);
        total_.fetch_sub(bytes);
        let_go(key, subscriber);
        const auto known = keys_of_.find(subscriber);
        if (known == keys_of_.end()) {
            return;
        }
        known->second.bytes -= bytes;
        if (const auto at = known->second.keys.find(key); at != known->second.keys.end()) {
            known->second.keys.erase(at);
        }
        if (known->second.bytes == 0) {
            keys_of_.erase(known);
        }
    }

    const std::size_t bytes_max_;
    const std::size_t total_max_;
    std::atomic<std::size_t>& total_;
    const std::size_t beside_;
    std::unordered_map<std::string, Wanted, wire::KeyedHash, std::equal_to<>> wanted_;
    std::map<std::size_t, std::size_t> sizes_;  // of the keys, and how many have each
    std::map<Subscriber, Keys, Less> keys_of_;
};

/// The longest prefix that may be subscribed to: notifications are looked up by each size that
/// prefixes have, for which that many bytes are hashed.
inline constexpr std::size_t prefix_size_max = 1024;

/// Who subscribed to the key itself, or to one of the prefixes that it begins with, each once;
/// unless prefixes overlap there, the same list again until that changes.
template <class Subscriber, class Less>
typename Subscriptions<Subscriber, Less>::List subscribers_of(
    ByteView key, Subscriptions<Subscriber, Less>& exact,
    Subscriptions<Subscriber, Less>& prefixes) {
    auto all = exact.of(key);
    std::vector<Subscriber> merged;
    for (const std::size_t size : prefixes.sizes()) {
        if (size > key.size()) {
            break;
        }
        const auto more = prefixes.of(key.substr(0, size));
        if (more->empty()) {
            continue;
        }
        if (all->empty()) {
            all = more;
            continue;
        }
        merged.clear();
        std::ranges::set_union(*all, *more, std::back_inserter(merged), Less());
        all = std::make_shared<const std::vector<Subscriber>>(merged);
    }
    return all;
}

/// As whom a subscriber is notified of a key: by its subscription to that, or else by the one to
/// its shortest prefix, by which it may know of the key; null where it may not.
template <class Subscriber, class Less, class May>
const Asker* notified_as(ByteView key, const Subscriber& subscriber,
                         const Subscriptions<Subscriber, Less>& exact,
                         const Subscriptions<Subscriber, Less>& prefixes, May&& may) {
    const auto permits = [&](const Asker* as) { return as && may(as->who); };
    if (const Asker* as = exact.asker(key, subscriber); permits(as)) {
        return as;
    }
    for (const std::size_t size : prefixes.sizes()) {
        if (size > key.size()) {
            break;
        }
        if (const Asker* as = prefixes.asker(key.substr(0, size), subscriber); permits(as)) {
            return as;
        }
    }
    return nullptr;
}

/// Of these, those that may know of the key, by as whom they subscribed to it or to a prefix of it;
/// the same list again where all may.
template <class Subscriber, class Less, class May>
typename Subscriptions<Subscriber, Less>::List permitted_of(
    ByteView key, Subscriptions<Subscriber, Less>& exact, Subscriptions<Subscriber, Less>& prefixes,
    May&& may) {
    const auto all = subscribers_of(key, exact, prefixes);
    const auto may_know = [&](const Subscriber& subscriber) {
        return notified_as(key, subscriber, exact, prefixes, may) != nullptr;
    };
    std::vector<Subscriber> permitted;
    std::ranges::copy_if(*all, std::back_inserter(permitted), may_know);
    return permitted.size() == all->size()
               ? all
               : std::make_shared<const std::vector<Subscriber>>(std::move(permitted));
}

}  // namespace netaio::core
