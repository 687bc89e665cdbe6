#include <algorithm>
#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "../wire/endian.hpp"
#include "suspended.hpp"

/// How a stream reads frames and has them handled.
namespace netaio::net {

using Kind = core::Outcome::Kind;

namespace {

// Not even an exception may leave a pointer to a batch that is gone.
struct Batching {
    Batching(std::string*& at, std::string& out) noexcept : batch(at) { batch = &out; }
    ~Batching() { batch = nullptr; }
    Batching(const Batching&) = delete;
    Batching& operator=(const Batching&) = delete;

    std::string*& batch;
};

}  // namespace

bool Stream::may_read() const noexcept {
    return state_ == State::open && reading_wanted_ && !handling_ && !peer_finished_ &&
           queued_bytes() < loop_->limits().send_queue_max;
}

// Waiting without a buffer keeps idle connections small.
void Stream::input_came(boost::system::error_code error) {
    channel_->told_of_input();
    if (!error) {
        unread_ = true;
        read_on();
    }
}

void Stream::resume_reading() {
    if (unread_ && may_read()) {
        read_later();
    }
}

void Stream::read_later() {
    if (!std::exchange(reading_posted_, true)) {
        boost::asio::post(loop_->executor(), [stream = self()] {
            stream->reading_posted_ = false;
            stream->read_on();
        });
    }
}

// Reads once, so that others get their turn.
void Stream::read_on() {
    if (!input_.empty()) {
        process({});  // what a full queue held back goes first
    }
    if (!unread_ || !may_read()) {
        look_for_end();
        return;
    }
    std::span<char> arrived;
    boost::system::error_code error;
    const std::size_t count = read(loop_->read_buffer(), arrived, error);
    if (count > 0) {
        took_in(count);
        process(arrived);
    } else if (error) {
        input_ended(error);
    }
    resume_reading();
}

// Who reads nothing now hears of the end all the same, unless something unread lies before it.
void Stream::look_for_end() {
    if (state_ != State::open || reading_wanted_ || !unread_ || !input_.empty()) {
        return;
    }
    boost::system::error_code error;
    if (channel_->at_end(error)) {
        input_ended(error);
    } else if (would_block(error)) {
        unread_ = false;
    }
}

// What comes while nothing is to be read waits here, and so does an end behind it: read() will meet
// that again.
bool Stream::received(std::span<char> bytes, bool more, boost::system::error_code error) {
    if (state_ == State::closed) {
        return false;
    }
    if (error) {
        unread_ = !may_read() && !input_.empty();
        if (!unread_) {
            input_ended(error);
        }
        return false;
    }
    took_in(bytes.size());
    const bool paused = !may_read();
    if (paused || !input_.empty()) {
        input_.append(bytes.data(), bytes.size());
        bytes = {};
    }
    unread_ = more || paused;
    if (paused && frame_began_at_ == std::chrono::steady_clock::time_point()) {
        frame_began_at_ = active_at_;
    }
    if (!paused) {
        process(bytes);
        resume_reading();
    }
    return !unread_;
}

void Stream::took_in(std::size_t count) {
    active_at_ = loop_->now();
    loop_->tallies().bytes_in.add(count);
}

void Stream::input_ended(boost::system::error_code error) {
    if (error == boost::asio::error::eof) {
        peer_finished_ = true;
        requests_ ? void(abort(Errc::closed)) : drain();
    } else if (!would_block(error)) {
        abort(error);
    }
}

// The rest of an unfinished frame goes to where its beginning is kept, everything else to the
// loop's buffer.
std::size_t Stream::read(std::span<char> shared, std::span<char>& arrived,
                         boost::system::error_code& error) {
    if (input_.size() < FrameHeader::size) {
        const std::size_t head = input_.size();
        wire::put_bytes(shared.data(), input_);
        const std::array room{
            boost::asio::mutable_buffer(shared.data() + head, shared.size() - head)};
        const std::size_t count = channel_->read(room, unread_, error);
        if (count > 0) {
            input_.clear();
            arrived = shared.first(head + count);
        }
        return count;
    }
    const auto header =
        FrameHeader::read(std::span<const char, FrameHeader::size>(input_.data(), 9));
    const std::size_t had = input_.size();
    const std::size_t missing = header.frame_size() - had;
    // Memory follows what has come, not what a header promises.
    const std::size_t room = std::min(missing, std::max<std::size_t>(4096, had));
    input_.resize(had + room);
    const std::size_t beyond = room == missing ? shared.size() : 0;
    const std::array<boost::asio::mutable_buffer, 2> buffers{
        boost::asio::buffer(input_.data() + had, room), boost::asio::buffer(shared.data(), beyond)};
    const std::size_t count = channel_->read(buffers, unread_, error);
    input_.resize(had + std::min(count, room));
    arrived = shared.first(count - std::min(count, room));
    return count;
}

void Stream::process(std::span<char> arrived) {
    const auto keep_alive = self();
    settle_fan_out();  // before the replies that are collected from here on
    const bool was_empty = input_.empty();
    std::string out = loop_->take_batch();
    std::optional<Batching> batching(std::in_place, batch_, out);
    std::optional<Loop::Processing> processing(std::in_place, *loop_, *this);
    if (suspended_ && suspended_->ended) {
        const auto ended = std::exchange(suspended_, nullptr);
        loop_->remove_orphan(self());
        handling_ = false;
        settle(outcome_of(*ended, out), out);
    }
    if (!was_empty) {
        std::span<char> kept(input_.data() + input_at_, input_.size() - input_at_);
        input_at_ += process_frames(kept, out);
        if (input_at_ == input_.size()) {
            input_ = std::string();
            input_at_ = 0;
        }
    }
    if (input_.empty()) {
        arrived = arrived.subspan(process_frames(arrived, out));
    }
    if (!arrived.empty() && state_ == State::open) {
        input_.append(arrived.data(), arrived.size());
    }
    if (!handling_) {
        input_.erase(0, std::exchange(input_at_, 0));
    }
    if (!input_.empty() && frame_began_at_ == std::chrono::steady_clock::time_point()) {
        frame_began_at_ = active_at_;
    }
    processing.reset();
    batching.reset();
    emit(out);
    loop_->give_batch(std::move(out));
    finish_draining();
}

// Handles whole frames until there is none, a handler suspends, or the stream ends. Returns how
// many bytes that took.
std::size_t Stream::process_frames(std::span<char> bytes, std::string& out) {
    std::size_t used = 0;
    const std::size_t queue_max = loop_->limits().send_queue_max;
    while (state_ == State::open && !handling_ && queued_bytes() < queue_max) {
        auto frame = next_frame(bytes.subspan(used), loop_->node().types, loop_->node().limits);
        if (!frame) {
            auto& tallies = loop_->tallies();
            (frame.error() == Errc::too_large ? tallies.rejected_too_large
                                              : tallies.rejected_malformed)
                .add();
            settle(core::Outcome::fatal(frame.error()), out);
            break;
        }
        if (!*frame) {
            break;
        }
        used += (*frame)->header.frame_size();
        frame_began_at_ = {};
        auto outcome = loop_->dispatcher().receive(**frame, *this, out);
        if (stranger_ && !may_go_on(out)) [[unlikely]] {
            break;
        }
        // Almost always there is nothing to settle, and so no outcome to move.
        if (outcome.kind != Kind::done && !settle(std::move(outcome), out)) {
            break;
        }
        if (out.size() > std::min(flush_size, queue_max)) {
            emit(out);
            out.clear();
        }
    }
    return used;
}

// Judges a stranger by the message that was handled. Cold, as within the loop over frames it would
// cost everybody.
[[gnu::cold]] bool Stream::may_go_on(std::string& out) {
    if (loop_->dispatcher().accepted()) {
        stranger_ = false;
        if (const auto owner = owner_.lock()) {
            owner->became_known(*this);
        }
        return true;
    }
    const StreamLimits& limits = loop_->limits();
    if (failures_++ == 0) {
        failed_at_ = loop_->now();
    }
    const bool last = failures_ >= limits.stranger_failures_max;
    if (last || out.size() > limits.stranger_queue_max) {
        emit(out);
        out.clear();
    }
    if (is_stranger() && (last || queued_bytes() > limits.stranger_queue_max)) {
        close_stranger(last ? "it brought nothing valid" : "it takes no answers");
    }
    return state_ != State::closed;
}

// Does what is left of a frame's handling. Whether the next frame may follow.
bool Stream::settle(core::Outcome outcome, std::string& out) {
    switch (outcome.kind) {
        case Kind::done: return true;
        case Kind::suspended: return start_handler(std::move(outcome), out);
        case Kind::returned:
        case Kind::discarded:
            if (const auto owner = owner_.lock()) {
                owner->returned(*this, std::move(outcome));
            }
            return true;
        case Kind::fatal:
            loop_->node().log(LogLevel::warning,
                              "closed the connection: " + outcome.error->message(), remote_);
            emit(out);
            out.clear();
            abort(*outcome.error);
            return false;
    }
    return false;
}

bool Stream::start_handler(core::Outcome outcome, std::string& out) {
    auto suspended = std::make_shared<Suspended>(std::move(*outcome.route),
                                                 OwnedMessage::from(std::move(*outcome.message)));
    suspended_ = suspended;
    handling_ = true;
    const auto& handler = static_cast<const KeptTcpHandler&>(*suspended->route.handler);
    boost::asio::co_spawn(loop_->executor(), handler.start(suspended->message, *this),
                          boost::asio::bind_cancellation_slot(
                              suspended->cancel.slot(),
                              [stream = self(), suspended](std::exception_ptr failure,
                                                           std::optional<OwnedMessage> reply) {
                                  suspended->failure = std::move(failure);
                                  suspended->reply = std::move(reply);
                                  suspended->ended = true;
                                  if (!suspended->starting) {
                                      stream->handler_ended();
                                  }
                              }));
    has_started(loop_->executor(), suspended);
    if (!suspended->ended) {
        return false;
    }
    suspended_ = nullptr;
    loop_->remove_orphan(self());
    handling_ = false;
    return settle(outcome_of(*suspended, out), out);
}

void Stream::handler_ended() {
    if (batch_) {
        // It ended while frames of this very stream are processed: let that finish first.
        boost::asio::post(loop_->executor(), [stream = self()] { stream->handler_ended(); });
        return;
    }
    process({});
    resume_reading();
}

core::Outcome Stream::outcome_of(Suspended& suspended, std::string& out) {
    auto& dispatcher = loop_->dispatcher();
    const auto fail = [&](std::string_view what) {
        return dispatcher.fail(suspended.route, suspended.message, what, *this, out);
    };
    if (ended_cancelled(suspended, suspended.failure)) {
        return {};
    }
    try {
        if (!suspended.failure) {
            return dispatcher.finish(suspended.route, std::move(suspended.message),
                                     std::move(suspended.reply), *this, out);
        }
        try {
            std::rethrow_exception(suspended.failure);
        } catch (const std::exception& failure) {
            return fail(failure.what());
        } catch (...) {
            return fail("something that is no std::exception");
        }
    } catch (const std::exception& failure) {
        return dispatcher.broken(failure.what(), *this);
    }
}

}  // namespace netaio::net
