#include <algorithm>

#include "outgoing.hpp"
#include "stream.hpp"

/// How a stream collects what goes out, writes it, and treats slow receivers.
namespace netaio::core {

std::error_code Stream::send(const Message& message, const SendOptions& options) {
    return append(message.own(), options.plugins,
                  outer_plugins(*hub_->dispatcher().outer(*this), options));
}

void Stream::give(const Message& message, const SendOptions& options, const Vouched* as) {
    log_unsent(append(message.own(), options.plugins,
                      outer_plugins(*hub_->dispatcher().outer(*this), options), {}, as));
}

void Stream::push(OwnedMessage message, const Plugins& inner) {
    log_unsent(append(std::move(message), inner, *hub_->dispatcher().outer(*this)));
}

void Stream::log_unsent(std::error_code error) {
    if (error) {
        hub_->node().log(LogLevel::warning, "a message was not sent: " + error.message(),
                         ends_.remote);
    }
}

// Protects and encodes a message, straight to where it is written from unless the receiver is slow.
std::error_code Stream::append(OwnedMessage message, const Plugins& inner, const Plugins& outer,
                               std::optional<RequestId> id, const Vouched* as) {
    settle_fan_out();
    if (state_ == State::closed) {
        return Errc::closed;
    }
    if (session_required_ && !sealed_ && !begins_session(message)) [[unlikely]] {
        return Errc::no_session;
    }
    const auto peer = hub_->node().peer_at(ends_.remote);
    Recipient to(peer.get(), as ? as : &vouched_, &ends_.remote);
    to.sealed = sealed_;
    auto& dispatcher = hub_->dispatcher();
    if (id && (may_retry(inner) || may_retry(outer))) {
        requests_->keep(*id, message.own());
    }
    std::unique_ptr<Unsealed> waits;
    std::unique_ptr<Unsealed>* const unsealed = may_wait() ? &waits : nullptr;
    if (queues()) {
        auto frame = std::make_shared<std::string>();
        auto error = dispatcher.send(std::move(message), inner, outer, to, *frame, id, unsealed);
        error = error ? error : bounded_by_session(*frame, 0);
        if (batch_ && holding_) {
            emit(*batch_);
            batch_->clear();
        }
        if (waits) {
            return hold(std::move(waits), true, queue_.end());
        }
        const auto refused = error ? error : enqueue(frame);
        if (!refused && id && holding_) {
            note_unsent(*id);
        }
        return refused;
    }
    std::string& target = output();
    const std::size_t before = target.size();
    auto error = dispatcher.send(std::move(message), inner, outer, to, target, id, unsealed);
    error = error ? error : bounded_by_session(target, before);
    if (waits) [[unlikely]] {
        if (batch_) {
            emit(*batch_);
            batch_->clear();
        }
        return hold(std::move(waits), true, queue_.end());
    }
    if (!error) {
        serve([this] { appended(); });
    }
    return error;
}

void Stream::settle_fan_out() {
    if (expects_fan_out_) {
        hub_->settle();
    }
}

std::size_t Stream::take_fan_out(ByteView bytes, std::span<const SharedFrame> frames,
                                 bool at_once) noexcept {
    expects_fan_out_ = false;
    std::size_t taken = 0;
    serve([&] { taken = take(bytes, frames, at_once); });
    return taken;
}

std::size_t Stream::take(ByteView bytes, std::span<const SharedFrame> frames, bool at_once) {
    if (state_ == State::closed || (session_required_ && !sealed_)) {
        return 0;
    }
    if (sealed_) [[unlikely]] {
        const auto fits = [](const SharedFrame& frame) {
            return frame->size() <= Session::frame_max;
        };
        if (!std::ranges::all_of(frames, fits)) {
            return take_those_that_fit(frames);
        }
    }
    if (queues()) {
        return static_cast<std::size_t>(std::ranges::count_if(
            frames, [&](const SharedFrame& frame) { return !enqueue(frame); }));
    }
    if (!at_once || batch_ || !out_.empty()) {
        output().append(bytes);
        appended();
        return frames.size();
    }
    std::size_t written = 0;
    if (!write(bytes, written)) {
        return 0;
    }
    if (written < bytes.size() || is_blocked()) {
        out_.assign(bytes.substr(written));
        wait_writable();
    }
    return frames.size();
}

// Each that is too large to be sealed is said to be.
[[gnu::cold]] std::size_t Stream::take_those_that_fit(std::span<const SharedFrame> frames) {
    std::size_t taken = 0;
    for (const SharedFrame& frame : frames) {
        if (frame->size() <= Session::frame_max) {
            taken += take(*frame, {&frame, 1}, false);
        } else {
            hub_->tallies().send_failures.add();
            log_unsent(Errc::too_large);
        }
    }
    return taken;
}

// Sees to it that what was appended is written: with the batch, at the end of this turn of the
// loop, or at once when it is much.
void Stream::appended() {
    if (batch_) {
        if (batch_->size() > flush_size) {
            emit(*batch_);
            batch_->clear();
        }
        return;
    }
    // A full queue stops reading, which only writing begins again.
    if (out_.size() - sent_ >= std::min(flush_size, hub_->limits().send_queue_max)) {
        const auto keep_alive = self();  // an answer to it may be all that knows it
        flush();
    } else {
        flush_later();
    }
}

void Stream::flush_later() {
    if (!flush_pending_) {
        hub_->flush_later(self());
        flush_pending_ = true;
    }
}

// Has a message wait for a slow receiver, under the SlowReceiver policy.
std::error_code Stream::enqueue(const SharedFrame& frame) {
    if (state_ == State::closed) {
        return Errc::closed;
    }
    if (const auto error = make_room(frame->size())) {
        return error;
    }
    queue_.push_back({frame, true});
    queue_bytes_ += frame->size();
    return {};
}

std::error_code Stream::make_room(std::size_t size) {
    const StreamLimits& limits = hub_->limits();
    const auto fits = [&] { return queued_bytes() + size <= limits.send_queue_max; };
    if (fits()) {
        return {};
    }
    if (limits.slow_receiver == SlowReceiver::disconnect) {
        hub_->node().log(LogLevel::warning, "disconnected a slow receiver", ends_.remote);
        hub_->tallies().closed_slow_reader.add();
        abort(Errc::queue_full);
        return Errc::queue_full;
    }
    if (limits.slow_receiver == SlowReceiver::drop_oldest) {
        for (auto entry = queue_.begin(); entry != queue_.end() && !fits();) {
            if (entry->pushed) {
                hub_->tallies().dropped_oldest.add();
                entry = drop(entry);
            } else {
                ++entry;
            }
        }
        if (fits()) {
            return {};
        }
    }
    hub_->tallies().dropped_newest.add();
    return Errc::queue_full;
}

// Sends the output of a batch, or queues what the receiver does not take yet. What is left in it
// counts no more.
void Stream::emit(std::string& out) {
    settle_fan_out();
    if (state_ == State::closed || out.empty()) {
        return;
    }
    if (!queues() && out_.empty()) {
        std::error_code error;
        const std::size_t size = out.size();
        const std::size_t written =
            sealing_ ? write_sealed(out, error) : carrier_->hand_over(out, error);
        if (took_out(written, error) && (written < size || is_blocked())) {
            out_.assign(out, written);
            wait_writable();
        }
    } else if (!queues()) {
        out_.append(out);
        flush();
    } else {
        queue_bytes_ += out.size();
        queue_.push_back({std::make_shared<const std::string>(out), false});
    }
}

// Writes as much as is taken. False when the stream ended over it.
bool Stream::write(ByteView bytes, std::size_t& written) {
    std::error_code error;
    const ByteView rest = bytes.substr(written);
    const std::size_t count = sealing_ ? write_sealed(rest, error) : carrier_->write(rest, error);
    written += count;
    return took_out(count, error);
}

// False when the stream ended over it.
bool Stream::took_out(std::size_t count, std::error_code error) {
    if (count > 0) {
        blocked_at_ = {};
    }
    hub_->tallies().bytes_out.add(count);
    if (error) {
        abort(error);
    }
    return !error;
}

// A handler may have ended while frames of this very stream were processed.
void Stream::turn() {
    flush_pending_ = false;
    if (!batch_ && any_ended()) {
        process({});
        resume();
    }
    const bool was_full = std::exchange(goes_on_, false) || is_full() || holding_;
    flush();
    if (was_full && !is_full() && state_ != State::closed) {
        proceed();
        resume();
    }
}

void Stream::flush() {
    flush_queue();
    if (handshaking_ && handshaking_->agreed && requests_ && queue_.empty() &&
        state_ != State::closed) [[unlikely]] {
        const auto handshaking = std::move(handshaking_);
        begin_session(std::move(*handshaking->agreed), std::move(handshaking->secret), false,
                      false);
    }
}

void Stream::flush_queue() {
    flush_pending_ = false;
    if (state_ == State::closed || waiting_writable_) {
        return;
    }
    while (sent_ < out_.size() || refill()) {
        if (!write(out_, sent_)) {
            return;
        }
        if (sent_ < out_.size() || is_blocked()) {
            wait_writable();
            return;
        }
        if (feeding_) {
            flush_later();  // others get their turn
            return;
        }
    }
    finish_draining();
}

// All of out_ was taken, or nothing was in it as the carrier keeps what comes before: goes on with
// what queued up behind it, if there is something.
bool Stream::refill() {
    out_.clear();
    sent_ = 0;
    while (!queue_.empty() && out_.size() < flush_size) {
        if (const auto feed = queue_.front().feed) {
            if (!refill_from(feed)) {
                break;
            }
            continue;
        }
        if (queue_.front().held && !may_leave(queue_.front())) {
            break;
        }
        out_.append(*queue_.front().frame);
        queue_bytes_ -= queue_.front().frame->size();
        queue_.pop_front();
    }
    holding_ = holding_ && !queue_.empty();
    if (state_ == State::closed) {
        out_.clear();  // a plugin ended it
    }
    if (out_.empty() && out_.capacity() > out_keep_max) {
        out_ = std::string();
    }
    return !out_.empty();
}

void Stream::wait_writable() {
    waiting_writable_ = true;
    if (blocked_at_ == TimePoint()) {
        blocked_at_ = hub_->now();
    }
    carrier_->wait_writable();
}

void Stream::blocked() {
    if (state_ != State::closed && !waiting_writable_) {
        wait_writable();
    }
}

void Stream::writable(std::error_code error) {
    waiting_writable_ = false;
    if (state_ == State::closed) {
        return;
    }
    const std::size_t unsent = carrier_->unsent();
    if (!error) {
        carrier_->settle(error);
    }
    if (error) {
        abort(error);
        return;
    }
    if (carrier_->unsent() < unsent) {
        blocked_at_ = {};
    }
    if (carrier_->unsent() > 0) {
        wait_writable();
        return;
    }
    if (is_blocked() && !write_rest()) {
        return;
    }
    flush();
    proceed();
    resume();
}

}  // namespace netaio::core
