#include <netaio/tapescript/stack.hpp>

namespace netaio::tapescript {

void Stack::add(std::string_view item) {
    Item copy(item.begin(), item.end());  // growing moves what may be looked at
    items_.push_back(std::move(copy));
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
