#include "router.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "wire/keyed_hash.hpp"

namespace netaio::core {
namespace detail {
namespace {

__extension__ using Product = unsigned __int128;

// Who knows neither seed nor factor can't tell which words make the same of it, so keys can't be
// made to collide from outside; SipHash would take a tenth of the way of a short message.
struct Mixer {
    std::uint64_t state;
    std::uint64_t factor;

    void add(std::uint64_t word) noexcept {
        const Product product = Product{state ^ word} * factor;
        state = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }
};

template <class Word>
std::uint64_t word_at(const char* at) noexcept {
    Word word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

// Eight bytes at a time, the last ones perhaps twice: a fifth of what std::hash takes for a short
// uri.
inline void add(Mixer& mixer, ByteView uri) noexcept {
    const char* at = uri.data();
    const std::size_t size = uri.size();
    mixer.add(size);
    if (size >= 8) {
        for (const char* last = at + size - 8; at < last; at += 8) {
            mixer.add(word_at<std::uint64_t>(at));
        }
        mixer.add(word_at<std::uint64_t>(uri.data() + size - 8));
    } else if (size >= 4) {
        mixer.add(word_at<std::uint32_t>(at) << 32 | word_at<std::uint32_t>(at + size - 4));
    } else if (size > 0) {
        mixer.add(word_at<std::uint8_t>(at) << 16 | word_at<std::uint8_t>(at + size / 2) << 8 |
                  word_at<std::uint8_t>(at + size - 1));
    }
}

const Address* address_of(const Key& key) noexcept {
    return key.from ? &*key.from : nullptr;
}

KeyView view(const Key& key) noexcept {
    KeyView result{key.type, std::nullopt, address_of(key), key.is_prefix};
    if (key.uri) {
        result.uri = ByteView(*key.uri);
    }
    return result;
}

}  // namespace

inline std::size_t KeyHash::operator()(const TypeAndUri& key) const noexcept {
    Mixer mixer{seed ^ static_cast<std::uint64_t>(key.type), factor};
    add(mixer, key.uri);
    return mixer.state;
}

std::size_t KeyHash::operator()(const KeyView& key) const noexcept {
    Mixer mixer{(*this)(TypeAndUri{key.type, key.uri.value_or(ByteView())}), factor};
    if (key.from) {
        mixer.add(std::hash<Address>{}(*key.from));
    }
    return mixer.state;
}

std::size_t KeyHash::operator()(const Key& key) const noexcept {
    return (*this)(view(key));
}

bool KeyEqual::operator()(const KeyView& a, const Key& b) const noexcept {
    const bool same_source = a.from ? b.from && *a.from == *b.from : !b.from;
    const bool same_uri = a.uri ? b.uri && *a.uri == *b.uri : !b.uri;
    return a.type == b.type && a.is_prefix == b.is_prefix && same_source && same_uri;
}

bool KeyEqual::operator()(const Key& a, const Key& b) const noexcept {
    return (*this)(view(a), b);
}

namespace {

bool less(const KeyView& a, const KeyView& b) noexcept {
    if (a.type != b.type || a.uri != b.uri || a.is_prefix != b.is_prefix) {
        return std::tie(a.type, a.uri, a.is_prefix) < std::tie(b.type, b.uri, b.is_prefix);
    }
    return b.from && (!a.from || *a.from < *b.from);
}

}  // namespace

bool KeyLess::operator()(const Key& a, const Key& b) const noexcept {
    return less(view(a), view(b));
}

bool KeyLess::operator()(const KeyView& a, const Key& b) const noexcept {
    return less(a, view(b));
}

bool KeyLess::operator()(const Key& a, const KeyView& b) const noexcept {
    return less(view(a), b);
}

void RouteTable::drop_index(std::size_t routes_then) {
    indexed = false;
    by_type.fill(nullptr);
    by_uri.clear();
    by_prefix.clear();
    prefix_sizes.clear();
    types_with_uri.reset();
    types_with_prefix.reset();
    types_with_address.reset();
    by_uri.reserve(routes_then);
    by_prefix.reserve(routes_then);
    if (prefix_sizes.capacity() < routes_then) {
        prefix_sizes.reserve(2 * routes_then);
    }
}

void RouteTable::index() {
    if (std::exchange(indexed, true)) {
        return;
    }
    for (const auto& [key, route] : routes) {
        const auto type = static_cast<std::size_t>(key.type);
        if (key.from) {
            types_with_address.set(type);
        } else if (key.is_prefix) {
            types_with_uri.set(type);
            types_with_prefix.set(type);
            by_prefix.emplace(TypeAndUri{key.type, *key.uri}, route.get());
            const auto at =
                std::ranges::lower_bound(prefix_sizes, key.uri->size(), std::ranges::greater());
            if (at == prefix_sizes.end() || *at != key.uri->size()) {
                prefix_sizes.insert(at, key.uri->size());
            }
        } else if (key.uri) {
            types_with_uri.set(type);
            by_uri.emplace(TypeAndUri{key.type, *key.uri}, route.get());
        } else {
            by_type[type] = route.get();
        }
    }
}

const Route* RouteTable::find(MessageType type, ByteView uri) const {
    if (!types_with_uri[static_cast<std::size_t>(type)]) {
        return nullptr;
    }
    const auto found = by_uri.find(TypeAndUri{type, uri});
    if (found != by_uri.end()) {
        return found->second;
    }
    return types_with_prefix[static_cast<std::size_t>(type)] ? find_prefix(type, uri) : nullptr;
}

// The longest that there is.
[[gnu::noinline]] const Route* RouteTable::find_prefix(MessageType type, ByteView uri) const {
    for (const std::size_t size : prefix_sizes) {
        if (size > uri.size()) {
            continue;
        }
        const auto found = by_prefix.find(TypeAndUri{type, uri.substr(0, size)});
        if (found != by_prefix.end()) {
            return found->second;
        }
    }
    return nullptr;
}

const Route* RouteTable::find(const KeyView& key) const {
    const auto type = static_cast<std::size_t>(key.type);
    if (!key.from) {
        return key.uri ? find(key.type, *key.uri) : by_type[type];
    }
    if (!types_with_address[type]) {
        return nullptr;
    }
    const auto found = routes.find(key);
    return found == routes.end() ? nullptr : found->second.get();
}

const Route* RouteTable::find(MessageType type, ByteView uri, const Address& from) const {
    const auto at = static_cast<std::size_t>(type);
    const Route* route = nullptr;
    if (types_with_address[at]) {
        route = find({type, uri, &from});
    }
    route = route ? route : find(type, uri);
    return route ? route : by_type[at];
}

}  // namespace detail

namespace {

std::shared_ptr<const Route> checked(const Key& key, Route route) {
    if (!route.handler) {
        throw std::invalid_argument("a handler is needed: pass something callable");
    }
    if (key.uri && route.inner.cipher && route.inner.cipher->hides_uri()) {
        throw std::invalid_argument(
            "the handler for uri '" + *key.uri +
            "' could never be found: its cipher hides the uri; set "
            "encrypt_uri = false, or register it for the message type alone");
    }
    route.prefix_size = key.is_prefix ? key.uri->size() : 0;
    return std::make_shared<const Route>(std::move(route));
}

}  // namespace

Router::Router()
    : table_(std::make_shared<detail::RouteTable>(
          detail::KeyHash{wire::keyed_hash("seed"), wire::keyed_hash("factor") | 1})) {}

// Readers share the table: copies it unless nobody else holds it. They make its index, and have no
// way to say that there is no memory.
void Router::begin_change(std::size_t routes_then) {
    if (table_.use_count() > 1) {
        auto own = std::make_shared<detail::RouteTable>(*table_);
        own->drop_index(routes_then);
        table_ = std::move(own);
    } else {
        table_->drop_index(routes_then);
    }
}

void Router::add(const Key& key, Route route) {
    auto added = checked(key, std::move(route));
    const std::lock_guard lock(mutex_);
    begin_change(table_->routes.size() + 1);
    table_->routes.insert_or_assign(key, std::move(added));
    version_.fetch_add(1, std::memory_order_release);
}

void Router::add_ephemeral(const Key& key, Route route) {
    if (key.is_prefix) {
        throw std::invalid_argument(
            "a handler for one message needs its uri, not the beginning of it; register a lasting "
            "one with on()");
    }
    route.once = std::make_shared<const Key>(key);
    auto added = checked(key, std::move(route));
    const std::lock_guard lock(mutex_);
    const auto serving = ephemeral_.try_emplace(key).first;
    try {
        serving->second.push_back(std::move(added));
    } catch (...) {
        if (serving->second.empty()) {
            ephemeral_.erase(serving);
        }
        throw;
    }
    ephemeral_count_.fetch_add(1, std::memory_order_release);
}

void Router::give_back(std::shared_ptr<const Route> route) {
    if (!route) {
        return;
    }
    const Key& key = *route->once;
    const std::lock_guard lock(mutex_);
    ephemeral_[key].push_front(std::move(route));
    ephemeral_count_.fetch_add(1, std::memory_order_release);
}

bool Router::remove(const Key& key) {
    const std::lock_guard lock(mutex_);
    if (!table_->routes.contains(key)) {
        return false;
    }
    begin_change(table_->routes.size());
    table_->routes.erase(key);
    version_.fetch_add(1, std::memory_order_release);
    return true;
}

bool Router::remove_ephemeral(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = ephemeral_.find(key);
    if (found == ephemeral_.end()) {
        return false;
    }
    ephemeral_count_.fetch_sub(found->second.size(), std::memory_order_release);
    ephemeral_.erase(found);
    return true;
}

std::shared_ptr<const Route> Router::take_ephemeral(const KeyView& key) {
    const std::lock_guard lock(mutex_);
    const auto found = ephemeral_.find(key);
    if (found == ephemeral_.end()) {
        return nullptr;
    }
    auto taken = std::move(found->second.front());
    found->second.pop_front();
    if (found->second.empty()) {
        ephemeral_.erase(found);
    }
    ephemeral_count_.fetch_sub(1, std::memory_order_release);
    return taken;
}

// Under the lock, so that the router sees when nobody reads its table any more.
RouteReader::~RouteReader() {
    const std::lock_guard lock(router_.mutex_);
    table_.reset();
}

void RouteReader::renew() {
    const std::lock_guard lock(router_.mutex_);
    router_.table_->index();
    table_ = router_.table_;
    version_ = router_.version_.load(std::memory_order_relaxed);
}

const Route* RouteReader::find(const KeyList& keys, std::shared_ptr<const Route>& taken) {
    table();
    for (const KeyView& key : keys) {
        if (router_.ephemeral_count_.load(std::memory_order_acquire) > 0) {
            if ((taken = router_.take_ephemeral(key))) {
                return taken.get();
            }
        }
        if (const Route* route = table_->find(key)) {
            return route;
        }
    }
    return nullptr;
}

}  // namespace netaio::core
