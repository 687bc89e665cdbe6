#include "app_traffic.hpp"

namespace netaio::daemon {
namespace {

// Whether counted_prefix(uri) is this one.
bool is_counted_as(std::string_view prefix, ByteView uri) noexcept {
    return prefix.ends_with('/') ? uri.starts_with(prefix) : uri == ByteView(prefix);
}

}  // namespace

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
    if (!last_ || !is_counted_as(last_->first, uri)) {
        const auto found = named(counted_prefix(uri));
        if (found == by_prefix_.end()) {
            others_.count(direction, bytes);
            return;
        }
        last_ = &*found;
    }
    last_->second.count(direction, bytes);
}

// Where it is counted; the end where there is no room for it.
Traffic::ByPrefix::iterator Traffic::named(ByteView prefix) {
    const auto found = by_prefix_.find(prefix);
    if (found != by_prefix_.end() || by_prefix_.size() >= prefixes_max ||
        prefix.size() > prefix_size_max) {
        return found;
    }
    return by_prefix_.emplace(prefix.str(), Amounts()).first;
}

void Traffic::add(const Traffic& gone) noexcept {
    total_ += gone.total_;
    others_ += gone.total_;
    for (std::size_t i = 0; i < drops_.size(); ++i) drops_[i] += gone.drops_[i];
}

}  // namespace netaio::daemon
