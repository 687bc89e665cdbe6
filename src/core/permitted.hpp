#pragma once

#include <string>
#include <unordered_map>

#include "rule_reader.hpp"
#include "subscriptions.hpp"

namespace netaio::core {

/// Whether rules let somebody know of a key that is subscribed to.
inline bool may_know(RuleReader& rules, const Identities& who, ByteView key) {
    return who.same_as(by_program()) ||
           rules.decide(who, MessageType::subscribe_uri, key).allowed();
}

/// Who may be notified of which key, as it was found before: a cache, bounded, and empty once
/// anything changes. Not thread-safe.
template <class List>
class PermittedLists {
public:
    /// The list for a key under rules of this version, made when it is not known.
    template <class Make>
    List get(ByteView key, std::uint64_t version, Make&& make) {
        if (version != version_) {
            clear();
            version_ = version;
        }
        if (const auto found = lists_.find(key); found != lists_.end()) {
            return found->second;
        }
        List list = make();
        weight_ += 1 + key.size() / 16 + list->size();
        if (weight_ > weight_max) {
            lists_.clear();
            weight_ = 1 + key.size() / 16 + list->size();
        }
        return lists_.emplace(key.str(), std::move(list)).first->second;
    }
    void clear() noexcept {
        lists_.clear();
        weight_ = 0;
    }

private:
    // In entries of lists, or sixteen bytes: some megabytes in all.
    static constexpr std::size_t weight_max = 1 << 17;

    std::unordered_map<std::string, List, wire::KeyedHash, std::equal_to<>> lists_;
    std::uint64_t version_ = 0;
    std::size_t weight_ = 0;
};

}  // namespace netaio::core
