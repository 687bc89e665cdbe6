#include "app_traffic.hpp"

namespace netaio::daemon {

const char* drop_name(Drop cause) noexcept {
    switch (cause) {
        case Drop::rules: return "rules";
        case Drop::unowned: return "unowned";
        case Drop::not_owner: return "not_owner";
        case Drop::queue: return "queue";
        case Drop::unreached: return "unreached";
        case Drop::malformed: return "malformed";
    }
    return "";
}

Amounts& Amounts::operator+=(const Amounts& more) noexcept {
    messages_in += more.messages_in;
    bytes_in += more.bytes_in;
    messages_out += more.messages_out;
    bytes_out += more.bytes_out;
    return *this;
}

ByteView counted_prefix(ByteView uri) noexcept {
    const std::size_t slash = uri.find('/');
    return slash == ByteView::npos ? uri : ByteView(uri.substr(0, slash + 1));
}

Amounts& Traffic::place_for(ByteView uri) {
    const ByteView prefix = counted_prefix(uri);
    auto found = by_prefix_.find(prefix);
    if (found == by_prefix_.end()) {
        if (by_prefix_.size() >= prefixes_max || prefix.size() > prefix_size_max) {
            return others_;
        }
        found = by_prefix_.emplace(prefix.str(), Amounts()).first;
    }
    last_ = &*found;
    return found->second;
}

Amounts Traffic::total() const noexcept {
    Amounts total = others_;
    for (const auto& [prefix, amounts] : by_prefix_) {
        total += amounts;
    }
    return total;
}

void Traffic::add(const Traffic& gone) noexcept {
    others_ += gone.total();
    for (std::size_t i = 0; i < drops_.size(); ++i) drops_[i] += gone.drops_[i];
}

}  // namespace netaio::daemon
