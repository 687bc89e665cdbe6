#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <netaio/address.hpp>
#include <set>

namespace netaio::core {
class Stream;
}

namespace netaio::net {

/// A server's connections that have not yet brought a message that its auth plugin accepted. Where
/// there is no room for another, the one open for longest is closed. Thread-safe.
class Strangers {
public:
    /// `per_host_max` may come from one host, but at least one.
    explicit Strangers(std::size_t per_host_max) : per_host_max_(per_host_max) {}

    /// Closes another from the same host when there are too many.
    void add(core::Stream& stream);
    /// One that became known, or is closed.
    void remove(const core::Stream& stream);
    /// On its own thread, so soon. False when there is none.
    bool close_oldest();

private:
    using Id = std::uint64_t;
    struct Stranger {
        std::weak_ptr<core::Stream> stream;
        Address host;
    };

    std::shared_ptr<core::Stream> take(Id id);

    const std::size_t per_host_max_;
    std::mutex mutex_;
    std::map<Id, Stranger> by_age_;
    std::map<Address, std::set<Id>> by_host_;
};

}  // namespace netaio::net
