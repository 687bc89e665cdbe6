#include "stream.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>

#include "cancelling.hpp"
#include "core/waiting.hpp"
#include "sockets.hpp"
#include "suspended.hpp"

namespace netaio::net {
namespace {

std::uint64_t next_id() {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// What a subscription takes of memory at most: a key of its own with one subscriber stands twice,
// in a table of 128 bytes for each key with a set of one more than 100, and in the connection's own
// set of 80 (measured: 366 for keys of sixteen bytes).
constexpr std::size_t cost_of(ByteView key) noexcept {
    return 384 + 2 * key.size();
}

}  // namespace

Plugins outer_plugins(const core::Node& node, const SendOptions& options) {
    return {options.use_auth ? node.outer.auth : nullptr,
            options.use_cipher ? node.outer.cipher : nullptr};
}

Stream::Stream(boost::asio::ip::tcp::socket socket, const Address& remote,
               std::shared_ptr<Loop> loop, std::weak_ptr<StreamOwner> owner)
    : loop_(std::move(loop)),
      owner_(std::move(owner)),
      remote_(remote),
      id_(next_id()),
      stranger_(loop_->node().role == core::Role::server && loop_->node().outer.auth),
      active_at_(loop_->now()) {
    boost::system::error_code error;
    if (const auto ours = socket.local_endpoint(error); !error) {
        local_ = to_address(ours);
    }
    socket.set_option(boost::asio::ip::tcp::no_delay(true), error);
    const StreamLimits& limits = loop_->limits();
    const bool counts_unsent =
        limits.send_timeout.count() > 0 && limits.send_timeout <= limits.keepalive_timeout;
    keep_alive(socket, limits.keepalive_timeout, counts_unsent);
    socket.non_blocking(true, error);
    channel_ = open_channel(std::move(socket));
}

void Stream::start() {
    channel_->start(weak_from_this());
    loop_->add(self());
    read_later();
}

void Stream::set_reading(bool wanted) {
    reading_wanted_ = wanted;
    resume_reading();
}

void Stream::drain() {
    settle_fan_out();
    if (state_ == State::open) {
        state_ = State::draining;
        finish_draining();
    }
}

void Stream::finish_draining() {
    if (state_ == State::draining && !busy() && !batch_) {
        boost::system::error_code error;
        channel_->settle(error);
        if (!busy()) {
            abort(error);
        }
    }
}

std::size_t Stream::abort(std::error_code why) {
    if (state_ == State::closed) {
        return 0;
    }
    const auto keep_alive = self();
    boost::system::error_code ignored;
    channel_->settle(ignored);
    const std::size_t unsent = queued_bytes();
    state_ = State::closed;
    channel_->close();
    deadline_timer_.reset();
    if (const core::Node& node = loop_->node(); node.environment.log.enabled(LogLevel::debug)) {
        node.log(LogLevel::debug, "disconnected" + (why ? ": " + why.message() : std::string()),
                 remote_);
    }
    loop_->remove(*this);
    // Observers are users' code, which may send to whoever is walked over now.
    boost::asio::post(loop_->executor(), [loop = loop_, remote = remote_] {
        loop->node().peers.remove_address(remote);
    });
    queue_.clear();
    queue_bytes_ = 0;
    out_ = std::string();
    sent_ = 0;
    if (suspended_ && !suspended_->ended) {
        // The handler may end its work; a node that goes away does not wait for that.
        loop_->add_orphan(self());
        if (why == Errc::cancelled) {
            cancel_handler();
        }
    }
    if (const auto owner = owner_.lock()) {
        owner->closed(*this, why);
    }
    end_requests(why ? why : make_error_code(Errc::closed));
    return unsent;
}

void Stream::check_limits(std::chrono::steady_clock::time_point now) {
    const StreamLimits& limits = loop_->limits();
    auto& tallies = loop_->tallies();
    const auto passed = [&](std::chrono::milliseconds limit,
                            std::chrono::steady_clock::time_point since) {
        return limit.count() > 0 && now - since > core::bounded(limit);
    };
    const auto end = [&](core::Tally& tally, std::string_view what) {
        tally.add();
        loop_->node().log(LogLevel::info, "closed the connection: " + std::string(what), remote_);
        abort(Errc::timeout);
    };
    if (state_ == State::closed) {
        return;
    }
    if (!may_read() && !input_.empty()) {
        frame_began_at_ = now;  // the peer can't help it that this side does not read
    }
    if (stranger_ && failures_ > 0 && passed(limits.stranger_timeout, failed_at_)) {
        close_stranger("it brought nothing valid in time");
    } else if (waiting_writable_ && passed(limits.send_timeout, blocked_at_)) {
        end(tallies.closed_slow_reader, "it takes nothing that is sent");
    } else if (!input_.empty() && may_read() && passed(limits.frame_timeout, frame_began_at_)) {
        end(tallies.closed_slow_frame, "a frame took too long to arrive");
    } else if (input_.empty() && !busy() && subscriptions_.empty() &&
               passed(limits.idle_timeout, active_at_)) {
        end(tallies.closed_idle, "idle");
    } else if (unread_) {
        look_for_end();
    }
}

void Stream::close_stranger(std::string_view why) {
    loop_->tallies().closed_strangers.add();
    loop_->node().log(LogLevel::info, "closed the connection: " + std::string(why), remote_);
    abort(Errc::auth_failed);
}

void Stream::enable_requests(std::size_t in_flight_max) {
    requests_ = std::make_unique<core::RequestTable>(in_flight_max);
    deadline_timer_ = std::make_unique<boost::asio::steady_timer>(loop_->executor());
}

void Stream::watch_deadlines() {
    const auto next = requests_->next_deadline();
    // Mostly the timer is set to an earlier request's deadline; it looks again when it gets there.
    if (!next || deadline_watched_ <= *next) {
        return;
    }
    deadline_watched_ = *next;
    const std::chrono::steady_clock::duration soonest = std::chrono::milliseconds(1);
    deadline_timer_->expires_after(std::max(*next - loop_->now(), soonest));
    deadline_timer_->async_wait([stream = self()](boost::system::error_code error) {
        if (error || stream->state_ == State::closed) {
            return;
        }
        stream->deadline_watched_ = std::chrono::steady_clock::time_point::max();
        for (auto& completion : stream->requests_->give_up_expired(stream->loop_->now())) {
            completion(Errc::timeout, nullptr);
        }
        if (stream->state_ != State::closed) {
            stream->watch_deadlines();
        }
    });
}

void Stream::cancel_handler() {
    if (const auto handler = suspended_; handler && !handler->ended) {
        net::cancel_handler(loop_->executor(), handler);
    }
}

void Stream::end_requests(std::error_code why) {
    if (requests_) {
        for (auto& completion : requests_->take_all()) {
            completion(why, nullptr);
        }
    }
}

std::error_code Stream::subscribed(ByteView key) {
    const std::size_t cost = cost_of(key);
    auto& total = loop_->node().subscription_bytes;
    if (subscription_bytes_ + cost > loop_->limits().subscriptions_max) {
        return Errc::queue_full;
    }
    // Loops of other threads count, too.
    if (total.fetch_add(cost) + cost > loop_->limits().subscriptions_total_max) {
        total.fetch_sub(cost);
        return Errc::queue_full;
    }
    subscriptions_.insert(key.str());
    subscription_bytes_ += cost;
    return {};
}

void Stream::unsubscribed(ByteView key) {
    if (subscriptions_.erase(key.str()) > 0) {
        subscription_bytes_ -= cost_of(key);
        loop_->node().subscription_bytes.fetch_sub(cost_of(key));
    }
}

std::set<std::string, std::less<>> Stream::take_subscriptions() {
    loop_->node().subscription_bytes.fetch_sub(std::exchange(subscription_bytes_, 0));
    return std::exchange(subscriptions_, {});
}

}  // namespace netaio::net
