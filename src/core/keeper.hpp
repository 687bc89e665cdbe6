#pragma once

#include <map>
#include <netaio/backoff.hpp>
#include <netaio/connection_state.hpp>
#include <netaio/environment.hpp>
#include <netaio/plugins.hpp>
#include <optional>
#include <string>
#include <utility>

namespace netaio::core {

/// A subscription that was granted, as it is asked for anew.
struct GrantedSubscription {
    std::string uri;
    std::string content;           // of the request
    bool must_be_granted = false;  // what the content asks
    Plugins inner = {};
};

/// Keeps a client connected: says when to connect and to which of its servers, whether that is of
/// use, what to subscribe to there, when to ask for a sign of life, and when to give up. Moves
/// nothing and does not wait: what it has done is done by its Hands, and whoever has those calls it
/// when something happened, and when next() says. Each attempt is a turn; what is said of an
/// earlier one is news of the past, and ignored.
class Keeper {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Turn = std::uint64_t;

    /// Each may call the keeper, and have it stop.
    class Hands {
    public:
        virtual ~Hands() = default;
        /// Connects to a server by its number; reached() or lost() is to follow.
        virtual void connect(std::size_t server, Turn turn) = 0;
        /// Says what is to be said first; greeted() or failed() is to follow. Only where terms say
        /// so.
        virtual void greet(Turn) {}
        /// Asks for a sign of life; answered() or refused() may follow.
        virtual void beat(Turn turn) = 0;
        /// Subscribes; granted(), refused() or failed() may follow.
        virtual void subscribe(const GrantedSubscription& subscription, Turn turn) = 0;
        /// Ends the connection.
        virtual void disconnect(std::error_code why) = 0;
        /// Says where it stands.
        virtual void tell(ConnectionState state, std::error_code why, unsigned attempt) = 0;
    };

    struct Terms {
        std::size_t servers = 1;
        Backoff backoff = {};
        std::optional<unsigned> attempts = std::nullopt;
        std::optional<std::chrono::milliseconds> heartbeat = std::nullopt;
        std::chrono::milliseconds heartbeat_timeout{0};
        bool end_on_refusal = true;
        bool greets = false;
        /// No pause before the first attempt after an end.
        bool at_once = false;
        /// How long nothing may be heard while it greets, or subscriptions are to be granted.
        std::chrono::milliseconds patience{0};
        /// Subscriptions that are asked for at a time.
        std::size_t window = 64;
    };

    Keeper(Terms terms, std::shared_ptr<Random> random, Hands& hands)
        : terms_(std::move(terms)), random_(std::move(random)), hands_(hands) {}

    /// Makes the first attempt.
    void begin(TimePoint now);
    /// Begins with a connection that is there.
    void begin_connected(TimePoint now);
    /// Does nothing more.
    void stop() noexcept;
    /// Goes by other terms from now on.
    void change(Terms terms) { terms_ = std::move(terms); }

    /// A connection was made.
    void reached(Turn turn, TimePoint now);
    /// What was to be said first was said.
    void greeted(Turn turn, TimePoint now);
    /// A connection was made by somebody else.
    void adopted(TimePoint now);
    /// There is no connection, or no more.
    void lost(Turn turn, std::error_code why, TimePoint now);
    /// The connection is of no use.
    void failed(Turn turn, std::error_code why, TimePoint now);
    /// The server does not believe the client, or the other way round.
    void refused(Turn turn, std::error_code why, TimePoint now);
    /// The server was heard at that time.
    void heard(TimePoint at) noexcept;
    /// A sign of life came.
    void answered(Turn turn, TimePoint now);
    /// A subscription was granted that the keeper asked for.
    void granted(Turn turn, TimePoint now);

    /// What is to be subscribed to on further connections.
    void subscribed(GrantedSubscription subscription);
    void unsubscribed(ByteView uri, bool prefix);
    std::size_t subscriptions() const noexcept { return subscriptions_.size(); }

    /// When tick() is to be called next.
    std::optional<TimePoint> next() const;
    /// Does what is due.
    void tick(TimePoint now);

    Turn turn() const noexcept { return turn_; }
    /// Whether the server answered, and granted everything.
    bool connected() const noexcept { return stage_ == Stage::connected; }
    bool over() const noexcept { return stage_ == Stage::over; }

private:
    enum class Stage { idle, waiting, connecting, greeting, proving, restoring, connected, over };
    using Key = std::pair<std::string, bool>;  // a uri, and whether it is a prefix

    void attempt(TimePoint now);
    void greet(TimePoint now);
    void prove(TimePoint now);
    void restore(TimePoint now);
    void ask_for_more(TimePoint now);
    void retry(std::error_code why, bool was_connected, TimePoint now);
    bool end(std::error_code why);
    void give_up(std::error_code why);
    bool tries() const noexcept { return stage_ != Stage::idle && stage_ != Stage::waiting; }
    bool is_current(Turn turn) const noexcept { return turn == turn_ && stage_ != Stage::over; }

    Terms terms_;
    std::shared_ptr<Random> random_;
    Hands& hands_;
    Stage stage_ = Stage::idle;
    Turn turn_ = 0;
    std::size_t server_ = 0;
    unsigned attempts_ = 0;  // since it was connected
    unsigned pauses_ = 0;    // since a connection lasted
    TimePoint since_{};      // when the stage began
    TimePoint retry_at_{};
    TimePoint heard_at_{};
    bool beating_ = false;  // since beat_at_
    TimePoint beat_at_{};
    std::map<Key, GrantedSubscription> subscriptions_;
    std::optional<Key> asked_last_;
    std::size_t asked_ = 0;  // and not granted yet
};

}  // namespace netaio::core
