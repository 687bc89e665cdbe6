#include "router.hpp"

#include <cstring>
#include <stdexcept>
#include <tuple>

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
    KeyView result{key.type, std::nullopt, address_of(key)};
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
    return a.type == b.type && same_source && same_uri;
}

bool KeyEqual::operator()(const Key& a, const Key& b) const noexcept {
    return (*this)(view(a), b);
}

namespace {

bool less(const KeyView& a, const KeyView& b) noexcept {
    if (a.type != b.type || a.uri != b.uri) {
        return std::tie(a.type, a.uri) < std::tie(b.type, b.uri);
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

// Allocates nothing once by_uri has room for as many as there are routes.
void RouteTable::index() {
    by_type.fill(nullptr);
    by_uri.clear();
    types_with_uri.reset();
    types_with_address.reset();
    for (const auto& [key, route] : routes) {
        const auto type = static_cast<std::size_t>(key.type);
        if (key.from) {
            types_with_address.set(type);
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
    return found == by_uri.end() ? nullptr : found->second;
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
    return std::make_shared<const Route>(std::move(route));
}

}  // namespace

Router::Router()
    : table_(std::make_shared<detail::RouteTable>(
          detail::KeyHash{wire::keyed_hash("seed"), wire::keyed_hash("factor") | 1})) {}

// Readers share the table: copies it unless nobody else holds it.
void Router::make_own() {
    if (table_.use_count() > 1) {
        table_ = std::make_shared<detail::RouteTable>(*table_);
    }
}

void Router::add(const Key& key, Route route) {
    auto added = checked(key, std::move(route));
    const std::lock_guard lock(mutex_);
    make_own();
    // Before anything changes, as the index must not stay half made.
    table_->by_uri.reserve(table_->routes.size() + 1);
    table_->routes.insert_or_assign(key, std::move(added));
    table_->index();
    version_.fetch_add(1, std::memory_order_release);
}

void Router::add_ephemeral(const Key& key, Route route) {
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

bool Router::remove(const Key& key) {
    const std::lock_guard lock(mutex_);
    if (!table_->routes.contains(key)) {
        return false;
    }
    make_own();
    table_->by_uri.reserve(table_->routes.size());
    table_->routes.erase(key);
    table_->index();
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
