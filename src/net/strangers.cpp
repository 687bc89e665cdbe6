#include "strangers.hpp"

#include <algorithm>
#include <boost/asio/dispatch.hpp>

#include "core/source_limiter.hpp"
#include "core/stream.hpp"
#include "loop.hpp"

namespace netaio::net {
namespace {

void make_way(std::shared_ptr<core::Stream> stream, std::string_view what) {
    const auto executor = Loop::of(*stream).executor();
    boost::asio::dispatch(executor, [stream = std::move(stream), what] {
        if (stream->is_stranger()) {
            stream->close_stranger(what);
        }
    });
}

// Users of this machine are told apart.
Address host_of(const core::Stream& stream) {
    const auto& who = stream.credentials();
    return who ? Address::named("user", std::to_string(who->uid) + ':').value()
               : core::host_of(stream.remote());
}

}  // namespace

void Strangers::add(core::Stream& stream) {
    const Address host = host_of(stream);
    std::shared_ptr<core::Stream> oldest;
    {
        const std::lock_guard lock(mutex_);
        by_age_.emplace(stream.id(), Stranger{stream.self(), host});
        auto& ids = by_host_[host];
        ids.insert(stream.id());
        if (ids.size() > std::max<std::size_t>(per_host_max_, 1)) {
            oldest = take(*ids.begin());
        }
    }
    if (oldest) {
        make_way(std::move(oldest), "its host has too many that brought nothing valid");
    }
}

void Strangers::remove(const core::Stream& stream) {
    const std::lock_guard lock(mutex_);
    take(stream.id());
}

std::shared_ptr<core::Stream> Strangers::take(Id id) {
    const auto found = by_age_.find(id);
    if (found == by_age_.end()) {
        return nullptr;
    }
    const auto stranger = std::move(found->second);
    by_age_.erase(found);
    // Not there when there was no memory to add it.
    if (const auto host = by_host_.find(stranger.host); host != by_host_.end()) {
        host->second.erase(id);
        if (host->second.empty()) {
            by_host_.erase(host);
        }
    }
    return stranger.stream.lock();
}

bool Strangers::close_oldest() {
    std::shared_ptr<core::Stream> oldest;
    {
        const std::lock_guard lock(mutex_);
        while (!oldest && !by_age_.empty()) {
            oldest = take(by_age_.begin()->first);
        }
    }
    if (oldest) {
        make_way(oldest, "it brought nothing valid, and others need the room");
    }
    return oldest != nullptr;
}

}  // namespace netaio::net
