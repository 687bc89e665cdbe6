#include "stream.hpp"

#include <atomic>

#include "suspended.hpp"

namespace netaio::net {
namespace {

std::uint64_t next_id() {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

template <class Endpoint>
Address address_or_none(const Endpoint& endpoint, const boost::system::error_code& error) {
    return error ? Address() : to_address(endpoint);
}

}  // namespace

Stream::Stream(boost::asio::ip::tcp::socket socket, std::shared_ptr<Loop> loop,
               std::weak_ptr<StreamOwner> owner)
    : socket_(std::move(socket)),
      loop_(std::move(loop)),
      owner_(std::move(owner)),
      id_(next_id()),
      active_at_(loop_->now()) {
    boost::system::error_code error;
    const auto theirs = socket_.remote_endpoint(error);
    remote_ = address_or_none(theirs, error);
    const auto ours = socket_.local_endpoint(error);
    local_ = address_or_none(ours, error);
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), error);
    socket_.set_option(boost::asio::socket_base::keep_alive(true), error);
    socket_.non_blocking(true, error);
}

void Stream::start() {
    loop_->add(self());
    wait_readable();
}

void Stream::set_reading(bool wanted) {
    reading_wanted_ = wanted;
    wait_readable();
}

void Stream::drain() {
    if (state_ == State::open) {
        state_ = State::draining;
        finish_draining();
    }
}

void Stream::finish_draining() {
    if (state_ == State::draining && !busy() && !batch_) {
        abort({});
    }
}

std::size_t Stream::abort(std::error_code why) {
    if (state_ == State::closed) {
        return 0;
    }
    const auto keep_alive = self();
    const std::size_t unsent = queued_bytes();
    state_ = State::closed;
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::socket_base::shutdown_both, ignored);
    socket_.close(ignored);
    if (deadline_timer_) {
        deadline_timer_->cancel();
    }
    loop_->remove(*this);
    loop_->node().peers.remove_address(remote_);
    queue_.clear();
    queue_bytes_ = 0;
    out_ = std::string();
    sent_ = 0;
    if (suspended_ && !suspended_->ended && why == Errc::cancelled) {
        // The node goes away: nobody is left to wait for the handler.
        const auto handler = suspended_;
        handler->cancel.emit(boost::asio::cancellation_type::terminal);
    }
    if (const auto owner = owner_.lock()) {
        owner->closed(*this, why);
    }
    if (requests_) {
        for (auto& completion : requests_->take_all()) {
            completion(why ? why : make_error_code(Errc::closed), nullptr);
        }
    }
    return unsent;
}

void Stream::check_limits(std::chrono::steady_clock::time_point now) {
    const StreamLimits& limits = loop_->limits();
    auto& tallies = loop_->tallies();
    const auto passed = [&](std::chrono::milliseconds limit,
                            std::chrono::steady_clock::time_point since) {
        return limit.count() > 0 && now - since > limit;
    };
    const auto end = [&](core::Tally& tally, std::string_view what) {
        tally.add();
        loop_->node().log(LogLevel::info, "closed the connection: " + std::string(what), remote_);
        abort(Errc::timeout);
    };
    if (state_ == State::closed) {
        return;
    }
    if (waiting_writable_ && passed(limits.send_timeout, blocked_at_)) {
        end(tallies.closed_slow_reader, "it takes nothing that is sent");
    } else if (!input_.empty() && may_read() && passed(limits.frame_timeout, frame_began_at_)) {
        end(tallies.closed_slow_frame, "a frame took too long to arrive");
    } else if (input_.empty() && !busy() && subscriptions_.empty() &&
               passed(limits.idle_timeout, active_at_)) {
        end(tallies.closed_idle, "idle");
    }
}

void Stream::enable_requests(std::size_t in_flight_max) {
    requests_ = std::make_unique<core::RequestTable>(in_flight_max);
    deadline_timer_ = std::make_unique<boost::asio::steady_timer>(
        loop_->executor(), std::chrono::steady_clock::time_point::max());
}

void Stream::watch_deadlines() {
    const auto next = requests_->next_deadline();
    // Mostly the timer is set to an earlier request's deadline; it looks again when it gets there.
    if (!next || deadline_timer_->expiry() <= *next) {
        return;
    }
    deadline_timer_->expires_at(*next);
    deadline_timer_->async_wait([stream = self()](boost::system::error_code error) {
        if (error || stream->state_ == State::closed) {
            return;
        }
        stream->deadline_timer_->expires_at(std::chrono::steady_clock::time_point::max());
        for (auto& completion : stream->requests_->give_up_expired(stream->loop_->now())) {
            completion(Errc::timeout, nullptr);
        }
        if (stream->state_ != State::closed) {
            stream->watch_deadlines();
        }
    });
}

}  // namespace netaio::net
