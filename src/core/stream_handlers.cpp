#include <algorithm>

#include "../wire/object_pool.hpp"
#include "../wire/request_id.hpp"
#include "callback.hpp"
#include "deferred.hpp"
#include "stream_handling.hpp"

/// How a stream has messages handled whose handlers suspend: of requests with an id, those for
/// different uris at the same time; everything else one after another (protocol.md §4).
namespace netaio::core {
namespace {

// What a thread keeps the memory of: as many as may be under way while much is asked at once.
constexpr std::size_t deferrals_kept = 1024;

}  // namespace

// Whether the handlers that run hold back whatever comes next.
bool Stream::hold_back() const noexcept {
    return barred_ || handlings_.size() >= hub_->limits().handlers_max ||
           !handlings_.front()->message.request_id();
}

bool Stream::is_handled(ByteView uri) const noexcept {
    return std::ranges::any_of(
        handlings_, [&](const auto& handling) { return handling->message.uri() == uri; });
}

Asker Stream::asks_for(ByteView key) const {
    return hub_->dispatcher().asks_for(
        key, handlings_, [this](const Source& from) { return &from == this; },
        [](const Handling&) { return true; });
}

void Stream::take_on(Outcome outcome, std::string& out) {
    const auto handling = std::make_shared<Handling>(
        ends_.remote, std::move(*outcome.route), OwnedMessage::from(std::move(*outcome.message)));
    const bool waits = must_wait(handling->message.uri());
    handlings_.push_back(handling);
    handlers_run_ = true;
    if (!waits) {
        begin(handling);
        settle_handlers(out);
    }
}

void Stream::deliver(OwnedMessage message, const Plugins& inner) {
    std::string out;
    serve([&] {
        settle(hub_->dispatcher().receive_within(std::move(message), inner, *this, out), out);
    });
}

void Stream::begin(const std::shared_ptr<Handling>& handling) {
    using enum Handling::Phase;
    handling->phase = starting;
    try {
        const Handler& handler = *handling->route.handler;
        if (handler.suspends()) {
            hub_->start(self(), handling);
        } else {
            handler_ended(*handling, handler.call(handling->message, *this), nullptr);
        }
    } catch (...) {
        handler_ended(*handling, std::nullopt, std::current_exception());
    }
    if (handling->phase == starting) {
        handling->phase = running;
    }
}

void Stream::handler_ended(Suspended& handler, std::optional<OwnedMessage> reply,
                           std::exception_ptr failure) {
    using enum Handling::Phase;
    auto& handling = static_cast<Handling&>(handler);
    handling.reply = std::move(reply);
    handling.failure = std::move(failure);
    const bool within_its_start = std::exchange(handling.phase, ended) == starting;
    const auto is_it = [&](const auto& each) { return each.get() == &handling; };
    if (within_its_start || std::ranges::none_of(handlings_, is_it)) {
        return;
    }
    serve([this] {
        if (batch_) {
            // It ended while frames of this very stream are processed: let that finish first.
            flush_later();
        } else {
            process({});
            resume();
        }
    });
}

bool Stream::any_ended() const noexcept {
    return std::ranges::any_of(
        handlings_, [](const auto& handling) { return handling->phase == Handling::Phase::ended; });
}

// Settles what handlers that ended led to, and begins what waited for them.
void Stream::settle_handlers(std::string& out) {
    using enum Handling::Phase;
    const auto next = [&] {
        return std::ranges::find(handlings_, ended, [](const auto& each) { return each->phase; });
    };
    for (auto at = next(); at != handlings_.end(); at = next()) {
        const auto done = *at;
        handlings_.erase(at);
        if (handlings_.empty()) {
            all_handled();
        }
        settle(hub_->dispatcher().ended(*done, std::move(done->reply), done->failure, *this, out),
               out);
        if (next_feed_) {
            begin_feed(out);
        } else if (out.size() > flush_size) {
            emit(out);
            out.clear();
        }
        const auto behind = std::ranges::find_if(handlings_, [&](const auto& each) {
            return each->message.uri() == done->message.uri();
        });
        if (behind != handlings_.end() && (*behind)->phase == waiting) {
            begin(std::shared_ptr(*behind));
        }
    }
}

void Stream::all_handled() noexcept {
    handlers_run_ = false;
    barred_ = false;
    hub_->remove_orphan(self());
}

class Stream::Deferral final : public Deferred {
public:
    Deferral(boost::local_shared_ptr<Stream*> stream, const Plugins& inner, const Message& message)
        : Deferred(inner, message), stream_(std::move(stream)) {}
    ~Deferral() override { go(); }

