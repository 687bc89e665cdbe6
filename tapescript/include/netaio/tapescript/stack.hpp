#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace netaio::tapescript {

/// The stack of a run: items of bytes, bounded in number and size. Popped slots keep their memory
/// until the stack goes, so that a script does not allocate for each item. Not for several threads.
class Stack {
public:
    explicit Stack(std::size_t max_items = 1024, std::size_t max_item_size = 1024)
        : max_items_(max_items), max_item_size_(max_item_size) {}

    std::size_t max_items() const noexcept { return max_items_; }
    std::size_t max_item_size() const noexcept { return max_item_size_; }

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }

    /// Puts a copy on top. False, and nothing done, when it is too large or the stack is full. The
    /// bytes may be an item's own.
    [[nodiscard]] bool push(std::string_view item) {
        if (!fits(item.size())) return false;
        if (size_ == items_.size()) {
            add(item);
        } else {
            place(items_[size_], item);
        }
        ++size_;
        return true;
    }
    /// Whether an item of that size could be put.
    bool fits(std::size_t item_size) const noexcept {
        return item_size <= max_item_size_ && size_ < max_items_;
    }

    /// The item so many below the top, which must be there; valid until the stack changes.
    std::string_view peek(std::size_t depth = 0) const noexcept {
        const Item& item = items_[size_ - 1 - depth];
        return {item.data(), item.size()};
    }
    /// Takes the top item, which must be there; valid until the next push.
    std::string_view pop() noexcept {
        const Item& item = items_[--size_];
        return {item.data(), item.size()};
    }
    /// Exchanges two items, counted from the top, which must be there.
    void swap(std::size_t depth, std::size_t other) noexcept {
        items_[size_ - 1 - depth].swap(items_[size_ - 1 - other]);
    }
    void clear() noexcept { size_ = 0; }

    /// Copies of all items, bottom first.
    std::vector<std::string> items() const;

private:
    using Item = boost::container::small_vector<char, 72>;  // a signature and its flag

    // The bytes may lie in the slot itself, which then is large enough.
    static void place(Item& slot, std::string_view item) {
        if (item.size() > slot.size()) slot.resize(item.size(), boost::container::default_init);
        if (!item.empty()) std::memmove(slot.data(), item.data(), item.size());
        slot.resize(item.size(), boost::container::default_init);
    }
    void add(std::string_view item);

    std::vector<Item> items_;
    std::size_t size_ = 0;
    std::size_t max_items_;
    std::size_t max_item_size_;
};

}  // namespace netaio::tapescript
