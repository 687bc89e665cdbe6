#include "stream.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "core/layers.hpp"

namespace netaio::net {
namespace {

using Kind = core::Outcome::Kind;

std::uint64_t next_id() {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

template <class Endpoint>
Address address_or_none(const Endpoint& endpoint, const boost::system::error_code& error) {
    return error ? Address() : to_address(endpoint);
}

}  // namespace

// A handler in the middle of its work, and the message it works on.
struct Stream::Suspended {
    Suspended(core::Route taken, OwnedMessage owned)
        : route(std::move(taken)), message(std::move(owned)) {}

    core::Route route;
    OwnedMessage message;
    std::optional<OwnedMessage> reply = std::nullopt;
    std::exception_ptr failure = nullptr;
    bool starting = true;
    bool ended = false;
    boost::asio::cancellation_signal cancel = {};
};

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

bool Stream::may_read() const noexcept {
    return state_ == State::open && reading_wanted_ && !handling_ && !peer_finished_ &&
           queued_bytes() < loop_->limits().send_queue_max;
}

// Waiting without a buffer keeps idle connections small.
void Stream::wait_readable() {
    if (waiting_readable_ || !may_read()) {
        return;
    }
    waiting_readable_ = true;
    socket_.async_wait(boost::asio::socket_base::wait_read,
                       [stream = self()](boost::system::error_code error) {
                           stream->waiting_readable_ = false;
                           if (!error) {
                               stream->on_readable();
                           }
                       });
}

void Stream::on_readable() {
    if (!may_read()) {
        return;
    }
    std::span<char> arrived;
    boost::system::error_code error;
    const std::size_t count = read(loop_->read_buffer(), arrived, error);
    if (count > 0) {
        active_at_ = loop_->now();
        loop_->tallies().bytes_in.add(count);
        process(arrived);
    } else if (error == boost::asio::error::eof) {
        peer_finished_ = true;
        requests_ ? void(abort(Errc::closed)) : drain();
    } else if (error && error != boost::asio::error::would_block &&
               error != boost::asio::error::try_again) {
        abort(error);
    }
    wait_readable();
}

// Reads once: the rest of an unfinished frame to where its beginning is kept, everything else to the
// loop's buffer.
std::size_t Stream::read(std::span<char> shared, std::span<char>& arrived,
                         boost::system::error_code& error) {
    if (input_.size() < FrameHeader::size) {
        const std::size_t head = input_.size();
        std::ranges::copy(input_, shared.begin());
        const std::size_t count = socket_.read_some(
            boost::asio::buffer(shared.data() + head, shared.size() - head), error);
        if (count > 0) {
            input_.clear();
            arrived = shared.first(head + count);
        }
        return count;
    }
    const auto header = FrameHeader::read(std::span<const char, FrameHeader::size>(input_.data(), 9));
    const std::size_t had = input_.size();
    const std::size_t missing = header.frame_size() - had;
    // Memory follows what has come, not what a header promises.
    const std::size_t room = std::min(missing, std::max<std::size_t>(4096, had));
    input_.resize(had + room);
    const std::array<boost::asio::mutable_buffer, 2> buffers{
        boost::asio::buffer(input_.data() + had, room),
        boost::asio::buffer(shared.data(), room == missing ? shared.size() : 0)};
    const std::size_t count = socket_.read_some(buffers, error);
    input_.resize(had + std::min(count, room));
    arrived = shared.first(count - std::min(count, room));
    return count;
}

void Stream::process(std::span<char> arrived) {
    const auto keep_alive = self();
    const bool was_empty = input_.empty();
    std::string out = loop_->take_batch();
    batch_ = &out;
    if (suspended_ && suspended_->ended) {
        const auto ended = std::exchange(suspended_, nullptr);
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
    batch_ = nullptr;
    emit(out);
    loop_->give_batch(std::move(out));
    finish_draining();
}

// Handles whole frames until there is none, a handler suspends, or the stream ends. Returns how many
// bytes that took.
std::size_t Stream::process_frames(std::span<char> bytes, std::string& out) {
    std::size_t used = 0;
    while (state_ == State::open && !handling_) {
        auto frame = next_frame(bytes.subspan(used), loop_->node().types, loop_->node().limits);
        if (!frame) {
            auto& tallies = loop_->tallies();
            (frame.error() == Errc::too_large ? tallies.rejected_too_large : tallies.rejected_malformed)
                .add();
            settle({.kind = Kind::fatal, .error = frame.error()}, out);
            break;
        }
        if (!*frame) {
            break;
        }
        used += (*frame)->header.frame_size();
        frame_began_at_ = {};
        if (!settle(loop_->dispatcher().receive(**frame, *this, out), out)) {
            break;
        }
        if (out.size() > flush_size) {
            emit(out);
            out.clear();
        }
    }
    return used;
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
            loop_->node().log(LogLevel::warning, "closed the connection: " + outcome.error.message(),
                              remote_);
            emit(out);
            out.clear();
            abort(outcome.error);
            return false;
    }
    return false;
}

bool Stream::start_handler(core::Outcome outcome, std::string& out) {
    auto suspended = std::make_shared<Suspended>(std::move(outcome.route),
                                                 OwnedMessage::from(std::move(*outcome.message)));
    suspended_ = suspended;
    handling_ = true;
    const auto& handler = static_cast<const KeptTcpHandler&>(*suspended->route.handler);
    boost::asio::co_spawn(
        loop_->executor(), handler.start(suspended->message, *this),
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
    suspended->starting = false;
    if (!suspended->ended) {
        return false;
    }
    suspended_ = nullptr;
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
    wait_readable();
}

core::Outcome Stream::outcome_of(Suspended& suspended, std::string& out) {
    auto& dispatcher = loop_->dispatcher();
    const auto fail = [&](std::string_view what) {
        return dispatcher.fail(suspended.route, suspended.message, what, *this, out);
    };
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
}

std::error_code Stream::send(const Message& message, const SendOptions& options) {
    const Plugins& own = loop_->node().outer;
    return append(message.own(), options.plugins,
                  {options.use_auth ? own.auth : nullptr, options.use_cipher ? own.cipher : nullptr});
}

void Stream::push(OwnedMessage message, const Plugins& inner) {
    if (const auto error = append(std::move(message), inner, loop_->node().outer)) {
        loop_->node().log(LogLevel::warning, "a message was not sent: " + error.message(), remote_);
    }
}

// Protects and encodes a message, straight to where it is written from unless the receiver is slow.
std::error_code Stream::append(OwnedMessage message, const Plugins& inner, const Plugins& outer) {
    if (state_ == State::closed) {
        return Errc::closed;
    }
    const auto peer = loop_->node().peer_at(remote_);
    auto& dispatcher = loop_->dispatcher();
    if (waiting_writable_) {
        auto frame = std::make_shared<std::string>();
        const auto error = dispatcher.send(std::move(message), inner, outer, peer.get(), *frame);
        return error ? error : push(frame);
    }
    std::string& target = batch_ ? *batch_ : out_;
    const auto error = dispatcher.send(std::move(message), inner, outer, peer.get(), target);
    if (!error) {
        appended();
    }
    return error;
}

std::error_code Stream::push(const SharedFrame& frame) {
    if (state_ == State::closed) {
        return Errc::closed;
    }
    if (waiting_writable_) {
        if (const auto error = make_room(frame->size())) {
            return error;
        }
        queue_.push_back({frame, true});
        queue_bytes_ += frame->size();
        return {};
    }
    (batch_ ? *batch_ : out_).append(*frame);
    appended();
    return {};
}

// Sees to it that what was appended is written: with the batch, at the end of this turn of the loop,
// or at once when it is much.
void Stream::appended() {
    if (batch_) {
        if (batch_->size() > flush_size) {
            emit(*batch_);
            batch_->clear();
        }
        return;
    }
    if (out_.size() - sent_ > std::min(flush_size, loop_->limits().send_queue_max)) {
        flush();
    } else if (!flush_pending_) {
        flush_pending_ = true;
        loop_->flush_later(self());
    }
}

std::error_code Stream::make_room(std::size_t size) {
    const StreamLimits& limits = loop_->limits();
    const auto fits = [&] { return queued_bytes() + size <= limits.send_queue_max; };
    if (fits()) {
        return {};
    }
    if (limits.slow_receiver == SlowReceiver::disconnect) {
        loop_->node().log(LogLevel::warning, "disconnected a slow receiver", remote_);
        loop_->tallies().closed_slow_reader.add();
        abort(Errc::queue_full);
        return Errc::queue_full;
    }
    if (limits.slow_receiver == SlowReceiver::drop_oldest) {
        for (auto entry = queue_.begin(); entry != queue_.end() && !fits();) {
            if (entry->pushed) {
                queue_bytes_ -= entry->frame->size();
                loop_->tallies().dropped_oldest.add();
                entry = queue_.erase(entry);
            } else {
                ++entry;
            }
        }
        if (fits()) {
            return {};
        }
    }
    loop_->tallies().dropped_newest.add();
    return Errc::queue_full;
}

// Sends the output of a batch, or queues what the receiver does not take yet.
void Stream::emit(std::string& out) {
    if (state_ == State::closed || out.empty()) {
        return;
    }
    if (!waiting_writable_ && out_.empty()) {
        std::size_t written = 0;
        if (write(out, written) && written < out.size()) {
            out_.assign(out, written);
            wait_writable();
        }
    } else if (queue_.empty()) {
        out_.append(out);
        flush();
    } else {
        queue_bytes_ += out.size();
        queue_.push_back({std::make_shared<const std::string>(out), false});
    }
}

// Writes until everything or nothing more is taken. False when the stream ended over it.
bool Stream::write(ByteView bytes, std::size_t& written) {
    while (written < bytes.size()) {
        boost::system::error_code error;
        const std::size_t count = socket_.write_some(
            boost::asio::buffer(bytes.data() + written, bytes.size() - written), error);
        written += count;
        loop_->tallies().bytes_out.add(count);
        if (error == boost::asio::error::would_block || error == boost::asio::error::try_again) {
            return true;
        }
        if (error) {
            abort(error);
            return false;
        }
    }
    return true;
}

void Stream::flush() {
    flush_pending_ = false;
    if (state_ == State::closed || waiting_writable_) {
        return;
    }
    while (sent_ < out_.size()) {
        if (!write(out_, sent_)) {
            return;
        }
        if (sent_ < out_.size()) {
            wait_writable();
            return;
        }
        refill();
    }
    finish_draining();
}

// All of out_ was taken: go on with what queued up behind it.
void Stream::refill() {
    out_.clear();
    sent_ = 0;
    while (!queue_.empty() && out_.size() < flush_size) {
        out_.append(*queue_.front().frame);
        queue_bytes_ -= queue_.front().frame->size();
        queue_.pop_front();
    }
    if (out_.empty() && out_.capacity() > out_keep_max) {
        out_ = std::string();
    }
}

void Stream::wait_writable() {
    waiting_writable_ = true;
    blocked_at_ = loop_->now();
    socket_.async_wait(boost::asio::socket_base::wait_write,
                       [stream = self()](boost::system::error_code error) {
                           stream->waiting_writable_ = false;
                           if (!error) {
                               stream->flush();
                               stream->wait_readable();
                           }
                       });
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
