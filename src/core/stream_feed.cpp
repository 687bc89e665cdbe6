#include <netaio/make.hpp>

#include "outgoing.hpp"
#include "stream.hpp"

/// How a stream sends many present values, holding none of them encoded but what it writes next.
namespace netaio::core {

struct Stream::Feed {
    Feed(std::shared_ptr<Node> of, PresentValues::Snapshot snapshot, const SendOptions& terms,
         const Asker& asker)
        : node(std::move(of)),
          values(std::move(snapshot)),
          options(terms),
          as(asker),
          bytes(values.capacity() * sizeof(PresentValues::Kept)) {
        node->subscription_bytes.fetch_add(bytes);
    }
    ~Feed() { node->subscription_bytes.fetch_sub(bytes); }
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    std::shared_ptr<Node> node;
    PresentValues::Snapshot values;
    SendOptions options;
    Asker as;
    std::size_t bytes;
    std::size_t next = 0;
};

bool Stream::present(PresentValues::Snapshot values, const SendOptions& options, const Asker& as) {
    if (next_feed_) {
        return false;
    }
    auto feed =
        std::make_shared<Feed>(hub_->node().shared_from_this(), std::move(values), options, as);
    if (hub_->node().subscription_bytes.load() > hub_->limits().subscriptions_total_max) {
        return false;
    }
    next_feed_ = std::move(feed);
    return true;
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
    feeding_ = true;
    flush();
}

// Whether it has no more. Plugins, which are users' code, may end the stream.
bool Stream::refill_from(const std::shared_ptr<Feed>& feed) {
    const auto peer = hub_->node().peer_at(ends_.remote);
    const Plugins outer = outer_plugins(hub_->node(), feed->options);
    const Vouched* const told = feed->as.told();
    while (feed->next < feed->values.size() && out_.size() < flush_size) {
        const auto value = std::move(feed->values[feed->next++]);
        std::unique_ptr<Unsealed> waits;
        const auto error =
            hub_->dispatcher().send(notify(value->uri, value->content), feed->options.plugins,
                                    outer, {peer.get(), told ? told : &vouched_, &ends_.remote},
                                    out_, {}, may_wait() ? &waits : nullptr);
        if (waits) {
            log_unsent(hold(std::move(waits), false, queue_.begin()));
            return false;
        }
        log_unsent(error);
        if (state_ == State::closed) {
            return false;
        }
    }
    if (feed->next < feed->values.size()) {
        return false;
    }
    queue_.pop_front();
    feeding_ = false;
    return true;
}

}  // namespace netaio::core