    static void* operator new(std::size_t) { return Memory().allocate(1); }
    static void operator delete(void* memory) noexcept {
        Memory().deallocate(static_cast<Deferral*>(memory), 1);
    }

private:
    using Memory = wire::PooledAllocator<Deferral, deferrals_kept>;

    void deliver(std::optional<OwnedMessage>&& reply, const std::exception_ptr& failure) override {
        if (Stream* const stream = *stream_) {
            stream->serve([&] { stream->answered(*this, std::move(reply), failure); });
        }
    }
    void deliver_view(Message& reply) override {
        if (Stream* const stream = *stream_) {
            stream->serve([&] { stream->answered(*this, reply); });
        }
    }
    bool may_deliver_frame(MessageType type) const override {
        return *stream_ && (*stream_)->answers_bare(*this, type);
    }
    void deliver_frame(const Frame& reply) override {
        Stream& stream = **stream_;
        stream.serve([&] { stream.answered(*this, reply); });
    }
    bool is_there() const noexcept override {
        return *stream_ && (*stream_)->state_ != State::closed;
    }

    const boost::local_shared_ptr<Stream*> stream_;
};

boost::intrusive_ptr<Deferred> Stream::defer() {
    if (!here_) {
        here_ = boost::make_local_shared<Stream*>(this);
    }
    const auto& hand = hub_->dispatcher().in_hand();
    boost::intrusive_ptr<Deferred> deferral(new Deferral(here_, hand.route->inner, *hand.message));
    ++deferred_;
    return deferral;
}

void Stream::answered(Deferred& deferred, std::optional<OwnedMessage>&& reply,
                      const std::exception_ptr& failure) {
    const auto keep_alive = self();
    const bool held_back_by_it = deferred_-- >= hub_->limits().handlers_max;
    if (state_ == State::closed) {
        return;
    }
    settle_fan_out();
    Suspended question = deferred.question(ends_.remote);
    auto& dispatcher = hub_->dispatcher();
    if (batch_) {
        dispatcher.ended(question, std::move(reply), failure, *this, *batch_);
        appended();
    } else {
        std::string out = hub_->take_batch();
        dispatcher.ended(question, std::move(reply), failure, *this, out);
        if (queues()) {
            emit(out);
        } else if (state_ != State::closed) {
            out_.append(out);
            appended();
        }
        hub_->give_batch(std::move(out));
    }
    if (held_back_by_it) {
        go_on_later();
    } else if (state_ == State::draining) {
        flush_later();
    }
}

// Whether a reply of this type needs no layer, nor anything else but to go.
bool Stream::answers_bare(const Deferred& deferred, MessageType type) const {
    return sends_bare() && deferred.inner_is_bare() && !expects_fan_out_ &&
           state_ != State::closed && deferred_ < hub_->limits().handlers_max &&
           hub_->node().types.contains(type);
}

void Stream::answered(Deferred& deferred, const Frame& reply) {
    --deferred_;
    wire::append_frame_with_id(reply, *deferred.request_id(), output());
    hub_->tallies().frames_out.add();
    appended();
}

void Stream::answered(Deferred& deferred, Message& reply) {
    if (!answers_bare(deferred, reply.type())) {
        answered(deferred, reply.own(), nullptr);
        return;
    }
    --deferred_;
    if (encode_message(reply, output(), deferred.request_id())) [[unlikely]] {
        ++deferred_;
        answered(deferred, reply.own(), nullptr);  // fails again, which is told
        return;
    }
    hub_->tallies().frames_out.add();
    appended();
}

void Stream::go_on_later() {
    if (state_ != State::closed) {
        goes_on_ = true;
        flush_later();
    }
}

void Stream::gone() {
    gone_ = true;
    go_on_later();
}

void Stream::read_on() {
    paused_ = false;
    go_on_later();
}

void Stream::cancel_handlers() noexcept {
    // From the last on, as one may end by that, and go.
    for (std::size_t i = handlings_.size(); i-- > 0;) {
        const auto handling = i < handlings_.size() ? handlings_[i] : nullptr;
        if (handling && handling->running && handling->phase != Handling::Phase::ended) {
            attempt(hub_->node().environment.log, "a handler cannot be cancelled",
                    [&] { handling->running->cancel(); });
        }
    }
}

void Stream::drop_handlers() noexcept {
    const auto dropped = std::exchange(handlings_, {});
    handlers_run_ = false;
}

}  // namespace netaio::core
