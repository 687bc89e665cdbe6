#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <netaio/connection.hpp>
#include <netaio/never.hpp>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "dispatcher.hpp"
#include "fan_out.hpp"
#include "mailbox.hpp"
#include "permitted.hpp"
#include "subscription_words.hpp"
#include "subscriptions.hpp"
#include "suspended.hpp"

namespace netaio::core {

class Stream;

/// The bounds of each connection.
struct StreamLimits {
    std::chrono::milliseconds idle_timeout = never;
    std::chrono::milliseconds frame_timeout = never;
    std::chrono::milliseconds send_timeout = never;
    std::size_t send_queue_max = 4 << 20;
    SlowReceiver slow_receiver = SlowReceiver::drop_oldest;
    std::size_t subscriptions_max = 0;
    std::size_t subscriptions_total_max = 0;
    std::chrono::milliseconds stranger_timeout = never;
    std::size_t stranger_failures_max = 0;
    std::size_t stranger_queue_max = 0;
    std::size_t handlers_max = 1;
    bool half_close = true;
};

/// The connections that one event loop serves and what they share: a buffer to collect replies in,
/// the dispatcher, the counters, the subscriptions, what is still to be done and when. Knows no
/// socket and does not wait: whoever has a loop derives from it. Belongs to the loop's thread but
/// for what says otherwise.
class Hub : public std::enable_shared_from_this<Hub> {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    Hub(std::shared_ptr<Node> node, const StreamLimits& limits);
    virtual ~Hub() = default;
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// How other threads bring something here; null where nothing of them can be waited for.
    const std::shared_ptr<Mailbox>& mailbox() const noexcept { return mailbox_; }

    Node& node() noexcept { return *node_; }
    Dispatcher& dispatcher() noexcept { return dispatcher_; }
    Tallies& tallies() noexcept { return tallies_; }
    const StreamLimits& limits() const noexcept { return limits_; }
    /// How often time limits are looked after.
    std::chrono::milliseconds check_interval() const noexcept;
    TimePoint now() const { return node_->environment.clock->steady_now(); }
    /// When time limits were looked after for the last time: for what may be told a second late,
    /// and not ask the clock.
    TimePoint checked_at() const noexcept { return checked_at_; }
    /// The same as now(), asked once for all frames that are processed together, and once for what
    /// others bring until the end of a turn.
    TimePoint about_now() {
        if (!processed_ && !turn_needed_) {
            return now();
        }
        if (!asked_at_) {
            asked_at_ = now();
        }
        return *asked_at_;
    }

    /// The buffer replies are collected in. Taken and given back, so that who nests gets another.
    std::string take_batch() noexcept { return std::move(batch_); }
    void give_batch(std::string&& batch) noexcept;
    /// Where a stream seals what it gives to its carrier before anything else happens.
    std::string& sealed() noexcept { return sealed_; }

    void add(std::shared_ptr<Stream> stream);
    void remove(Stream& stream);
    /// The connections as they are now, so that they may go while one walks over them.
    std::vector<std::shared_ptr<Stream>> streams() const;
    std::size_t size() const noexcept { return streams_.size(); }
    /// Bytes that wait on them.
    std::size_t queued_bytes() const noexcept;
    /// Closes all of them, also where there is no memory.
    void abort_all(std::error_code why) noexcept;

    /// Keeps a closed connection whose handlers still run, until they end or cancel_orphans().
    void add_orphan(std::shared_ptr<Stream> stream) { orphans_.insert(std::move(stream)); }
    void remove_orphan(const std::shared_ptr<Stream>& stream) { orphans_.erase(stream); }
    void cancel_orphans() noexcept;
    /// Lets go of them.
    void drop_orphans();

    /// Has Stream::turn() called when what this turn of the loop still has to do is done.
    void flush_later(std::shared_ptr<Stream> stream);
    /// No connection comes from that address any more. Peers are told of at the end of the turn, as
    /// that is users' code, which may send to whoever is walked over now.
    void gone(const Address& remote);
    /// Has requests given up then.
    void due_at(TimePoint deadline);

    /// Has the connections given a frame at the end of this turn, or before anything else goes to
    /// one of them.
    void give(const Receivers& to, const SharedFrames& frames);
    /// Gives the connections what they are still to be given, see FanOut::settle().
    void settle(bool at_once = false);
    /// Says whose frames are processed, for as long as it lives.
    class Processing {
    public:
        Processing(Hub& hub, Stream& stream) noexcept
            : hub_(hub), before_(std::exchange(hub.processed_, &stream)) {
            hub_.asked_at_.reset();
        }
        ~Processing() {
            hub_.asked_at_.reset();
            hub_.processed_ = before_;
        }
        Processing(const Processing&) = delete;
        Processing& operator=(const Processing&) = delete;

    private:
        Hub& hub_;
        Stream* before_;
    };

