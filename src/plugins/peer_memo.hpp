#pragma once

#include <map>
#include <mutex>
#include <netaio/peer.hpp>

namespace netaio::plugins {

/// What a plugin reads in the data of peers, kept until that changes: parsing what a stranger says
/// of itself for each message in its name would cost far more than the message. Thread-safe.
template <class T>
class PeerMemo {
public:
    /// What `read()` gives for this peer, now or when it was called last. `size_of` says how many
    /// bytes a value holds beside itself.
    template <class Read, class SizeOf>
    T of(const Peer& peer, Read&& read, SizeOf&& size_of) {
        if (peer.revision == 0) {
            return read();
        }
        {
            const std::lock_guard lock(mutex_);
            if (const auto found = kept_.find(peer.revision); found != kept_.end()) {
                return found->second;
            }
        }
        T value = read();
        const std::lock_guard lock(mutex_);
        if (kept_.emplace(peer.revision, value).second) {
            bytes_ += overhead + size_of(value);
        }
        // The oldest are most likely of peers that have gone.
        while (bytes_ > bytes_max) {
            bytes_ -= overhead + size_of(kept_.begin()->second);
            kept_.erase(kept_.begin());
        }
        return value;
    }

private:
    // Room for what all peers of a table may say.
    static constexpr std::size_t bytes_max = 80 << 20;
    static constexpr std::size_t overhead = 64 + sizeof(T);

    std::mutex mutex_;
    std::map<std::uint64_t, T> kept_;  // by revision, so that the oldest are first
    std::size_t bytes_ = 0;
};

}  // namespace netaio::plugins
