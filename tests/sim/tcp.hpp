#pragma once

#include <map>
#include <set>

#include "core/stream.hpp"
#include "line.hpp"

namespace netaio::sim {

/// What did not hold, in words.
class Ledger {
public:
    void expect(bool holds, const std::string& what) {
        if (!holds) {
            broken_.insert(what);
        }
    }
    const std::set<std::string>& broken() const noexcept { return broken_; }

private:
    std::set<std::string> broken_;
};

/// Has to work for what it sends, for a while each time.
class SimWorkingAuth final : public AuthPlugin {
public:
    explicit SimWorkingAuth(World& world) : world_(world) {}

    std::error_code make(AuthFields& fields, ByteView, const PluginContext& context) const override;
    bool check(const AuthFields& fields, ByteView, const PluginContext&) const override {
        return fields.contains("paid");
    }

private:
    World& world_;
};

/// What both ends bring into sessions; null where they have none.
using SimTerms = std::shared_ptr<const core::SessionTerms>;

/// A hub whose loop is the world. Checks which handlers run at the same time.
class SimHub final : public core::Hub {
public:
    SimHub(World& world, std::shared_ptr<core::Node> node, const core::StreamLimits& limits,
           Ledger& ledger)
        : Hub(std::move(node), limits), world_(world), ledger_(ledger) {
        set_mailbox(std::make_shared<core::Mailbox>(
            [&world](auto what) { world.after(Duration(0), std::move(what)); }));
    }
    ~SimHub() override { mailbox()->close(); }

    /// Handlers that suspend end after a while, one in ten by throwing; with nothing else to do,
    /// what they reply is what they were asked.
    void start(std::shared_ptr<core::Stream> stream,
               std::shared_ptr<core::Suspended> handler) override;
    /// The most that ran at once on one connection.
    std::size_t most_running() const noexcept { return most_running_; }
    bool any_running() const noexcept { return !running_.empty(); }
    /// A plain handler is called.
    void check_call(const core::Stream& stream, const Message& message);

private:
    void check_start(std::uint64_t stream, const Message& message);
    void turn_later() override;
    void wake() override;

    World& world_;
    Ledger& ledger_;
    std::multimap<std::uint64_t, const core::Suspended*> running_;  // by connection
    std::size_t most_running_ = 0;
    TimePoint armed_ = TimePoint::max();
};

/// A server that answers REQUEST_URI at once and CREATE_URI after a while, both with what it was
/// asked, several at once if they have an id, and takes subscriptions. It numbers its
/// notifications, and says the number of the last one that the sender was given in answer to
/// DELETE_URI, and to UPDATE_URI after making one. Checks its bounds.
class SimServer final : public core::StreamOwner, public std::enable_shared_from_this<SimServer> {
public:
    SimServer(World& world, const core::StreamLimits& limits, const Plugins& outer,
              const SimTerms& terms, Ledger& ledger);

    void accept(const std::shared_ptr<Line>& line);
    /// Tells all subscribers, with so much beside the number.
    void notify(std::size_t size);
    /// Notifications that were dropped by the policy.
    std::uint64_t dropped();
    /// Finishes what was begun.
    void drain();
    /// Ends all connections, as when it starts anew.
    void restart();
    /// Checks what holds when all are gone.
    void check_end();

    SimHub& hub() noexcept { return *hub_; }
    std::uint64_t given = 0;   ///< notifications, counted for each subscriber
    std::uint32_t number = 0;  ///< of the last notification
    bool connection_ended = false;

private:
    void returned(core::Stream&, core::Outcome) override {}
    void closed(core::Stream& stream, std::error_code why) override;
    void check_bounds();

    Ledger& ledger_;
    std::shared_ptr<core::Node> node_;
    std::shared_ptr<SimHub> hub_;
    std::vector<std::weak_ptr<core::Stream>> accepted_;
    std::map<std::uint64_t, std::uint32_t> given_to_;  // the last number, by connection
};

/// A client that counts what it asked and what it heard, for one connection at a time.
class SimClient final : public core::StreamOwner, public std::enable_shared_from_this<SimClient> {
public:
    SimClient(World& world, const core::StreamLimits& limits, const Plugins& outer,
              const SimTerms& terms, Ledger& ledger);

    void connect(SimServer& server, const Manner& manner);
    bool connected() const noexcept { return stream_ && stream_->open(); }
    /// Whether it is connected, but not known yet whether there is a session.
    bool agrees() const noexcept { return connected() && !agreed_; }
    Line& line() noexcept { return *line_; }
    core::Stream& stream() noexcept { return *stream_; }
    /// Asks for one of a few uris, with an id or without; the answer is to be the content again.
    void ask(MessageType type, std::size_t size, Duration timeout, bool with_id = false);
    /// Asks for the number of the last notification for it, which is to be heard before the answer;
    /// maybe for another one before that.
    void ask_number(bool another) {
        send(another ? MessageType::update_uri : MessageType::delete_uri, "uri", "",
             Duration(60'000), false);
    }
    void subscribe(bool on);
    /// Gives up the request that waits for longest.
    void cancel_one();
    void listen(bool on);
    void close();
    /// Checks what holds when nothing is asked any more.
    void check_end();

    std::uint64_t heard = 0;       ///< notifications, on all connections
    std::uint32_t last_heard = 0;  ///< on this one
    std::uint64_t answered = 0;
    std::uint64_t timed_out = 0;
    int connections = 0;
    std::uint64_t sessions_failed = 0;
    bool end_meant = false;      ///< somebody has this connection end
    bool ended_unmeant = false;  ///< one ended although its line was whole, nobody meant it, and
                                 ///< no limit was passed on this side

private:
    void returned(core::Stream& stream, core::Outcome outcome) override;
    void closed(core::Stream& stream, std::error_code why) override;
    void send(MessageType type, const std::string& uri, const std::string& content,
              Duration timeout, bool with_id);
    void answer(const Message& reply, std::uint32_t number, const std::string& content,
                bool with_id);
    void check_order(const Message& reply, std::uint32_t number, bool with_id);
    void agreed(core::Stream& stream, std::error_code error);
    void update_reading();

    World& world_;
    Ledger& ledger_;
    std::shared_ptr<core::Node> node_;
    std::shared_ptr<SimHub> hub_;
    SimServer* server_ = nullptr;
    std::shared_ptr<core::Stream> stream_;
    std::shared_ptr<Line> line_;
    std::vector<std::weak_ptr<core::Stream>> had_;
    std::set<core::RequestTable::Id> waiting_;
    std::uint32_t asked_ = 0;
    std::uint64_t told_ = 0;
    std::uint32_t last_answered_ = 0;  // on this connection, any
    std::uint32_t last_in_order_ = 0;  // one without an id
    std::map<std::string, std::uint32_t> last_of_uri_;
    bool listening_ = true;
    bool agreed_ = false;            // on a session, or that there is none
    bool subscribed_ = false;        // for certain
    std::uint32_t subscribing_ = 0;  // the last request about that
};

}  // namespace netaio::sim