    /// Errc::closed when the stream is not open; Errc::queue_full, counted and logged, when it, or
    /// all of the server, have as many subscriptions as they may.
    /// Who asked for it is remembered, as rules may be asked anew, and what it brings is made for
    /// that one.
    std::error_code subscribe(ByteView key, Stream& stream, const Asker& as = {}) {
        return add(exact_, "subscribed to", key, stream, as);
    }
    void unsubscribe(ByteView key, Stream& stream) {
        remove(exact_, "unsubscribed from", key, stream);
    }
    /// The same for all keys that begin so.
    std::error_code subscribe_prefix(ByteView prefix, Stream& stream, const Asker& as = {}) {
        return add(prefixes_, "subscribed to all that begins with", prefix, stream, as);
    }
    void unsubscribe_prefix(ByteView prefix, Stream& stream) {
        remove(prefixes_, "unsubscribed from what begins with", prefix, stream);
    }
    /// Subscribes as it was asked to. Present values of a prefix follow the next reply, protected
    /// as the options say; what becomes present later follows them.
    /// Of the values of a prefix, those that the rules let that one know who asks.
    Result<SubscriptionGrant> grant(ByteView uri, const SubscriptionWords& asked, Stream& stream,
                                    const SendOptions& options, const Asker& as = {});
    /// Asks the rules, which are others now, about what is subscribed. What they deny ends, and the
    /// subscriber is told by what answers a message they refuse.
    void ask_rules();
    /// Closes the connections of those for whom one auth plugin vouched, and another that took its
    /// place does not, by what they said or subscribed to last.
    void close_unknown(const AuthPlugin& before, const AuthPlugin& now);
    /// Closes the connections whose sessions were made from other secrets than the node has now.
    void close_sessions_of_other_secrets();
    bool has_subscriptions(Stream& stream) const;
    /// Ends what the connections from these addresses have subscribed to.
    void end_subscriptions(const std::set<Address>& remotes);
    /// All connections; the same list again until that changes.
    const Receivers& everyone();
    /// The connections subscribed to the key, each once, but for those that the rules do not let
    /// know of it; the same list again until anything changes, unless there are no rules and
    /// prefixes overlap there.
    Receivers subscribers(ByteView key);
    /// For whom one of these is told of it; nothing where that is who spoke there last.
    std::optional<Vouched> subscribed_as(ByteView key, const std::shared_ptr<Receiver>& subscriber);
    /// Thread-safe.
    std::size_t subscriber_count(ByteView key) const;

    /// Says whether present values are still to follow on a connection.
    void set_fed(const Stream& stream, bool fed);
    /// A present value is another now, or none; to be called before that is told.
    void value_replaced(ByteView uri) {
        if (!fed_.empty()) [[unlikely]] {
            tell_fed(uri);
        }
    }
    /// Something that is to be told to the connections in the order of the present values. Under
    /// the lock of these.
    void tell_later(std::function<void(Hub&)> tell) { untold_.push_back(std::move(tell)); }
    /// Tells it.
    void tell();

    /// Does what was left for the end of the turn.
    void turn();
    /// Does what is due.
    void tick();
    /// When tick() is to be called next.
    std::optional<TimePoint> next() const;
    /// Sends, and looks after time limits and deadlines no more: for when no connection is left to
    /// serve, or only such as end when they have sent everything, and no request waits.
    void stop();
    /// Whether something is still to be sent.
    bool has_unsent() const;

    /// Runs a handler that suspends, and calls Stream::handler_ended() when it has ended, which may
    /// be at once.
    virtual void start(std::shared_ptr<Stream> stream, std::shared_ptr<Suspended> handler) = 0;

    /// What keeps its loop running while other threads work for it.
    virtual std::shared_ptr<void> keep_running() { return nullptr; }

protected:
    /// To be called before there are connections.
    void set_mailbox(std::shared_ptr<Mailbox> mailbox) noexcept { mailbox_ = std::move(mailbox); }

private:
    // Has turn() called when what happens now is done.
    virtual void turn_later() = 0;
    // next() may be another.
    virtual void wake() = 0;

    // By age, so that all goes in an order that does not depend on where memory lies.
    struct Older {
        bool operator()(const std::shared_ptr<Receiver>& a,
                        const std::shared_ptr<Receiver>& b) const noexcept {
            return a->id() < b->id();
        }
    };

    using Table = Subscriptions<std::shared_ptr<Receiver>, Older>;

    void tell_fed(ByteView uri);
    void need_turn();
    void flush();
    std::error_code add(Table& table, std::string_view what, ByteView key, Stream& stream,
                        const Asker& as);
    void remove(Table& table, std::string_view what, ByteView key, Stream& stream);

    std::shared_ptr<Node> node_;
    std::shared_ptr<Mailbox> mailbox_;
    StreamLimits limits_;
    Tallies tallies_;
    Dispatcher dispatcher_;
    std::string batch_;
    std::string sealed_;
    std::unordered_map<std::uint64_t, std::shared_ptr<Stream>> streams_;  // by id
    Receivers everyone_;                                                  // made when asked for
    std::unordered_set<std::shared_ptr<Stream>> orphans_;
    std::set<std::uint64_t> fed_;  // ids of those on which present values are still to follow
    std::vector<std::shared_ptr<Stream>> dirty_;
    std::deque<Address> gone_;
    FanOut fan_out_;
    Stream* processed_ = nullptr;        // whose frames are, if any's
    std::optional<TimePoint> asked_at_;  // for about_now(), if anybody has
    bool turn_needed_ = false;
    TimePoint check_at_ = TimePoint::max();
    TimePoint checked_at_{};
    TimePoint due_at_ = TimePoint::max();  // no deadline of a request is sooner
    bool stopped_ = false;
    mutable std::mutex subscriptions_mutex_;
    Table exact_;
    Table prefixes_;
    PermittedLists<Receivers> permitted_;
    std::deque<std::function<void(Hub&)>> untold_;  // guarded by the lock of the present values
};

}  // namespace netaio::core
