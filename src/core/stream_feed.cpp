#include <algorithm>
#include <netaio/make.hpp>
#include <set>

#include "outgoing.hpp"
#include "stream.hpp"

/// How a stream sends many present values, holding none of them encoded but what it writes next,
/// and no more of those that are replaced meanwhile than its queue has room for.
namespace netaio::core {

struct Stream::Feed {
    Feed(std::shared_ptr<Node> of, ByteView subscribed_to, const Asker& asker,
         PresentValues::Snapshot snapshot, const SendOptions& terms)
        : node(std::move(of)),
          prefix(subscribed_to),
          values(std::move(snapshot)),
          options(terms),
          as(asker),
          bytes(values.capacity() * sizeof(PresentValues::Kept)) {
        node->subscription_bytes.fetch_add(bytes);
    }
    ~Feed() { node->subscription_bytes.fetch_sub(bytes); }
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    /// The number of the value of a uri, if it is still to be sent.
    std::optional<std::size_t> find(ByteView uri) const {
        const auto from = values.begin() + static_cast<std::ptrdiff_t>(next);
        const auto at = std::ranges::partition_point(
            from, values.end(), [&](const auto& value) { return ByteView(value->uri) < uri; });
        return at != values.end() && (*at)->uri == uri
                   ? std::optional(static_cast<std::size_t>(at - values.begin()))
                   : std::nullopt;
    }
    /// What of the queue's bytes a value takes that is taken out.
    std::size_t unpin(std::size_t at) {
        const std::size_t freed = replaced.erase(at) > 0 ? PresentValues::cost_of(*values[at]) : 0;
        pinned -= freed;
        return freed;
    }

    /// Keeps of it only what others are found by.
    void leave_out(std::size_t at) {
        left_out.insert(at);
        values[at] = std::make_shared<const PresentValues::Value>(
            PresentValues::Value{values[at]->uri, std::string()});
    }

    std::shared_ptr<Node> node;
    const std::string prefix;
    PresentValues::Snapshot values;
    SendOptions options;
    Asker as;
    std::size_t bytes;
    std::size_t next = 0;
    // Which of the values nobody else keeps any more, and what these take.
    std::set<std::size_t> replaced = {};
    std::set<std::size_t> left_out = {};
    std::size_t pinned = 0;
};

bool Stream::present(ByteView prefix, const Asker& as, PresentValues::Snapshot values,
                     const SendOptions& options) {
    if (next_feed_) {
        return false;
    }
    auto feed = std::make_shared<Feed>(hub_->node().shared_from_this(), prefix, as,
                                       std::move(values), options);
    if (hub_->node().subscription_bytes.load() > hub_->limits().subscriptions_total_max) {
        return false;
    }
    hub_->set_fed(*this, true);
    feeds_.push_back(feed);
    next_feed_ = std::move(feed);
    return true;
}

void Stream::end_feeds(std::optional<ByteView> prefix) noexcept {
    for (const auto& feed : feeds_) {
        if (!prefix || feed->prefix == *prefix) {
            queue_bytes_ -= std::exchange(feed->pinned, 0);
            feed->replaced.clear();
            feed->next = 0;
            feed->values.clear();
        }
    }
}

void Stream::value_replaced(ByteView uri) {
    for (const auto& feed : std::vector(feeds_)) {
        const auto at = feed->find(uri);
        if (!at || feed->replaced.contains(*at) || feed->left_out.contains(*at)) {
            continue;
        }
        const std::size_t size = PresentValues::cost_of(*feed->values[*at]);
        if (queued_bytes() + size <= hub_->limits().send_queue_max) {
            feed->replaced.insert(*at);
            feed->pinned += size;
            queue_bytes_ += size;
        } else if (hub_->limits().slow_receiver == SlowReceiver::disconnect) {
            (void)make_room(size);
            return;
        } else {
            feed->leave_out(*at);
            hub_->tallies().dropped_oldest.add();
        }
    }
}

// Cold, as within the loop over frames it would cost everybody.
[[gnu::cold, gnu::noinline]] void Stream::begin_feed(std::string& out) {
    const auto feed = std::exchange(next_feed_, nullptr);
    emit(out);
    out.clear();
    if (state_ == State::closed) {
        return;
    }
    queue_.push_back({nullptr, false, feed});
    ++feeding_;
    flush();
}

// Whether it has no more. Plugins, which are users' code, may end the stream, or the feed. Rules
// may be others since it began.
bool Stream::refill_from(const std::shared_ptr<Feed>& feed) {
    const auto peer = hub_->node().peer_at(ends_.remote);
    const Plugins outer = outer_plugins(*hub_->dispatcher().outer(*this), feed->options);
    const Vouched* const told = feed->as.told();
    RuleReader& rules = hub_->dispatcher().rules();
    while (feed->next < feed->values.size() && out_.size() < flush_size) {
        queue_bytes_ -= feed->unpin(feed->next);
        const bool left_out = feed->left_out.erase(feed->next) > 0;
        const auto value = std::move(feed->values[feed->next++]);
        if (left_out || (rules.any() && !may_know(rules, feed->as.who, value->uri))) {
            continue;
        }
        std::unique_ptr<Unsealed> waits;
        const std::size_t before = out_.size();
        auto error =
            hub_->dispatcher().send(notify(value->uri, value->content), feed->options.plugins,
                                    outer, {peer.get(), told ? told : &vouched_, &ends_.remote},
                                    out_, {}, may_wait() ? &waits : nullptr);
        if (waits) {
            log_unsent(hold(std::move(waits), false, queue_.begin()));
            return false;
        }
        error = error ? error : bounded_by_session(out_, before);
        log_unsent(error);
        if (state_ == State::closed) {
            return false;
        }
    }
    if (feed->next < feed->values.size()) {
        return false;
    }
    queue_.pop_front();
    --feeding_;
    std::erase(feeds_, feed);
    hub_->set_fed(*this, !feeds_.empty());
    return true;
}

}  // namespace netaio::core
