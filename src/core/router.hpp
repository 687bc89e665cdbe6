#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "handler.hpp"

namespace netaio::core {

namespace detail {

struct TypeAndUri {
    MessageType type;
    ByteView uri;  // of a key that is registered

    bool operator==(const TypeAndUri&) const noexcept = default;
};

// Under a key of this process, as applications may register what they were asked to.
struct KeyHash {
    using is_transparent = void;
    using is_avalanching = void;
    std::uint64_t seed;
    std::uint64_t factor;  // odd

    inline std::size_t operator()(const TypeAndUri& key) const noexcept;
    std::size_t operator()(const KeyView& key) const noexcept;
    std::size_t operator()(const Key& key) const noexcept;
};

struct KeyEqual {
    using is_transparent = void;
    bool operator()(const Key& a, const Key& b) const noexcept;
    bool operator()(const KeyView& a, const Key& b) const noexcept;
    bool operator()(const Key& a, const KeyView& b) const noexcept { return (*this)(b, a); }
};

// The order of keys, for the table of those that come and go with messages.
struct KeyLess {
    using is_transparent = void;
    bool operator()(const Key& a, const Key& b) const noexcept;
    bool operator()(const KeyView& a, const Key& b) const noexcept;
    bool operator()(const Key& a, const KeyView& b) const noexcept;
};

// Lasting handlers, never changed while a reader may hold it.
struct RouteTable {
    explicit RouteTable(const KeyHash& hash)
        : routes(0, hash), by_uri(0, hash), by_prefix(0, hash) {}

    boost::unordered_flat_map<Key, std::shared_ptr<const Route>, KeyHash, KeyEqual> routes;

    // What index() makes of them: the ways almost all messages are found by (bench: route).
    std::array<const Route*, 256> by_type{};
    boost::unordered_flat_map<TypeAndUri, const Route*, KeyHash> by_uri;
    boost::unordered_flat_map<TypeAndUri, const Route*, KeyHash> by_prefix;
    std::vector<std::size_t> prefix_sizes;  // each once, the longest first
    std::bitset<256> types_with_uri;        // or with a prefix
    std::bitset<256> types_with_prefix;
    std::bitset<256> types_with_address;

    bool indexed = true;
    // Takes no memory, as that was reserved.
    void index();
    // Before anything changes: the index sees into what then moves.
    void drop_index(std::size_t routes_then);
    const Route* find(const KeyView& key) const;
    const Route* find(MessageType type, ByteView uri, const Address& from) const;
    [[gnu::always_inline]] inline const Route* find(MessageType type, ByteView uri) const;
    const Route* find_prefix(MessageType type, ByteView uri) const;
};

}  // namespace detail

/// The handlers of a node: lasting ones and ephemeral ones, which serve one message each, oldest
/// first, and go before a lasting one of the same key. Any thread may change it; each reader sees
/// changes at its next lookup.
class Router {
public:
    Router();

    /// Registers a lasting handler, replacing one with the same key. Throws std::invalid_argument
    /// when the key has a uri and the route's cipher hides uris.
    void add(const Key& key, Route route);
    void add_ephemeral(const Key& key, Route route);
    /// Puts back an ephemeral one that was found, but served nothing; null where none was.
    void give_back(std::shared_ptr<const Route> route);
    /// Whether there was one.
    bool remove(const Key& key);
    bool remove_ephemeral(const Key& key);
    /// The same, of the kind that serves once or of the lasting one.
    void keep(const Key& key, Route route, bool once) {
        once ? add_ephemeral(key, std::move(route)) : add(key, std::move(route));
    }
    bool drop(const Key& key, bool once) { return once ? remove_ephemeral(key) : remove(key); }

private:
    friend class RouteReader;
    void begin_change(std::size_t routes_then);
    std::shared_ptr<const Route> take_ephemeral(const KeyView& key);

    mutable std::mutex mutex_;
    std::shared_ptr<detail::RouteTable> table_;
    std::atomic<std::uint64_t> version_{1};
    std::map<Key, std::deque<std::shared_ptr<const Route>>, detail::KeyLess> ephemeral_;
    std::atomic<std::size_t> ephemeral_count_{0};
};

/// One thread's way to look up handlers without locks or allocations.
class RouteReader {
public:
    explicit RouteReader(Router& router) : router_(router) {}
    RouteReader(const RouteReader&) = delete;
    RouteReader& operator=(const RouteReader&) = delete;
    ~RouteReader();

    /// The handler for the first key that has one. An ephemeral one is removed from the router and
    /// kept by `taken`; a lasting one stays valid until the next find().
    const Route* find(const KeyList& keys, std::shared_ptr<const Route>& taken);
    /// The same for the default keys (type, uri, from), (type, uri) and (type), without making a
    /// list of them: a third of the time.
    const Route* find(MessageType type, ByteView uri, const Address& from,
                      std::shared_ptr<const Route>& taken) {
        if (router_.ephemeral_count_.load(std::memory_order_acquire) > 0) {
            return find({KeyView{type, uri, &from}, KeyView{type, uri}, KeyView{type}}, taken);
        }
        return table().find(type, uri, from);
    }

private:
    const detail::RouteTable& table() {
        if (router_.version_.load(std::memory_order_acquire) != version_) {
            renew();
        }
        return *table_;
    }
    void renew();

    Router& router_;
    std::shared_ptr<const detail::RouteTable> table_;
    std::uint64_t version_ = 0;
};

}  // namespace netaio::core
