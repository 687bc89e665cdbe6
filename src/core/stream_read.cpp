#include <algorithm>

#include "../wire/endian.hpp"
#include "stream.hpp"

/// How a stream reads frames and has them handled.
namespace netaio::core {

using Kind = Outcome::Kind;

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

bool Stream::takes_input() const noexcept {
    return reads() && reading_wanted_ && !held_back() && !peer_finished_ && !is_full();
}

bool Stream::listens_for_end() const noexcept {
    return state_ == State::open && !reading_wanted_ && input_.empty();
}

void Stream::resume() {
    if (takes_input()) {
        carrier_->resume();
    }
}

void Stream::proceed() {
    if (!input_.empty()) {
        process({});
    }
}

void Stream::took_in(std::size_t count) {
    active_at_ = hub_->now();
    hub_->tallies().bytes_in.add(count);
}

void Stream::received(std::span<char> bytes) {
    if (state_ == State::closed) {
        return;
    }
    took_in(bytes.size());
    const bool paused = !takes_input();
    if (paused || !input_.empty()) {
        input_.append(bytes.data(), bytes.size());
        bytes = {};
    }
    if (!paused) {
        process(bytes);
    } else if (frame_began_at_ == TimePoint()) {
        frame_began_at_ = active_at_;
    }
}

void Stream::ended(std::error_code why) {
    if (why || requests_ || !hub_->limits().half_close) {
        abort(why ? why : make_error_code(Errc::closed));
    } else {
        peer_finished_ = true;
        drain();
    }
}

// The rest of an unfinished frame goes to where its beginning is kept, everything else to the
// shared buffer.
Stream::Room Stream::room(std::span<char> shared) {
    const std::size_t had = input_.size();
    if (had < FrameHeader::size) {
        wire::put_bytes(shared.data(), input_);
        return {{shared.subspan(had), {}}, had};
    }
    const auto header = FrameHeader::read(
        std::span<const char, FrameHeader::size>(input_.data(), FrameHeader::size));
    const std::size_t missing = header.frame_size() - had;
    // Memory follows what has come, not what a header promises.
    const std::size_t room = std::min(missing, std::max<std::size_t>(4096, had));
    input_.resize(had + room);
    return {{std::span(input_).subspan(had), room == missing ? shared : shared.first(0)}, had};
}

void Stream::took(const Room& room, std::size_t count) {
    std::span<char> arrived;
    if (room.kept < FrameHeader::size) {
        if (count > 0) {
            input_.clear();
            arrived = {room.parts[0].data() - room.kept, room.kept + count};
        }
    } else {
        const std::size_t first = std::min(count, room.parts[0].size());
        input_.resize(room.kept + first);
        arrived = room.parts[1].first(count - first);
    }
    if (count > 0) {
        took_in(count);
        process(arrived);
    }
}

void Stream::process(std::span<char> arrived) {
    const auto keep_alive = self();
    settle_fan_out();  // before the replies that are collected from here on
    const bool was_empty = input_.empty();
    std::string out = hub_->take_batch();
    std::optional<Batching> batching(std::in_place, batch_, out);
    std::optional<Hub::Processing> processing(std::in_place, *hub_, *this);
    if (handlers_run_) [[unlikely]] {
        settle_handlers(out);
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
    if (!arrived.empty() && reads()) {
        input_.append(arrived.data(), arrived.size());
    }
    if (!held_back()) {
        input_.erase(0, std::exchange(input_at_, 0));
    }
    if (!input_.empty() && frame_began_at_ == TimePoint()) {
        frame_began_at_ = active_at_;
    }
    processing.reset();
    batching.reset();
    emit(out);
    hub_->give_batch(std::move(out));
    finish_draining();
}

// Handles whole frames until there is none, handlers hold back the next, or the stream ends.
// Returns how many bytes that took.
std::size_t Stream::process_frames(std::span<char> bytes, std::string& out) {
    std::size_t used = 0;
    const std::size_t queue_max = hub_->limits().send_queue_max;
    while (reads() && !held_back() && !is_full()) {
        std::size_t size = 0;
        auto frame = sealing_
                         ? next_sealed(bytes.subspan(used), size)
                         : next_frame(bytes.subspan(used), hub_->node().types, hub_->node().limits);
        // What cannot be opened ends it, whatever else there is to wait for.
        if (handlers_run_ && (frame ? *frame && !(*frame)->request_id() : !sealing_)) [[unlikely]] {
            barred_ = true;
            break;
        }
        if (!frame) {
            auto& tallies = hub_->tallies();
            (frame.error() == Errc::too_large ? tallies.rejected_too_large
                                              : tallies.rejected_malformed)
                .add();
            settle(Outcome::fatal(frame.error()), out);
            break;
        }
        if (!*frame) {
            if (size == 0) {
                break;
            }
            used += size;  // it was for the session
            if (stranger_ && !may_go_on(out)) {
                break;
            }
            continue;
        }
        used += sealing_ ? took_sealed(size) : (*frame)->header.frame_size();
        frame_began_at_ = {};
        if (state_ == State::draining && !may_answer(**frame)) [[unlikely]] {
            continue;
        }
        auto outcome = passed_ && pass_back_as_it_is(**frame)
                           ? Outcome()
                           : hub_->dispatcher().receive(**frame, *this, out);
        says_first_ = false;
        if (stranger_ && !may_go_on(out)) [[unlikely]] {
            break;
        }
        if (handshaking_) [[unlikely]] {
            go_on_with_handshake();
        }
        // Almost always there is nothing to settle, and so no outcome to move.
        if (outcome.kind != Kind::done && !settle(std::move(outcome), out)) {
            break;
        }
        if (next_feed_) [[unlikely]] {
            begin_feed(out);
        } else if (out.size() > std::min(flush_size, queue_max)) {
            emit(out);
            out.clear();
        }
    }
    return used;
}

// Whether it may be what a stream waits for that drains.
[[gnu::cold]] bool Stream::may_answer(const Frame& frame) const noexcept {
    const auto id = frame.request_id();
    return id && PassedOn::is_one(*id);
}

// Judges a stranger by the message that was handled. Cold, as within the loop over frames it would
// cost everybody.
[[gnu::cold]] bool Stream::may_go_on(std::string& out) {
    // Plugins may have been replaced since it came: without auth nobody is a stranger.
    const bool proved = session_required_
                            ? is_heard_sealed()
                            : hub_->dispatcher().accepted() || !hub_->dispatcher().outer()->auth;
    if (proved) {
        stranger_ = false;
        if (const auto owner = owner_.lock()) {
            owner->became_known(*this);
        }
        return true;
    }
    const StreamLimits& limits = hub_->limits();
    if (failures_++ == 0) {
        failed_at_ = hub_->now();
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
bool Stream::settle(Outcome outcome, std::string& out) {
    switch (outcome.kind) {
        case Kind::done: return true;
        case Kind::suspended: take_on(std::move(outcome), out); return true;
        case Kind::returned:
        case Kind::discarded:
            if (const auto owner = owner_.lock()) {
                owner->returned(*this, std::move(outcome));
            }
            return true;
        case Kind::fatal:
            hub_->node().log(LogLevel::warning,
                             "closed the connection: " + outcome.error->message(), ends_.remote);
            emit(out);
            out.clear();
            abort(*outcome.error);
            return false;
    }
    return false;
}

}  // namespace netaio::core
