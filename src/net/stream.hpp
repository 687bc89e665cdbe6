#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <set>

#include "channel.hpp"
#include "endpoint.hpp"
#include "loop.hpp"
#include "tcp_handler.hpp"

namespace netaio::net {

/// The node's own layer, as far as a message is to go through it.
Plugins outer_plugins(const core::Node& node, const SendOptions& options);

/// What owns a stream and hears of what a client does with messages, and of its end.
class StreamOwner {
public:
    virtual ~StreamOwner() = default;
    /// A client received a message that no request waited for.
    virtual void returned(Stream& stream, core::Outcome outcome) = 0;
    /// A stranger brought a message that the node's auth plugin accepted.
    virtual void became_known(Stream&) {}
    /// The stream is closed; no error when this side meant it.
    virtual void closed(Stream& stream, std::error_code why) = 0;
};

/// One TCP connection at either end: reads frames and has them handled one after another, collects
/// what goes out and writes it once for each batch. An idle one holds no buffers. Lives on its
/// loop's thread.
class Stream final : public Connection,
                     public core::Source,
                     public ChannelListener,
                     public std::enable_shared_from_this<Stream> {
public:
    Stream(boost::asio::ip::tcp::socket socket, const Address& remote, std::shared_ptr<Loop> loop,
           std::weak_ptr<StreamOwner> owner);

    /// Begins to serve.
    void start();
    /// Whether it reads: always at a server, on demand at a client.
    void set_reading(bool wanted);
    /// Part of a loop's FanOut: what was collected goes before anything else.
    void expect_fan_out() noexcept { expects_fan_out_ = true; }
    bool expects_fan_out() const noexcept { return expects_fan_out_; }
    /// Writes encoded messages, of which `bytes` holds all, or adds them to what waits. Returns how
    /// many it took.
    std::size_t take_fan_out(ByteView bytes, std::span<const SharedFrame> frames, bool at_once);
    /// Protects, encodes and adds a message.
    std::error_code append(OwnedMessage message, const Plugins& inner, const Plugins& outer);
    /// Takes no new frames, finishes what was begun, then closes.
    void drain();
    /// Closes at once. Returns the bytes that were not sent.
    std::size_t abort(std::error_code why);
    /// Lets go of the handler that runs, which ends with its context.
    void drop_handler() noexcept { suspended_ = nullptr; }
    /// Whether a handler runs or bytes wait.
    bool busy() const noexcept { return handling_ || queued_bytes() > 0; }

    /// Writes what waits. Called by the loop.
    void flush();
    /// Closes when a time limit has passed. Called by the loop.
    void check_limits(std::chrono::steady_clock::time_point now);

    /// Whether it is a server's, open, and has not brought a message yet that the node's auth
    /// plugin accepted.
    bool is_stranger() const noexcept { return stranger_ && state_ != State::closed; }
    void close_stranger(std::string_view why);

    /// Requests of a client wait here; null at a server.
    core::RequestTable* requests() noexcept override { return requests_.get(); }
    void enable_requests(std::size_t in_flight_max);
    /// Has requests given up when their deadline has passed.
    void watch_deadlines();
    /// Cancels the handler that runs, if any.
    void cancel_handler();
    /// Ends the requests that wait.
    void end_requests(std::error_code why);

    /// Counts one more key; Errc::queue_full when there is no room for it.
    std::error_code subscribed(ByteView key);
    void unsubscribed(ByteView key);
    std::set<std::string, std::less<>> take_subscriptions();

    Loop& loop() noexcept { return *loop_; }
    std::shared_ptr<Stream> self() { return shared_from_this(); }

    const Address& remote() const noexcept override { return remote_; }
    const Address& local() const noexcept override { return local_; }
    std::uint64_t id() const noexcept override { return id_; }
    bool open() const noexcept override { return state_ == State::open; }
    std::error_code send(const Message& message, const SendOptions& options) override;
    std::size_t queued_bytes() const noexcept override {
        return out_.size() - sent_ + queue_bytes_ + channel_->unsent();
    }
    void close() override { drain(); }
    std::shared_ptr<Connection> shared() override { return shared_from_this(); }
    void push(OwnedMessage message, const Plugins& inner) override;

private:
    // How much output is collected before it is written, and how much room for it is kept.
    static constexpr std::size_t flush_size = 256 * 1024;
    static constexpr std::size_t out_keep_max = 16 * 1024;

    enum class State { open, draining, closed };

    struct Queued {
        SharedFrame frame;
        bool pushed;  // may be dropped
    };
    struct Suspended;

    // Reading.
    void input_came(boost::system::error_code error) override;
    bool received(std::span<char> bytes, bool more, boost::system::error_code error) override;
    void took_in(std::size_t count);
    void input_ended(boost::system::error_code error);
    void resume_reading();
    void read_later();
    void read_on();
    void look_for_end();
    std::size_t read(std::span<char> shared, std::span<char>& arrived,
                     boost::system::error_code& error);
    void process(std::span<char> arrived);
    std::size_t process_frames(std::span<char> bytes, std::string& out);
    bool settle(core::Outcome outcome, std::string& out);
    bool may_go_on(std::string& out);
    bool may_read() const noexcept;

    // Handlers that suspend.
    bool start_handler(core::Outcome outcome, std::string& out);
    void handler_ended();
    core::Outcome outcome_of(Suspended& suspended, std::string& out);

    // Writing.
    void output_blocked() override;
    void output_ready(boost::system::error_code error) override;
    void settle_fan_out();
    void appended();
    void emit(std::string& out);
    bool write(ByteView bytes, std::size_t& written);
    bool refill();
    void wait_writable();
    std::error_code enqueue(const SharedFrame& frame);
    std::error_code make_room(std::size_t size);
    void finish_draining();

    std::shared_ptr<Loop> loop_;  // keeps the context of the socket, so it must go after it
    std::unique_ptr<Channel> channel_;
    std::weak_ptr<StreamOwner> owner_;
    Address remote_;
    Address local_;
    std::uint64_t id_;

    std::string input_;             // bytes of an unfinished frame, or that wait for a handler
    std::size_t input_at_ = 0;      // what of it was handled
    std::string* batch_ = nullptr;  // where output goes while frames are processed
    std::string out_;               // to be written, from sent_ on
    std::size_t sent_ = 0;
    std::list<Queued> queue_;  // after out_, while the receiver is slow
    std::size_t queue_bytes_ = 0;

    State state_ = State::open;
    bool reading_wanted_ = true;
    bool unread_ = true;  // the socket may hold input
    bool reading_posted_ = false;
    bool waiting_writable_ = false;  // the receiver is slow
    bool handling_ = false;          // a suspended handler runs
    bool flush_pending_ = false;
    bool expects_fan_out_ = false;
    bool peer_finished_ = false;  // the peer will send no more
    bool stranger_;
    std::size_t failures_ = 0;  // messages of a stranger that were not accepted
    std::chrono::steady_clock::time_point failed_at_{};  // for the first time

    std::chrono::steady_clock::time_point active_at_;
    std::chrono::steady_clock::time_point frame_began_at_{};
    std::chrono::steady_clock::time_point blocked_at_{};  // since it took bytes for the last time
    std::set<std::string, std::less<>> subscriptions_;
    std::size_t subscription_bytes_ = 0;
    std::shared_ptr<Suspended> suspended_;
    std::unique_ptr<core::RequestTable> requests_;
    std::unique_ptr<boost::asio::steady_timer> deadline_timer_;
    std::chrono::steady_clock::time_point deadline_watched_ =
        std::chrono::steady_clock::time_point::max();
};

}  // namespace netaio::net
