#pragma once

#include <array>
#include <list>
#include <netaio/added_field.hpp>
#include <span>

#include "carrier.hpp"
#include "hub.hpp"
#include "passed_on.hpp"
#include "sealing.hpp"

namespace netaio::core {

/// Both ends of a connection, as its transport knows them.
struct Ends {
    Address remote;
    Address local;
    std::optional<Credentials> credentials = std::nullopt;  // of the remote one
};

/// What owns a stream and hears of what a client does with messages, and of its end.
class StreamOwner {
public:
    virtual ~StreamOwner() = default;
    /// A client received a message that no request waited for.
    virtual void returned(Stream& stream, Outcome outcome) = 0;
    /// The server of a client has ended a subscription, by this message.
    virtual void subscription_ended(Stream&, const Message&) {}
    /// A stranger brought a message that the node's auth plugin accepted.
    virtual void became_known(Stream&) {}
    /// The stream is closed; no error when this side meant it.
    virtual void closed(Stream& stream, std::error_code why) = 0;
};

/// One connection at either end, but for what carries its bytes: reads frames and has them handled
/// one after another, or, where handlers suspend and requests say by their ids that their answers
/// may come in any order, several at once; collects what goes out and gives it to the carrier once
/// for each batch. An idle one holds no buffers. Belongs to its hub's thread.
class Stream final : public Connection,
                     public Source,
                     public Receiver,
                     public std::enable_shared_from_this<Stream> {
public:
    using TimePoint = Hub::TimePoint;

    Stream(Ends ends, std::shared_ptr<Hub> hub, std::weak_ptr<StreamOwner> owner);
    ~Stream() override;

    /// Begins to serve. The owner is told of the end, be it that not even the beginning finds
    /// memory.
    void start(std::unique_ptr<Carrier> carrier) noexcept;

    // What the carrier calls.

    /// Whether it takes input: not while handlers hold that back, the receiver is slow, or nobody
    /// wants it.
    bool takes_input() const noexcept;
    /// Whether it takes none, but hears of the end all the same: nothing unread lies before that.
    bool listens_for_end() const noexcept;
    /// Whether it takes none until answers come that are given later, which nobody needs where the
    /// other end has gone: then gone() lets it read on, to the end.
    bool waits_for_answers() const noexcept {
        return state_ == State::open && !gone_ && deferred_ >= hub_->limits().handlers_max;
    }
    void gone();
    /// Whether what came already waits here, so that an end behind it has to wait, too.
    bool holds_back() const noexcept { return !takes_input() && !input_.empty(); }
    /// Where input is best read to.
    struct Room {
        std::array<std::span<char>, 2> parts;
        std::size_t kept = 0;  // bytes that were there before
    };
    /// `shared` is a buffer of at least a frame header's size that nobody uses until took().
    Room room(std::span<char> shared);
    /// So many bytes came into the room, maybe none.
    void took(const Room& room, std::size_t count);
    /// Bytes came that are changed in place and gone after the call. What is not taken is kept.
    void received(std::span<char> bytes);
    /// Handles what a full queue held back.
    void proceed();
    /// No more will come: no error when the other end said so itself.
    void ended(std::error_code why);
    /// The carrier takes bytes again; with an error, never.
    void writable(std::error_code error);
    /// The carrier could not pass on what it took.
    void blocked();

    /// Does what serves the connection. One that cannot be served, as where there is no memory, is
    /// closed, and counted.
    template <class Work>
    void serve(Work&& work) noexcept {
        try {
            work();
        } catch (...) {
            cannot_serve();
        }
    }

    // What a loop and a node call.

    /// Has a message handled that came within an answer.
    void deliver(OwnedMessage message, const Plugins& inner);
    /// As whom it asks for the key just now, by a SUBSCRIBE_URI that is handled; by_program() when
    /// none is.
    Asker asks_for(ByteView key) const;
    /// Whether it reads: always at a server, on demand at a client.
    void set_reading(bool wanted);
    /// Protects, encodes and adds a message, with its id if it is a request; for whom, unless that
    /// is who spoke last.
    std::error_code append(OwnedMessage message, const Plugins& inner, const Plugins& outer,
                           std::optional<RequestId> id = {}, const Vouched* as = nullptr);
    /// Takes no new frames, finishes what was begun, then closes.
    void drain();
    /// Closes at once. Returns the bytes that were not sent.
    std::size_t abort(std::error_code why) noexcept;
    /// Whether something is still to be sent.
    bool has_unsent() const noexcept { return queued_bytes() > 0 || feeding_; }
    /// Whether handlers that run keep it from reading.
    bool held_back() const noexcept {
        return paused_ || (handlers_run_ && hold_back()) || (deferred_ > 0 && waits_for_answers());
    }
    /// When bytes came for the last time, or it began.
    TimePoint heard_at() const noexcept { return active_at_; }
    /// Whether messages wait for plugins.
    bool waits_for_work() const noexcept { return works_ > 0; }
    /// Whether handlers run, something is to be sent, or what was passed on is to be answered.
    bool busy() const noexcept {
        return handlers_run_ || deferred_ > 0 || has_unsent() || awaits_answers();
    }
    /// Has these values follow the next reply, each as NOTIFY_URI and no faster than the receiver
    /// takes them, before anything else. Nothing more is read meanwhile. Whether there is room.
    /// Rules are asked about each as it goes, as whoever subscribed, for whom it is sealed.
    bool present(ByteView prefix, const Asker& as, PresentValues::Snapshot values,
                 const SendOptions& options);
    /// Has no more of the values follow that a subscription to this prefix began with; without, of
    /// any.
    void end_feeds(std::optional<ByteView> prefix = {}) noexcept;
    /// A present value is another now, or none: what is still to follow of the old one counts in
    /// the send queue, and is left out where that has no room.
    void value_replaced(ByteView uri);
    /// Writes what waits.
    void flush();
    /// Does what was left for the end of a turn. Called by the hub.
    void turn();
    /// Closes when a time limit has passed. Called by the hub.
    void check_limits(TimePoint now);

    /// Whether it is a server's, open, and has not brought a message yet that the node's auth
    /// plugin accepted.
    bool is_stranger() const noexcept { return stranger_ && state_ != State::closed; }
    void close_stranger(std::string_view why);

    /// The handler that was started has ended: with a reply or none, or with what it threw.
    void handler_ended(Suspended& handler, std::optional<OwnedMessage> reply,
                       std::exception_ptr failure);
    /// Cancels the handlers that run.
    void cancel_handlers() noexcept;
    /// Lets go of the handlers that run, which end with their context.
    void drop_handlers() noexcept;

    /// Requests of a client wait here; null at a server.
    RequestTable* requests() noexcept override { return requests_.get(); }
    void enable_requests(std::size_t in_flight_max);
    /// Gives up those whose deadline has passed. Called by the hub.
    void expire_requests(TimePoint now);
    /// Has that done in time; to be called when one was added.
    void watch_deadlines();
    /// Ends the requests that wait.
    void end_requests(std::error_code why) noexcept;

    /// Seals from now on, after what was appended so far, and opens what comes: at once, or from
    /// the first sealed frame on.
    /// Whether the other end has proved yet that it has the key, and the secret, says the last one.
    void begin_session(Agreed agreed, SessionSecret secret, bool heard, bool proved);
    /// Takes nothing without a session but answers from now on.
    void require_session() noexcept { session_required_ = true; }
    /// The same from the first sealed frame on, when what was appended so far has left the queue.
    void begin_session_when_sent(Agreed agreed, SessionSecret secret);
    /// Shows the other end at once that this one has its key, as a question alone does not where it
    /// was the first.
    void confirm_session();
    /// Whether a sealed frame came.
    bool is_heard_sealed() const noexcept { return sealing_ && sealing_->heard; }
    /// Ends the connection if its session was made from secrets that the node has no more.
    void close_with_other_secrets();

    Hub& hub() noexcept { return *hub_; }
    std::shared_ptr<Stream> self() { return shared_from_this(); }

    void expect_fan_out() noexcept override { expects_fan_out_ = true; }
    bool expects_fan_out() const noexcept { return expects_fan_out_; }
    std::size_t take_fan_out(ByteView bytes, std::span<const SharedFrame> frames,
                             bool at_once) noexcept override;
    void give(const Message& message, const SendOptions& options, const Vouched* as) override;

    const Vouched* vouched() const override { return &vouched_; }
    Vouched* note_vouched() override { return &vouched_; }
    const Address& remote() const noexcept override { return ends_.remote; }
    const Address& local() const noexcept override { return ends_.local; }
    const std::optional<Credentials>& credentials() const noexcept override {
        return ends_.credentials;
    }
    std::uint64_t id() const noexcept override { return id_; }
    bool open() const noexcept override { return state_ == State::open; }
    std::error_code send(const Message& message, const SendOptions& options) override;
    std::size_t queued_bytes() const noexcept override {
        return out_.size() - sent_ + queue_bytes_ + (is_blocked() ? sealing_->rest->size() : 0) +
               carrier_->unsent();
    }
    void close() override;
    bool sealed() const noexcept override { return sealed_; }
    std::size_t sealed_frame_max() const noexcept override { return Session::frame_max; }
    const Identities* sealed_by() const noexcept override {
        return sealing_ ? &sealing_->secrets_of : nullptr;
    }
    std::optional<OwnedMessage> shake_hands(const Message& asked) override;
    std::shared_ptr<Connection> shared() override { return shared_from_this(); }
    void push(OwnedMessage message, const Plugins& inner) override;
    // What agrees on a session is the last that goes without.
    bool may_wait() const noexcept override {
        return hub_->mailbox() && !(handshaking_ && handshaking_->agreed);
    }
    std::error_code hold(std::unique_ptr<Unsealed>&& reply, std::string& out) override;
    bool retry(RequestId request) override;
    void subscription_ended(const Message& message) override;
    boost::intrusive_ptr<Deferred> defer() override;
    /// Passes a message on, with one more auth field; what comes back without it is given to who
    /// waits for an answer. On an error that still waits.
    std::error_code pass_on(const Message& message, const AddedField& field,
                            std::chrono::milliseconds timeout, Answer& answer);
    bool pass_back(Message& message) override;
    void pause() override { paused_ = true; }
    void read_on() override;

private:
    // How much output is collected before it is written, and how much room for it is kept.
    static constexpr std::size_t flush_size = 256 * 1024;
    static constexpr std::size_t out_keep_max = 16 * 1024;
    // Messages of handshakes on one connection: one with a key that proves wrong, and one of two.
    static constexpr unsigned handshakes_max = 4;
    // After so long without a message, a session keeps no more than it must.
    static constexpr std::chrono::seconds session_rests{10};

    enum class State { open, draining, closed };

    struct Feed;
    struct Held;
    struct Queued {
        SharedFrame frame;
        bool pushed;                           // may be dropped
        std::shared_ptr<Feed> feed = nullptr;  // instead of a frame
        std::shared_ptr<Held> held = nullptr;  // waited for a plugin, or still does without a frame
    };
    using Queue = std::list<Queued>;
    struct Handling;
    class Deferral;

    void cannot_serve() noexcept;

    // Reading.
    bool awaits_answers() const noexcept { return passed_ && !passed_->empty() && !peer_finished_; }
    bool reads() const noexcept {
        return state_ == State::open || (state_ == State::draining && awaits_answers());
    }
    void took_in(std::size_t count);
    void resume();
    void process(std::span<char> arrived);
    std::size_t process_frames(std::span<char> bytes, std::string& out);
    bool settle(Outcome outcome, std::string& out);
    bool may_go_on(std::string& out);
    bool may_answer(const Frame& frame) const noexcept;

    // Handlers that suspend.
    bool is_handled(ByteView uri) const noexcept override;
    bool hold_back() const noexcept;
    void take_on(Outcome outcome, std::string& out);
    void begin(const std::shared_ptr<Handling>& handling);
    bool any_ended() const noexcept;
    void settle_handlers(std::string& out);
    void all_handled() noexcept;
    bool answers_bare(const Deferred& deferred, MessageType type) const;
    void answered(Deferred& deferred, const Frame& reply);
    void answered(Deferred& deferred, Message& reply);
    void answered(Deferred& deferred, std::optional<OwnedMessage>&& reply,
                  const std::exception_ptr& failure);
    void go_on_later();

    // Passing on, and back.
    std::error_code append_bare(const Message& message, const AddedField& field, RequestId id);
    std::error_code append_copy(const Message& message, const AddedField& field, RequestId id);
    bool pass_back_as_it_is(const Frame& frame);
    bool may_go_as_it_is(const Frame& frame) noexcept;
    void expire_passed(TimePoint now);
    void end_passed() noexcept;

    // Writing.
    bool is_full() const noexcept {
        return queued_bytes() >= hub_->limits().send_queue_max || feeding_;
    }
    bool queues() const noexcept { return waiting_writable_ || feeding_ || holding_; }
    // Whether what needs no layer of a handler needs none at all, and goes now.
    bool sends_bare() const { return !sealed_ && hub_->dispatcher().outer_is_bare() && !queues(); }
    // Where that goes.
    std::string& output() noexcept { return batch_ ? *batch_ : out_; }
    void begin_feed(std::string& out);
    bool refill_from(const std::shared_ptr<Feed>& feed);
    void log_unsent(std::error_code error);
    void settle_fan_out();
    std::size_t take(ByteView bytes, std::span<const SharedFrame> frames, bool at_once);
    std::size_t take_those_that_fit(std::span<const SharedFrame> frames);
    void appended();
    void flush_later();
    void flush_queue();
    void emit(std::string& out);
    bool write(ByteView bytes, std::size_t& written);
    bool took_out(std::size_t count, std::error_code error);
    bool refill();
    void wait_writable();
    std::error_code enqueue(const SharedFrame& frame);
    std::error_code make_room(std::size_t size);
    void finish_draining();

    // Sealing.
    void go_on_with_handshake();
    void prove_session();
    [[gnu::noinline]] Result<std::optional<Frame>> next_sealed(std::span<char> bytes,
                                                               std::size_t& size);
    std::size_t took_sealed(std::size_t size) noexcept;
    std::size_t write_sealed(ByteView frames, std::error_code& error);
    bool write_rest();
    bool is_blocked() const noexcept { return sealing_ && sealing_->rest; }
    std::error_code bounded_by_session(std::string& out, std::size_t before);

    // Messages that wait for plugins.
    std::error_code hold(std::unique_ptr<Unsealed>&& unsealed, bool pushed, Queue::iterator before);
    void work_done(const std::shared_ptr<Held>& held);
    void fail(const std::shared_ptr<Held>& held, std::error_code why);
    void note_unsent(RequestId request);
    bool may_leave(const Queued& first);
    void take_out(RequestId request);
    Queue::iterator drop(Queue::iterator entry) noexcept;
    void end_queue() noexcept;

    std::shared_ptr<Hub> hub_;  // keeps what the carrier works on, so it must go after it
    std::unique_ptr<Carrier> carrier_;
    std::weak_ptr<StreamOwner> owner_;
    const Ends ends_;
    Vouched vouched_;
    std::uint64_t id_;

    std::string input_;             // bytes of an unfinished frame, or that wait for a handler
    std::size_t input_at_ = 0;      // what of it was handled
    std::string* batch_ = nullptr;  // where output goes while frames are processed
    std::string out_;               // to be written, from sent_ on
    std::size_t sent_ = 0;
    Queue queue_;  // after out_, while the receiver is slow or fed
    std::shared_ptr<Feed> next_feed_;
    std::vector<std::shared_ptr<Feed>> feeds_;  // that, and those in the queue
    std::size_t queue_bytes_ = 0;
    std::size_t works_ = 0;  // messages there that wait for plugins

    State state_ = State::open;
    bool reading_wanted_ = true;
    bool waiting_writable_ = false;  // the receiver is slow
    std::size_t feeding_ = 0;        // feeds in the queue
    bool holding_ = false;           // it was not empty since a message waited for a plugin
    bool flush_pending_ = false;
    bool expects_fan_out_ = false;
    bool peer_finished_ = false;  // the peer will send no more
    bool gone_ = false;           // nothing that is sent reaches it any more
    bool stranger_;
    bool says_first_ = true;    // nothing came yet that a session must not follow
    std::size_t failures_ = 0;  // messages of a stranger that were not accepted
    TimePoint failed_at_{};     // for the first time

    TimePoint active_at_;
    TimePoint frame_began_at_{};
    TimePoint blocked_at_{};  // since it took bytes for the last time
    // What suspended handlers work on, or will when it is their uri's turn, in the order it came,
    // until what that led to is settled.
    std::vector<std::shared_ptr<Handling>> handlings_;
    bool barred_ = false;       // the next frame has to wait for all of them
    std::size_t deferred_ = 0;  // messages that are answered later
    // Where these find it, until it has gone: this thread's, other than a std::weak_ptr.
    boost::local_shared_ptr<Stream*> here_;
    bool paused_ = false;
    bool goes_on_ = false;  // with what was held back, at the end of a turn
    std::unique_ptr<RequestTable> requests_;
    std::unique_ptr<PassedOn> passed_;  // to the client, where any ever was

    std::unique_ptr<Handshaking> handshaking_;
    std::unique_ptr<Sealing> sealing_;
};

}  // namespace netaio::core
