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

void Amounts::count(Direction direction, std::size_t bytes) noexcept {
    (direction == Direction::in ? messages_in : messages_out) += 1;
    (direction == Direction::in ? bytes_in : bytes_out) += bytes;
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

void Traffic::count(Direction direction, ByteView uri, std::size_t bytes) {
    total_.count(direction, bytes);
    amounts(counted_prefix(uri)).count(direction, bytes);
}

Amounts& Traffic::amounts(ByteView prefix) {
    if (const auto found = by_prefix_.find(prefix); found != by_prefix_.end()) return found->second;
    if (by_prefix_.size() >= prefixes_max || prefix.size() > prefix_size_max) return others_;
    return by_prefix_[prefix.str()];
}

void Traffic::add(const Traffic& gone) noexcept {
    total_ += gone.total_;
    others_ += gone.total_;
    for (std::size_t i = 0; i < drops_.size(); ++i) drops_[i] += gone.drops_[i];
}

}  // namespace netaio::daemon
