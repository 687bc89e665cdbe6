#pragma once

#include <map>
#include <set>

#include "core/keeper.hpp"
#include "tcp.hpp"

namespace netaio::sim {

/// What all machines of a service tell their subscribers.
using PublishedValues = std::map<std::string, std::string>;

/// A machine with a server that grants subscriptions and knows nothing else, and which may be gone,
/// or as good as gone.
class Machine {
public:
    enum class Mood : std::uint8_t {
        well,
        down,   ///< refuses connections
        mute,   ///< takes connections, and nothing more
        silent  ///< does not even answer those who connect
    };

    Machine(World& world, const PublishedValues& values, Ledger& ledger)
        : world_(world), values_(values), ledger_(ledger) {
        boot({});
    }

    /// Begins anew, with these plugins. Connections end, with a word or without.
    void boot(const Plugins& outer, bool with_a_word = true);
    void set_mood(Mood mood, bool with_a_word = true);
    Mood mood() const noexcept { return mood_; }
    void accept(const std::shared_ptr<Line>& line);
    /// Tells subscribers of a value that has changed.
    void publish(const std::string& uri);
    /// Closes connections when everything is sent.
    void drain();
    std::size_t connections() const { return hub_->size(); }

private:
    void end_all(bool with_a_word);

    World& world_;
    const PublishedValues& values_;
    Ledger& ledger_;
    Mood mood_ = Mood::well;
    std::shared_ptr<core::Node> node_;
    std::shared_ptr<SimHub> hub_;
    std::vector<std::weak_ptr<Line>> lines_;
};

/// A client that a Keeper keeps connected, to whatever machine a name means at the time. Checks
/// that there is one attempt at a time and that the pauses are as they may be.
class KeptClient final : public core::StreamOwner,
                         public core::Keeper::Hands,
                         public std::enable_shared_from_this<KeptClient> {
public:
    using Names = std::vector<Machine*>;

    KeptClient(World& world, const core::Keeper::Terms& terms, const Plugins& outer,
               const Names& names, Ledger& ledger);

    void begin();
    /// As users do once it is connected.
    void subscribe_to(const std::string& uri, const core::SubscriptionWords& words);
    void unsubscribe_from(const std::string& uri, bool prefix);
    /// How often it has heard of each uri since it was last asked.
    std::map<std::string, int> take_heard() { return std::exchange(heard_, {}); }
    const PublishedValues& seen() const noexcept { return seen_; }
    /// How often it is to hear of a uri, and whether it is to know what was published before.
    int is_subscribed_to(const std::string& uri) const;
    bool knows_present(const std::string& uri) const;

    core::Keeper& keeper() noexcept { return keeper_; }
    const std::shared_ptr<core::Stream>& stream() const noexcept { return stream_; }
    Line& line() noexcept { return *line_; }
    void stop();
    /// Checks what holds when it was stopped a while ago.
    void check_end();

    ConnectionState state = ConnectionState::waiting;  ///< what was told last
    bool forgets = false;                              ///< what it was granted: for tests of tests
    int connected = 0;                                 ///< how often that was told

private:
    using Turn = core::Keeper::Turn;
    using Answered = std::function<void(std::error_code, const Message*)>;

    void connect(std::size_t server, Turn turn) override;
    void beat(Turn turn) override;
    void subscribe(const core::GrantedSubscription& subscription, Turn turn) override;
    void disconnect(std::error_code why) override;
    void tell(ConnectionState state, std::error_code why, unsigned attempt) override;
    void returned(core::Stream& stream, core::Outcome outcome) override;
    void closed(core::Stream& stream, std::error_code why) override;

    void arrive(std::size_t server, Turn turn);
    void ask(MessageType type, const std::string& uri, const std::string& content, Duration timeout,
             Answered answered);
    bool confirmed(const std::string& uri, const std::string& content, const Message& reply);
    void hear(const std::string& uri, const std::string& value);
    void wake();

    World& world_;
    Ledger& ledger_;
    const Names& names_;
    const core::Keeper::Terms terms_;
    std::shared_ptr<core::Node> node_;
    std::shared_ptr<SimHub> hub_;
    core::Keeper keeper_;
    std::shared_ptr<core::Stream> stream_;
    std::shared_ptr<Line> line_;
    std::vector<std::weak_ptr<core::Stream>> had_;
    bool connecting_ = false;
    std::optional<TimePoint> waits_since_;
    TimePoint armed_ = TimePoint::max();
    std::map<std::pair<std::string, bool>, bool> granted_;  // by uri and prefix: with the present
    std::map<std::string, int> heard_;
    PublishedValues seen_;
};

}  // namespace netaio::sim
