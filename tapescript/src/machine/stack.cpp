#include <netaio/tapescript/stack.hpp>

namespace netaio::tapescript {

bool Stack::push(std::string_view item) {
    if (!fits(item.size())) return false;
    if (size_ == items_.size()) {
        Item copy(item.begin(), item.end());  // growing moves what may be looked at
        items_.push_back(std::move(copy));
    } else {
        items_[size_].assign(item.begin(), item.end());
    }
    ++size_;
    return true;
}

std::vector<std::string> Stack::items() const {
    std::vector<std::string> copies;
    copies.reserve(size_);
    for (std::size_t depth = size_; depth-- > 0;) {
        copies.emplace_back(peek(depth));
    }
    return copies;
}

}  // namespace netaio::tapescript
