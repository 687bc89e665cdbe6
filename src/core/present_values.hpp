#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <netaio/bytes.hpp>
#include <netaio/errc.hpp>
#include <string>
#include <vector>

namespace netaio::core {

/// What a server keeps for those who subscribe later: uris with their present content, bounded in
/// bytes. Thread-safe. Whoever changes something is given the lock, to say so in the order of the
/// changes.
class PresentValues {
public:
    struct Value {
        std::string uri;
        std::string content;
    };
    using Kept = std::shared_ptr<const Value>;
    /// Values in the order of their uris, as they were at one moment.
    using Snapshot = std::vector<Kept>;

    /// What a value takes at most beside its bytes (measured: 160 to 224).
    static constexpr std::size_t overhead = 224;

    static std::size_t cost_of(const Value& value) noexcept {
        return overhead + value.uri.size() + value.content.size();
    }

    explicit PresentValues(std::size_t bytes_max = 64 << 20) : bytes_max_(bytes_max) {}
    PresentValues(const PresentValues&) = delete;
    PresentValues& operator=(const PresentValues&) = delete;

    void set_bytes_max(std::size_t bytes_max) { bytes_max_ = bytes_max; }
    /// To be held for what is to happen between two changes.
    std::unique_lock<std::mutex> lock() const { return std::unique_lock(mutex_); }

    /// Errc::queue_full where there is no room, and nothing changed then.
    template <class Tell>
    std::error_code set(ByteView uri, ByteView content, Tell&& tell) {
        auto value = std::make_shared<const Value>(Value{uri.str(), content.str()});
        const auto held = lock();
        const auto found = values_.find(uri);
        const std::size_t before = found == values_.end() ? 0 : cost_of(*found->second);
        const std::size_t bytes = bytes_ - before + cost_of(*value);
        if (bytes > bytes_max_) {
            return Errc::queue_full;
        }
        tell();
        if (found == values_.end()) {
            values_.emplace(value->uri, value);
        } else {
            replace(found, std::move(value));
        }
        bytes_ = bytes;
        return {};
    }

    /// Whether there was one.
    template <class Tell>
    bool remove(ByteView uri, Tell&& tell) {
        const auto held = lock();
        const auto found = values_.find(uri);
        if (found == values_.end()) {
            return false;
        }
        tell();
        bytes_ -= cost_of(*found->second);
        values_.erase(found);
        return true;
    }

    /// Null where there is none. Under the lock.
    Kept at(ByteView uri) const {
        const auto found = values_.find(uri);
        return found == values_.end() ? nullptr : found->second;
    }
    /// All whose uris begin so. Under the lock.
    Snapshot below(ByteView prefix) const {
        Snapshot values;
        for (auto at = values_.lower_bound(prefix);
             at != values_.end() && at->first.starts_with(prefix); ++at) {
            values.push_back(at->second);
        }
        return values;
    }

private:
    using Values = std::map<std::string_view, Kept, std::less<>>;  // the uris are the values' own

    // The key is of the value that goes.
    void replace(Values::iterator at, Kept value) noexcept {
        auto node = values_.extract(at++);
        node.key() = value->uri;
        node.mapped() = std::move(value);
        values_.insert(at, std::move(node));
    }

    mutable std::mutex mutex_;
    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    Values values_;
};

}  // namespace netaio::core
