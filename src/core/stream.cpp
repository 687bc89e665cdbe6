#include "stream.hpp"

#include <algorithm>
#include <atomic>

#include "callback.hpp"
#include "stream_handling.hpp"
#include "waiting.hpp"

namespace netaio::core {
namespace {

std::uint64_t next_id() {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

Stream::Stream(Ends ends, std::shared_ptr<Hub> hub, std::weak_ptr<StreamOwner> owner)
    : hub_(std::move(hub)),
      owner_(std::move(owner)),
      ends_(std::move(ends)),
      id_(next_id()),
      stranger_(hub_->node().role == Role::server &&
                (hub_->dispatcher().outer()->auth || hub_->node().requires_session())),
      active_at_(hub_->now()) {
    session_required_ = hub_->node().requires_session();
    if (ends_.credentials && hub_->node().names_users) {
        who_ = Identity{"uid", std::to_string(ends_.credentials->uid)};
    }
}

Stream::~Stream() {
    if (here_) {
        *here_ = nullptr;
    }
}

void Stream::start(std::unique_ptr<Carrier> carrier) noexcept {
    carrier_ = std::move(carrier);
    serve([this] {
        hub_->add(self());
        if (open()) {  // a log may have ended it
            carrier_->start(self());
        }
    });
}

void Stream::subscription_ended(const Message& message) {
    if (const auto owner = owner_.lock()) {
        owner->subscription_ended(*this, message);
    }
}

void Stream::set_reading(bool wanted) {
    reading_wanted_ = wanted;
    resume();
}

void Stream::drain() {
    settle_fan_out();
    if (state_ == State::open) {
        state_ = State::draining;
        finish_draining();
    }
}

// Who is sent away is not waited for.
void Stream::close() {
    end_passed();
    drain();
}

void Stream::finish_draining() {
    if (state_ == State::draining && !busy() && !batch_) {
        std::error_code error;
        carrier_->settle(error);
        if (!busy()) {
            abort(error);
        }
    }
}

std::size_t Stream::abort(std::error_code why) noexcept {
    if (state_ == State::closed) {
        return 0;
    }
    const auto keep_alive = self();
    // Whatever any of it throws, everybody is told.
    const Node& node = hub_->node();
    const auto tell = [&](auto&& work) {
        attempt(node.environment.log, "a connection ends all the same", work);
    };
    tell([&] {
        std::error_code ignored;
        carrier_->settle(ignored);
    });
    const std::size_t unsent = queued_bytes();
    state_ = State::closed;
    carrier_->close();
    hub_->remove(*this);
    end_queue();
    next_feed_ = nullptr;
    feeding_ = 0;
    feeds_.clear();
    out_ = std::string();
    sent_ = 0;
    handshaking_ = nullptr;
    if (sealing_) {
        sealing_->rest = nullptr;
        sealing_->session.end();
        sealing_->psk = {};
        sealing_->secrets_of = {};
    }
    tell([&] {
        if (node.environment.log.enabled(LogLevel::debug)) {
            node.log(LogLevel::debug, "disconnected" + (why ? ": " + why.message() : std::string()),
                     ends_.remote);
        }
    });
    using enum Handling::Phase;
    std::erase_if(handlings_, [](const auto& each) { return each->phase == waiting; });
    handlers_run_ = !handlings_.empty();
    if (std::ranges::any_of(handlings_, [](const auto& each) { return each->phase != ended; })) {
        // The handlers may end their work; a node that goes away does not wait for that.
        tell([&] { hub_->add_orphan(self()); });
        if (why == Errc::cancelled) {
            cancel_handlers();
        }
    }
    if (const auto owner = owner_.lock()) {
        tell([&] { owner->closed(*this, why); });
    }
    end_requests(why ? why : make_error_code(Errc::closed));
    tell([&] { hub_->gone(ends_.remote); });
    return unsent;
}

// Cold, as beside calls of handlers it would cost every message.
[[gnu::cold]] void Stream::cannot_serve() noexcept {
    log_thrown(hub_->node().environment.log, "a connection cannot be served");
    if (state_ != State::closed) {
        hub_->tallies().closed_unserved.add();
    }
    abort(std::make_error_code(std::errc::not_enough_memory));
}

void Stream::check_limits(TimePoint now) {
    const StreamLimits& limits = hub_->limits();
    auto& tallies = hub_->tallies();
    const auto passed = [&](std::chrono::milliseconds limit, TimePoint since) {
        return now - since > bounded(limit);
    };
    const auto end = [&](Tally& tally, std::string_view what) {
        tally.add();
        hub_->node().log(LogLevel::info, "closed the connection: " + std::string(what),
                         ends_.remote);
        abort(Errc::timeout);
    };
    if (state_ == State::closed) {
        return;
    }
    if (!takes_input() && !input_.empty()) {
        frame_began_at_ = now;  // the peer can't help it that this side does not read
    }
    if (stranger_ && failures_ > 0 && passed(limits.stranger_timeout, failed_at_)) {
        close_stranger("it brought nothing valid in time");
    } else if (waiting_writable_ && passed(limits.send_timeout, blocked_at_)) {
        end(tallies.closed_slow_reader, "it takes nothing that is sent");
    } else if (!input_.empty() && takes_input() && passed(limits.frame_timeout, frame_began_at_)) {
        end(tallies.closed_slow_frame, "a frame took too long to arrive");
    } else if (input_.empty() && !busy() && passed(limits.idle_timeout, active_at_) &&
               !hub_->has_subscriptions(*this)) {
        end(tallies.closed_idle, "idle");
    } else {
        close_with_other_secrets();
        if (sealing_ && passed(session_rests, sealing_->used_at)) {
            sealing_->session.rest();
        }
        carrier_->look_for_end();
    }
}

void Stream::close_stranger(std::string_view why) {
    hub_->tallies().closed_strangers.add();
    hub_->node().log(LogLevel::info, "closed the connection: " + std::string(why), ends_.remote);
    abort(Errc::auth_failed);
}

void Stream::enable_requests(std::size_t in_flight_max) {
    requests_ = std::make_unique<RequestTable>(in_flight_max);
    requests_->when_unsent_ends([this](RequestId request) { take_out(request); });
}

void Stream::watch_deadlines() {
    if (const auto next = requests_->next_deadline()) {
        hub_->due_at(*next);
    }
}

void Stream::expire_requests(TimePoint now) {
    if (state_ == State::closed) {
        return;
    }
    if (passed_) {
        expire_passed(now);
    }
    if (!requests_ || state_ == State::closed) {
        return;
    }
    std::vector<RequestTable::Expired> expired;
    requests_->give_up_expired(now, expired);
    for (auto& [completion, why] : expired) {
        end(completion, why, hub_->node().environment.log);
    }
    if (state_ != State::closed) {
        watch_deadlines();
    }
}

void Stream::end_requests(std::error_code why) noexcept {
    end_passed();
    if (requests_) {
        requests_->end_all(why, hub_->node().environment.log);
    }
}

}  // namespace netaio::core
