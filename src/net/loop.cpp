#include "loop.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "stream.hpp"

namespace netaio::net {
namespace {

constexpr std::size_t batch_keep_max = 1 << 20;

// How often time limits are looked after: a fraction of the shortest, so that none is missed by
// much.
std::chrono::milliseconds watch_interval(const StreamLimits& limits) {
    using std::chrono::milliseconds;
    milliseconds shortest{4000};
    for (const milliseconds limit : {limits.idle_timeout, limits.frame_timeout, limits.send_timeout,
                                     limits.stranger_timeout}) {
        if (limit.count() > 0) {
            shortest = std::min(shortest, limit);
        }
    }
    return std::max(shortest / 4, milliseconds(5));
}

}  // namespace

std::shared_ptr<Loop> Loop::make(boost::asio::any_io_executor executor,
                                 std::shared_ptr<core::Node> node, const StreamLimits& limits,
                                 std::shared_ptr<void> context) {
    std::shared_ptr<Loop> loop(
        new Loop(std::move(executor), std::move(node), limits, std::move(context)));
    settle_in(loop->executor_, loop);
    return loop;
}

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
    node_->log(LogLevel::debug, "connected", key->remote());
    everyone_.reset();
    tallies_.connections.add();
    tallies_.connections_accepted.add();
    watch_limits();
}

void Loop::remove(Stream& stream) {
    for (const std::string& key : stream.take_subscriptions()) {
        unsubscribe(key, stream);
    }
    if (streams_.erase(&stream) > 0) {
        everyone_.reset();
        tallies_.connections.sub();
    }
    if (streams_.empty()) {
        watch_->cancel();
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

const Streams& Loop::everyone() {
    if (!everyone_) {
        everyone_ = std::make_shared<const std::vector<std::shared_ptr<Stream>>>(streams());
    }
    return everyone_;
}

void Loop::cancel_orphans() {
    for (const auto& stream : std::exchange(orphans_, {})) {
        stream->cancel_handler();
    }
}

void Loop::flush_later(std::shared_ptr<Stream> stream) {
    dirty_.push_back(std::move(stream));
    post_flush();
}

void Loop::post_flush() {
    if (!std::exchange(flush_posted_, true)) {
        boost::asio::post(executor_, [self = shared_from_this()] { self->flush_all(); });
    }
}

void Loop::flush_all() {
    flush_posted_ = false;
    settle(true);
    const auto dirty = std::exchange(dirty_, {});
    for (const auto& stream : dirty) {
        stream->flush();
    }
}

void Loop::give(const Streams& to, const SharedFrame& frame) {
    if (to->empty()) {
        return;
    }
    // The end of a connection may have more given.
    while (fan_out_.pending() && !fan_out_.is_for(to)) {
        settle();
    }
    fan_out_.add(to, frame);
    // Who is notified of what it does itself gets that before the reply.
    if (processed_ && processed_->expects_fan_out()) {
        settle();
    } else if (fan_out_.size() > std::min(FanOut::size_max, limits_.send_queue_max)) {
        settle(true);
    } else {
        post_flush();
    }
}

void Loop::settle(bool at_once) {
    if (fan_out_.pending()) {
        tallies_.frames_out.add(fan_out_.settle(at_once));
    }
}

std::error_code Loop::subscribe(ByteView key, Stream& stream) {
    std::unique_lock lock(subscriptions_mutex_);
    auto found = subscriptions_.find(key);
    if (found != subscriptions_.end() && found->second.streams.contains(&stream)) {
        return {};
    }
    if (const auto error = stream.subscribed(key)) {
        return error;
    }
    if (found == subscriptions_.end()) {
        found = subscriptions_.emplace(key.str(), Subscribers()).first;
    }
    found->second.streams.insert(&stream);
    found->second.listed.reset();
    lock.unlock();
    node_->trace("subscribed to", key, stream.remote());
    return {};
}

void Loop::unsubscribe(ByteView key, Stream& stream) {
    if (stream.expects_fan_out()) {
        settle();
    }
    std::unique_lock lock(subscriptions_mutex_);
    const auto found = subscriptions_.find(key);
    if (found == subscriptions_.end() || found->second.streams.erase(&stream) == 0) {
        return;
    }
    found->second.listed.reset();
    stream.unsubscribed(key);
    if (found->second.streams.empty()) {
        subscriptions_.erase(found);
    }
    lock.unlock();
    node_->trace("unsubscribed from", key, stream.remote());
}

void Loop::end_subscriptions(const std::set<Address>& remotes) {
    if (subscriptions_.empty()) {
        return;
    }
    for (const auto& stream : streams()) {
        if (remotes.contains(stream->remote())) {
            for (const std::string& subscribed : stream->take_subscriptions()) {
                unsubscribe(subscribed, *stream);
            }
        }
    }
}

Streams Loop::subscribers(ByteView key) {
    const std::lock_guard lock(subscriptions_mutex_);
    const auto found = subscriptions_.find(key);
    if (found == subscriptions_.end()) {
        return std::make_shared<std::vector<std::shared_ptr<Stream>>>();
    }
    Subscribers& subscribers = found->second;
    if (!subscribers.listed) {
        auto all = std::make_shared<std::vector<std::shared_ptr<Stream>>>();
        all->reserve(subscribers.streams.size());
        for (Stream* stream : subscribers.streams) {
            all->push_back(stream->self());
        }
        subscribers.listed = std::move(all);
    }
    return subscribers.listed;
}

std::size_t Loop::subscriber_count(ByteView key) const {
    const std::lock_guard lock(subscriptions_mutex_);
    const auto found = subscriptions_.find(key);
    return found == subscriptions_.end() ? 0 : found->second.streams.size();
}

// One timer for all connections of the loop costs them nothing while they are busy.
void Loop::watch_limits() {
    if (watching_ || stopped_ || streams_.empty()) {
        return;
    }
    watching_ = true;
    watch_->expires_after(watch_interval(limits_));
    watch_->async_wait([self = shared_from_this()](boost::system::error_code) {
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
    flush_all();
    // They own this loop, and nothing may be left to run that would let go of them.
    fan_out_ = {};
    dirty_.clear();
    if (watch_) {
        watch_->cancel();
    }
}

void Loop::context_ends() {
    if (!executor_) {
        return;
    }
    for (const auto& stream : streams()) {
        stream->abort(Errc::cancelled);
    }
    stop();
    for (const auto& stream : std::exchange(orphans_, {})) {
        stream->drop_handler();
    }
    watch_.reset();
    executor_ = {};
}

bool Loop::has_unsent() const {
    return fan_out_.pending() || std::ranges::any_of(streams_, [](const auto& entry) {
               return entry.second->queued_bytes() > 0;
           });
}

}  // namespace netaio::net
