#pragma once

#include "open_network.hpp"
#include "scenario.hpp"
#include "tcp.hpp"

namespace netaio::sim {

/// What nodes said, each with content of its own, and what came of it.
class Sayings {
public:
    enum class Kind { request, slow_request, message, notification, to_group };
    struct Saying {
        const SessionNode* by;
        unsigned life;    // of that node
        std::string key;  // of the session, if any
        Kind kind;
        std::size_t size;
        std::map<std::pair<const SessionNode*, unsigned>, int> heard_sealed = {};
    };

    /// Notes something that is to be said, of at least so many bytes: its content.
    std::string add(Saying saying);
    /// What was said with this content; null where nothing was.
    Saying* find(ByteView content);
    const Saying& last() const { return all_.back(); }

private:
    std::deque<Saying> all_;
};

/// What begins the content of all that nobody but an attacker said.
inline constexpr std::string_view forged = "forged";

/// A core::DatagramNode with sessions, or without, at an address on an open network. It answers
/// REQUEST_URI at once and CREATE_URI after a while, and takes subscriptions to `topic`. Checks all
/// that comes, and what always holds. With NETAIO_SIM_LOG in the environment, prints what it logs.
class SessionNode {
public:
    struct Options {
        SessionPolicy policy = SessionPolicy::offer;
        std::string seed = {};  ///< of its lasting key; one of its own each time it starts if empty
        std::vector<SessionKey> peer_keys = {};
        Plugins outer = {};
        core::DatagramBounds bounds = {};
    };

    SessionNode(OpenNetwork& network, Sayings& sayings, Ledger& ledger, Options options);
    ~SessionNode();
    SessionNode(const SessionNode&) = delete;
    SessionNode& operator=(const SessionNode&) = delete;

    /// Starts, or starts anew.
    void start();
    /// Ends, and checks that nothing is left.
    void stop();

    /// What an asker wants to know in the end: whether there was an answer, and it came sealed.
    using Told = std::function<void(bool answered, bool sealed)>;
    void ask(const Address& to, Sayings::Kind kind, std::size_t size, Duration timeout,
             Told told = {});
    void cancel_one();
    /// Says something once.
    void say(const Address& to, std::size_t size);
    /// Says so much at once.
    void say_often(const Address& to, int times, std::size_t size);
    void say_to_group();
    /// The same, but that it counts as if it had not.
    void say_unnoted(const Address& to);
    void notify(std::size_t size);
    void subscribe(const Address& to);
    void end_renewals();

    void receive(std::string datagram, const Address& from, bool to_group);
    void moved_to(const Address& at);
    /// An attacker spoke in the name of somebody whom this one knows.
    void confuse() noexcept { confused_ = true; }

    const Address& at() const noexcept { return at_; }
    const Options& options() const noexcept { return options_; }
    unsigned life() const noexcept { return lives_; }
    bool ends() const noexcept { return ends_; }
    bool has_sessions() const noexcept { return options_.policy != SessionPolicy::off; }
    const std::string& key() const noexcept { return key_; }
    /// Whether that one subscribed, or somebody without a session, who may be anybody.
    bool has_subscriber(const std::string& key) const {
        return subscribers_.contains(key) || subscribers_.contains("");
    }
    std::size_t subscriber_count() const { return life_->core.subscriber_count("topic"); }
    std::size_t link_count() const { return life_->core.link_count(); }
    const core::Tallies& tallies() const { return life_->core.tallies(); }
    std::uint64_t ticks() const noexcept { return ticks_; }
    /// Checks what holds when nothing happens any more.
    void check_rest();
    OwnClock& clock() noexcept { return *clock_; }

    unsigned confirmed = 0;        ///< subscriptions
    std::uint64_t heard_news = 0;  ///< notifications
    std::uint64_t heard_sealed = 0;
    std::uint64_t heard_clear = 0;

private:
    struct Life {
        Life(std::shared_ptr<core::Node> made, const core::DatagramBounds& bounds,
             core::DatagramNode::Start start)
            : node(std::move(made)), core(node, bounds, std::move(start), [] {}) {}

        std::shared_ptr<core::Node> node;
        core::DatagramNode core;
    };
    /// Who was heard in a session, and when.
    struct Known {
        const SessionNode* who;
        TimePoint at;
    };

    std::shared_ptr<core::Node> made();
    void add_handlers(core::Node& node);
    void heard(const Message& message, const Address& from);
    void heard_answer(const Message& reply, const std::string& asked);
    void check_identity(const Message& message, const std::string& key);
    bool surely_knows(const Address& from) const;
    void run(std::shared_ptr<core::Suspended> handler);
    std::string content(Sayings::Kind kind, std::size_t size);
    void expect(bool holds, const std::string& what) { ledger_.expect(holds, what); }
    template <class Function>
    void use(Function function) {
        ++calls_;
        function(life_->core);
        if (--calls_ == 0) {
            flush();  // and not within, where a completion calls
        }
    }
    void flush();
    void check_way(const core::Outbox::Item& item, ByteView datagram);
    void arm();

    OpenNetwork& network_;
    World& world_;
    Sayings& sayings_;
    Ledger& ledger_;
    const Options options_;
    std::shared_ptr<OwnClock> clock_;
    Address at_ = {};
    TimePoint moved_at_ = {};
    std::unique_ptr<Life> life_;
    unsigned lives_ = 0;
    std::string key_;
    std::set<std::string> subscribers_;
    std::map<Address, Known> known_;
    bool confused_ = false;
    bool ends_ = false;
    int calls_ = 0;
    bool from_group_ = false;
    std::map<std::uint64_t, Address> in_flight_;  // requests
    std::shared_ptr<int> waiting_;                // held by whatever waits for an end
    std::optional<TimePoint> armed_;
    TimePoint ticked_ = {};
    int ticks_at_once_ = 0;
    std::uint64_t ticks_ = 0;
};

}  // namespace netaio::sim
