#pragma once

#include <algorithm>
#include <netaio/value.hpp>
#include <string>
#include <utility>
#include <vector>

namespace netaio::wire {

/// Whether a value can be a member of a set or the key of a dict.
bool is_hashable(const Value& value) noexcept;

/// Throws std::invalid_argument unless is_hashable().
void require_hashable(const Value& value);

/// Bytes that two hashable values share if and only if a set would hold them once. `nans` makes
/// each NaN met different from the ones before.
std::string identity_of(const Value& value, std::size_t& nans);

/// Whether a set would hold both of two hashable values once.
bool same_member(const Value& a, const Value& b);

/// Keeps the first of the items that have the same key; `merge(first, later)` is called for each of
/// the others in turn.
template <class Item, class KeyOf, class Merge>
void drop_duplicates(std::vector<Item>& items, KeyOf key_of, Merge merge) {
    if (items.size() < 2) return;
    std::size_t nans = 0;
    std::vector<std::pair<std::string, std::size_t>> order;
    order.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        order.emplace_back(identity_of(key_of(items[i]), nans), i);
    }
    std::ranges::sort(order);

    std::vector<bool> dropped(items.size());
    std::size_t first = 0;
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (order[i].first != order[first].first) {
            first = i;
            continue;
        }
        merge(items[order[first].second], items[order[i].second]);
        dropped[order[i].second] = true;
    }
    std::size_t at = 0;
    std::erase_if(items, [&](const Item&) { return dropped[at++]; });
}

}  // namespace netaio::wire
