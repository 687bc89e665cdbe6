#include "loop.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "stream.hpp"

namespace netaio::net {
namespace {

constexpr std::size_t batch_keep_max = 1 << 20;
// What is collected for all subscribers of a key at most: as much as the first caches hold.
constexpr std::size_t fan_out_max = 64 * 1024;

// How often time limits are looked after: a fraction of the shortest, so that none is missed by
// much.
std::chrono::milliseconds watch_interval(const StreamLimits& limits) {
    using std::chrono::milliseconds;
    milliseconds shortest{4000};
    for (const milliseconds limit :
         {limits.idle_timeout, limits.frame_timeout, limits.send_timeout}) {
        if (limit.count() > 0) {
            shortest = std::min(shortest, limit);
        }
    }
    return std::max(shortest / 4, milliseconds(5));
}

}  // namespace

Loop::Loop(boost::asio::any_io_executor executor, std::shared_ptr<core::Node> node,
           const StreamLimits& limits, std::shared_ptr<void> context)
    : context_(std::move(context)),
      executor_(std::move(executor)),
      node_(std::move(node)),
      limits_(limits),
      dispatcher_(*node_, tallies_),
      read_buffer_(new char[read_buffer_size]),
      watch_(executor_) {}

void Loop::give_batch(std::string&& batch) noexcept {
    batch.clear();
    if (batch.capacity() <= batch_keep_max) {
        batch_ = std::move(batch);
    }
}

void Loop::add(std::shared_ptr<Stream> stream) {
    Stream* key = stream.get();
    streams_.emplace(key, std::move(stream));
    tallies_.connections.add();
    tallies_.connections_accepted.add();
    watch_limits();
}

void Loop::remove(Stream& stream) {
    for (const std::string& key : stream.take_subscriptions()) {
        unsubscribe(key, stream);
    }
    if (streams_.erase(&stream) > 0) {
        tallies_.connections.sub();
    }
    if (streams_.empty()) {
        watch_.cancel();
    }
}

std::vector<std::shared_ptr<Stream>> Loop::streams() const {
    std::vector<std::shared_ptr<Stream>> all;
    all.reserve(streams_.size());
    for (const auto& [key, stream] : streams_) {
        all.push_back(stream);
    }
    return all;
}

void Loop::cancel_orphans() {
    for (const auto& stream : std::exchange(orphans_, {})) {
        stream->cancel_handler();
    }
}

void Loop::flush_later(std::shared_ptr<Stream> stream) {
    dirty_.push_back(std::move(stream));
    flush_soon();
}

void Loop::flush_soon() {
    if (!std::exchange(flush_posted_, true)) {
        boost::asio::post(executor_, [self = shared_from_this()] { self->flush_all(); });
    }
}

void Loop::flush_all() {
    flush_posted_ = false;
    settle_fan_out();
    const auto dirty = std::exchange(dirty_, {});
    for (const auto& stream : dirty) {
        stream->flush();
    }
}

void Loop::notify(ByteView key, ByteView frame) {
    const auto found = subscriptions_.find(key);
    if (found == subscriptions_.end()) {
        return;
    }
    Subscribers& subscribers = found->second;
    if (!fan_out_.goes_to(subscribers)) {
        settle_fan_out();
    }
    fan_out_.add(subscribers, frame);
    // Among the replies of a stream that is being served, this has its place now.
    if (fan_out_.size() >= std::min(fan_out_max, limits_.send_queue_max) ||
        (serving_ && serving_->subscribes() && subscribers.contains(*serving_))) {
        settle_fan_out();
    } else {
        flush_soon();
    }
}

std::error_code Loop::subscribe(ByteView key, Stream& stream) {
    settle_fan_out();
    const std::lock_guard lock(subscriptions_mutex_);
    auto found = subscriptions_.find(key);
    if (found != subscriptions_.end() && found->second.contains(stream)) {
        return {};
    }
    if (!stream.may_subscribe(key)) {
        return Errc::queue_full;
    }
    if (found == subscriptions_.end()) {
        found = subscriptions_.emplace(key.str(), Subscribers()).first;
    }
    found->second.add(stream);
    stream.subscribed(key);
    return {};
}

void Loop::unsubscribe(ByteView key, Stream& stream) {
    settle_fan_out();
    const std::lock_guard lock(subscriptions_mutex_);
    const auto found = subscriptions_.find(key);
    if (found == subscriptions_.end() || !found->second.remove(stream)) {
        return;
    }
    stream.unsubscribed(key);
    if (found->second.size() == 0) {
        subscriptions_.erase(found);
    }
}

void Loop::end_subscriptions(const std::set<Address>& remotes) {
    if (subscriptions_.empty()) {
        return;
    }
    settle_fan_out();  // which may end connections
    for (const auto& [key, stream] : streams_) {
        if (remotes.contains(stream->remote())) {
            for (const std::string& subscribed : stream->take_subscriptions()) {
                unsubscribe(subscribed, *stream);
            }
        }
    }
}

std::vector<std::shared_ptr<Stream>> Loop::subscribers(ByteView key) const {
    const std::lock_guard lock(subscriptions_mutex_);
    std::vector<std::shared_ptr<Stream>> all;
    const auto found = subscriptions_.find(key);
    if (found != subscriptions_.end()) {
        for (std::size_t i = 0; i < found->second.size(); ++i) {
            all.push_back(found->second[i].self());
        }
    }
    return all;
}

std::size_t Loop::subscriber_count(ByteView key) const {
    const std::lock_guard lock(subscriptions_mutex_);
    const auto found = subscriptions_.find(key);
    return found == subscriptions_.end() ? 0 : found->second.size();
}

// One timer for all connections of the loop costs them nothing while they are busy.
void Loop::watch_limits() {
    if (watching_ || stopped_ || streams_.empty()) {
        return;
    }
    watching_ = true;
    watch_.expires_after(watch_interval(limits_));
    watch_.async_wait([self = shared_from_this()](boost::system::error_code) {
        self->watching_ = false;
        const auto now = self->now();
        for (const auto& stream : self->streams()) {
            stream->check_limits(now);
        }
        self->watch_limits();
    });
}

void Loop::stop() {
    stopped_ = true;
    watch_.cancel();
}

}  // namespace netaio::net
