#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <netaio/connection.hpp>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/dispatcher.hpp"
#include "fan_out.hpp"
#include "residents.hpp"
#include "wire/keyed_hash.hpp"

namespace netaio::net {

class Stream;

/// The bounds of each connection; zero durations are no bound.
struct StreamLimits {
    std::chrono::milliseconds idle_timeout{0};
    std::chrono::milliseconds frame_timeout{0};
    std::chrono::milliseconds send_timeout{0};
    std::chrono::milliseconds keepalive_timeout{0};
    std::size_t send_queue_max = 4 << 20;
    SlowReceiver slow_receiver = SlowReceiver::drop_oldest;
    std::size_t subscriptions_max = 0;
    std::size_t subscriptions_total_max = 0;
    std::chrono::milliseconds stranger_timeout{0};
    std::size_t stranger_failures_max = 0;
    std::size_t stranger_queue_max = 0;
};

/// One event loop's connections and what they share: a buffer to read into, a buffer to collect
/// replies in, the dispatcher, the counters, the subscriptions. Belongs to the loop's thread but
/// for what says otherwise.
class Loop final : public Resident, public std::enable_shared_from_this<Loop> {
public:
    static constexpr std::size_t read_buffer_size = 128 * 1024;

    /// `context` is kept alive with the loop, for connections that users keep longer than a server.
    static std::shared_ptr<Loop> make(boost::asio::any_io_executor executor,
                                      std::shared_ptr<core::Node> node, const StreamLimits& limits,
                                      std::shared_ptr<void> context = nullptr);

    /// None any more when the context has gone.
    const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
    core::Node& node() noexcept { return *node_; }
    core::Dispatcher& dispatcher() noexcept { return dispatcher_; }
    core::Tallies& tallies() noexcept { return tallies_; }
    const StreamLimits& limits() const noexcept { return limits_; }
    std::span<char> read_buffer() noexcept { return {read_buffer_.get(), read_buffer_size}; }
    std::chrono::steady_clock::time_point now() const {
        return node_->environment.clock->steady_now();
    }

    /// The buffer replies are collected in. Taken and given back, so that who nests gets another.
    std::string take_batch() noexcept { return std::move(batch_); }
    void give_batch(std::string&& batch) noexcept;

    void add(std::shared_ptr<Stream> stream);
    void remove(Stream& stream);
    /// The connections as they are now, so that they may go while one walks over them.
    std::vector<std::shared_ptr<Stream>> streams() const;
    std::size_t size() const noexcept { return streams_.size(); }

    /// Keeps a closed connection whose handler still runs, until that ends or cancel_orphans().
    void add_orphan(std::shared_ptr<Stream> stream) { orphans_.insert(std::move(stream)); }
    void remove_orphan(const std::shared_ptr<Stream>& stream) { orphans_.erase(stream); }
    void cancel_orphans();

    /// Has the stream flushed when what this turn of the loop still has to do is done.
    void flush_later(std::shared_ptr<Stream> stream);

    /// Has the connections given a frame at the end of this turn, or before anything else goes to
    /// one of them.
    void give(const Streams& to, const SharedFrame& frame);
    /// Gives the connections what they are still to be given, see FanOut::settle().
    void settle(bool at_once = false);
    /// Says whose frames are processed, for as long as it lives.
    class Processing {
    public:
        Processing(Loop& loop, Stream& stream) noexcept
            : loop_(loop), before_(std::exchange(loop.processed_, &stream)) {}
        ~Processing() { loop_.processed_ = before_; }
        Processing(const Processing&) = delete;
        Processing& operator=(const Processing&) = delete;

    private:
        Loop& loop_;
        Stream* before_;
    };

    /// Errc::queue_full when the stream, or all of the server, have as many subscriptions as they
    /// may.
    std::error_code subscribe(ByteView key, Stream& stream);
    void unsubscribe(ByteView key, Stream& stream);
    /// Ends what the connections from these addresses have subscribed to.
    void end_subscriptions(const std::set<Address>& remotes);
    /// All connections; the same list again until that changes.
    const Streams& everyone();
    /// The connections subscribed to the key; the same list again until that changes.
    Streams subscribers(ByteView key);
    /// Thread-safe.
    std::size_t subscriber_count(ByteView key) const;

    /// Flushes, and stops the timer that looks after time limits: for when no connection is left to
    /// serve, or only such as end when they have sent everything.
    void stop();

    void context_ends() override;
    bool has_unsent() const override;

private:
    Loop(boost::asio::any_io_executor executor, std::shared_ptr<core::Node> node,
         const StreamLimits& limits, std::shared_ptr<void> context);

    struct Subscribers {
        std::unordered_set<Stream*> streams = {};
        // Made when asked for: it spares each notification the counting of owners, which took a
        // sixth of its time (bench: fan_out).
        Streams listed = nullptr;
    };

    void post_flush();
    void flush_all();
    void watch_limits();

    std::shared_ptr<void> context_;
    boost::asio::any_io_executor executor_;
    std::shared_ptr<core::Node> node_;
    StreamLimits limits_;
    core::Tallies tallies_;
    core::Dispatcher dispatcher_;
    std::unique_ptr<char[]> read_buffer_;
    std::string batch_;
    std::unordered_map<Stream*, std::shared_ptr<Stream>> streams_;
    Streams everyone_;  // made when asked for
    std::unordered_set<std::shared_ptr<Stream>> orphans_;
    std::vector<std::shared_ptr<Stream>> dirty_;
    FanOut fan_out_;
    Stream* processed_ = nullptr;  // whose frames are, if any's
    bool flush_posted_ = false;
    std::optional<boost::asio::steady_timer> watch_;
    bool watching_ = false;
    bool stopped_ = false;
    mutable std::mutex subscriptions_mutex_;
    std::unordered_map<std::string, Subscribers, wire::KeyedHash, std::equal_to<>> subscriptions_;
};

}  // namespace netaio::net
